"""The service as an operator and a user meet it: start, the main job from the command line, stop, and being killed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.pdfs import SAMPLES
from tests.support.serving import Service, serving, start, stop, wait_until

QUESTION = "Which part is made of brass?"


@pytest.fixture(scope="module")
def service(checked_embedding: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data_dir = tmp_path_factory.mktemp("serve") / "data"
    with serving(data_dir, "--workers", "1", checked_embedding=checked_embedding) as service:
        yield service


def run(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"SOURCESPAN_DATA_DIR": str(service.settings.data_dir), "COLUMNS": "200"}
    command = [sys.executable, "-m", "services.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_key_catalog_blobs_and_index_are_for_the_operator_only(service: Service) -> None:
    settings = service.settings
    assert stat.S_IMODE(settings.admin_key_file.stat().st_mode) == 0o600
    assert settings.admin_key_file.read_text().startswith("ssk_")
    for path in (settings.data_dir / "catalog.db", settings.blobs_dir, settings.index_dir, settings.logs_dir):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert service.settings.admin_key_file.read_text().strip() not in service.console.read_text()


def test_a_second_serve_says_who_runs_and_exits(service: Service) -> None:
    done = run(service, "serve", "--port", "0")
    assert done.returncode == 1
    assert f"process {service.process.pid}" in done.stderr
    assert service.client.url in done.stderr


def test_a_port_in_use_is_told(service: Service, tmp_path: Path) -> None:
    port = service.client.url.rpartition(":")[2]
    done = run(service, "serve", "--data-dir", str(tmp_path / "other"), "--port", port)
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}: another program listens there" in done.stderr


def test_the_main_job_from_the_command_line(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "parts.pdf").write_bytes(SAMPLES["ruled_table"]())
    (folder / "columns.pdf").write_bytes(SAMPLES["two_columns"]())
    (folder / "locked.pdf").write_bytes(SAMPLES["encrypted"]())
    (folder / "program.pdf").write_bytes(b"\x7fELF" + bytes(range(256)))

    done = run(service, "ingest", str(folder), "--collection", "parts")
    assert done.returncode == 1, "two files of the folder cannot be read"
    assert "Created the collection parts." in done.stderr
    assert "✗ program.pdf: " in done.stdout
    assert "✗ locked.pdf: " in done.stdout
    assert "(encrypted_document)" in done.stdout

    again = run(service, "ingest", str(folder), "--collection", "parts", "--include", "parts.pdf", "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["unchanged"] == 1

    answer = json.loads(run(service, "retrieve", QUESTION, "--collection", "parts", "--json").stdout)
    best = answer["results"][0]
    assert "Brass" in "".join(block["text"] for block in best["content"])
    printed = run(service, "retrieve", QUESTION, "--collection", "parts", "--top-k", "1").stdout
    assert best["citation_id"] in printed
    assert "page 1" in printed

    picture = tmp_path / "page.png"
    cited = run(service, "citation", best["citation_id"], "--image", str(picture))
    assert cited.returncode == 0, cited.stderr
    assert "Brass" in cited.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_jobs_documents_collections_and_keys_can_be_looked_at(service: Service) -> None:
    jobs = json.loads(run(service, "jobs", "list", "--state", "failed", "--json").stdout)
    assert [job["document_name"] for job in jobs] == ["locked.pdf"]
    assert "encrypted_document" in run(service, "jobs", "show", jobs[0]["id"]).stdout
    assert "parts" in run(service, "collections", "list").stdout
    documents = json.loads(run(service, "documents", "list", "--json").stdout)
    gone = next(document for document in documents if document["name"] == "columns.pdf")
    assert run(service, "documents", "delete", gone["id"], "--yes").returncode == 0
    shown = run(service, "documents", "show", gone["id"])
    assert shown.returncode == 1
    assert shown.stderr.startswith("Error: ")

    secret = run(service, "keys", "create", "reader", "--scope", "read").stdout.strip()
    refused = run(service, "collections", "delete", "parts", "--yes", "--key", secret)
    assert refused.returncode == 1
    key = next(key for key in json.loads(run(service, "keys", "list", "--json").stdout) if key["name"] == "reader")
    assert run(service, "keys", "revoke", key["id"]).returncode == 0
    assert run(service, "collections", "list", "--key", secret).returncode == 1


def test_doctor_is_content(service: Service) -> None:
    done = run(service, "doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert {finding["subject"] for finding in json.loads(done.stdout)} >= {"catalog", "index", "service", "embedding"}


def test_children_of_a_killed_supervisor_end_and_the_next_serve_goes_on(
    checked_embedding: Path, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    first = start(data_dir, "--workers", "1", checked_embedding=checked_embedding)
    first.client.create_collection("kept")
    children = psutil.Process(first.process.pid).children(recursive=True)
    assert {"api", "index", "worker"} <= {part for child in children for part in child.cmdline()}
    first.process.kill()
    first.process.wait()
    second = start(data_dir, "--workers", "1")
    try:
        wait_until(lambda: not any(map(_lives, children)), "the children of the killed supervisor to end")
        assert [collection["name"] for collection in second.client.collections()] == ["kept"]
        children = psutil.Process(second.process.pid).children(recursive=True)
    finally:
        assert stop(second) == 0
    assert not any(map(_lives, children)), "Ctrl-C leaves no process behind"
    assert second.console.read_text().endswith("Stopping…\nStopped.\n")


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
