"""The command line as a person meets it: help, wrong usage, failures in a sentence, output for programs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from services.cli import main as cli
from services.cli import output, retrieve
from services.cli.output import plain
from services.cluster.__main__ import ROLES

RESULT = {
    "citation_id": "cit_abc",
    "score": 0.8712,
    "content": [{"type": "context_header", "text": "unprinted"}, {"type": "text", "text": "A\tB\n1\t2"}],
    "document": {"id": "doc_1", "title": "Annual report", "source_uri": "upload:a.pdf"},
    "spans": [{"page": 4}, {"page": 5}],
    "section_path": ["Notes", "Goodwill"],
}
ANSWER: dict[str, Any] = {"results": [RESULT], "degraded": [], "timings_ms": {"total": 12.3}}


def _run(*arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.cli.main", *arguments]
    environment = {"SOURCESPAN_DATA_DIR": str(data_dir), "SOURCESPAN_PORT": "1", "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_the_overview_names_every_command_and_imports_none(tmp_path: Path) -> None:
    code = (
        "import sys; from services.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if m.startswith('services.')])\n"
        "print('httpx' in sys.modules, 'pydantic' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in cli._COMMANDS:
        assert name in done.stdout
    assert "services.cli.serve" not in done.stdout
    assert done.stdout.endswith("False False\n")


@pytest.mark.parametrize("name", cli._COMMANDS)
def test_every_command_has_help_and_json(name: str, tmp_path: Path) -> None:
    done = _run(name, "--help", data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    if "COMMAND" in done.stdout.split("\n")[1]:
        done = _run(name, "list", "--help", data_dir=tmp_path)
    assert ("--json" in done.stdout) == (name not in ROLES)  # a process of the cluster prints its log and nothing else


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["retrieve"], "Missing argument"),
        (["no-such-command"], "No such command"),
        (["retrieve", "q", "--filter", "{"], "--filter is not valid JSON"),
        (["retrieve", "q", "--filter", "[]"], "takes a JSON object"),
        (["ingest", "no/such/file"], "There is no file or folder no/such/file"),
        (["collections", "create", "x", "--attribute", "year"], "--attribute takes name:type"),
        (["serve", "--workers", "0"], "Invalid value"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_why(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = _run(*arguments, data_dir=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_service_exits_with_1_and_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "admin.key").write_text("ssk_x")
    done = _run("retrieve", "q", data_dir=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: No service answers at http://127.0.0.1:1.\nStart one with `sourcespan serve`")


def test_a_file_that_cannot_be_parsed_is_told_with_its_code(tmp_path: Path) -> None:
    file = tmp_path / "notes.pdf"
    file.write_bytes(b"\x7fELF\x02\x01\x01")
    done = _run("parse", str(file), data_dir=tmp_path)
    assert done.returncode == 1
    assert "(unsupported_media_type)" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_tells_what_it_looked_at(tmp_path: Path) -> None:
    done = _run("doctor", "--json", data_dir=tmp_path)
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert findings["data folder"]["verdict"] == "ok"
    assert findings["service"]["verdict"] == "warning"
    assert "rlimits" in findings["isolation"]["message"]


def test_a_passage_is_printed_with_document_page_section_score_and_citation(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(width=80, record=True, highlight=False)
    for module in (output, retrieve):
        monkeypatch.setattr(module, "out", console)
    retrieve.print_answer(ANSWER)
    assert console.export_text() == (
        "1. Annual report  ·  pages 4–5  ·  score 0.871\n"
        "   Notes › Goodwill\n"
        "   A | B\n"
        "   1 | 2\n"
        "   cit_abc\n"
        "\n"
        "1 passage in 12 ms\n"
    )


def test_text_of_documents_cannot_steer_the_terminal_or_the_markup() -> None:
    assert plain("a\x1b[31mred\x07 [bold]x[/] \u202eevil\u202c").plain == "a�[31mred� [bold]x[/] evil"
