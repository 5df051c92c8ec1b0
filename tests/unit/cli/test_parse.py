"""`sourcespan parse` as a person meets it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

MAIL = (
    b"From: a@b.org\nSubject: Prices\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nSee the table.\n"
    b"--x\nContent-Type: text/csv\nContent-Disposition: attachment; filename=p.csv\n\nitem,price\n=1+1,2\n--x--\n"
)


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.cli.main", "parse", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parse") / "set.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("mail.eml", MAIL)
        made.writestr("tool.exe", b"\x7fELF\x02\x01\x01")
    return path


def test_json_has_what_is_inside_and_the_rest_is_said(archive: Path) -> None:
    done = _run(archive, "--policy", "fast")
    assert done.returncode == 0, done.stderr
    mail, tool = json.loads(done.stdout)["children"]
    assert mail["parse"]["document"]["title"] == "Prices" and len(mail["parse"]["children"]) == 1
    assert tool["error"]["code"] == "unsupported_media_type"
    assert "set.zip!/tool.exe: not read. This is a program" in done.stderr


def test_output_tables_report_and_trace(archive: Path, tmp_path: Path) -> None:
    target, report = tmp_path / "out" / "set.md", tmp_path / "report.html"
    done = _run(archive, "-f", "markdown", "-o", target, "--tables", tmp_path / "csv", "--html", report, "--trace")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "# Prices" in target.read_text() and "set.zip!/mail.eml!/p.csv" in target.read_text()
    (table,) = (tmp_path / "csv").iterdir()
    assert table.name.endswith("-page-1-table-1.csv")
    assert table.read_bytes() == b"\xef\xbb\xbfitem,price\r\n'=1+1,2\r\n"
    assert report.read_text().startswith("<!DOCTYPE html>")
    assert "because: " in done.stderr and "== set.zip!/mail.eml" in done.stderr


def test_children_can_be_left_alone(archive: Path) -> None:
    done = _run(archive, "--no-children", "--policy", "fast")
    assert [set(child) for child in json.loads(done.stdout)["children"]] == [
        {"name", "media_type", "sha256", "size"}
    ] * 2
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--policy", "slow"], 2, "no parse policy"),
        (["--password", "a", "--password-file", "b"], 2, "either"),
        (["--password-file", "/nowhere/at-all"], 2, "cannot be read"),
        (["--format", "xml"], 2, "xml"),
        (["-o", "/proc/nowhere/x"], 1, "cannot be written"),
    ],
)
def test_wrong_usage_and_failures_have_their_exit_codes(
    archive: Path, arguments: list[str], code: int, said: str
) -> None:
    done = _run(archive, "--no-children", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_not_there() -> None:
    done = _run("/nowhere/at-all.pdf")
    assert done.returncode == 1 and "cannot be read" in done.stderr
