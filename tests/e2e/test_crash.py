"""kill -9 of every kind of process while documents are ingested, three times each: nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from services.client import Json
from tests.support.serving import DocumentState, Service, serving, wait_until

KINDS = ("api", "index", "worker", "parser")
ROUNDS = 3
PAGES = 6
LINES = 20
STROKES = 3000

States = dict[str, DocumentState]


def _write_pdf(path: Path, subject: str) -> None:
    canvas = Canvas(str(path), pagesize=A4, invariant=True)
    for page in range(1, PAGES + 1):
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(72, 780, f"{subject}, chapter {page}")
        canvas.setFont("Helvetica", 10)
        for line in range(LINES):
            canvas.drawString(
                72, 750 - 18 * line, f"On page {page} line {line} tells of {subject} and its {line * page} parts."
            )
        for stroke in range(STROKES):  # slow to read and without a word: a parser lives long enough to be killed
            canvas.line(80 + stroke % 400, 60 + stroke % 300, 84 + stroke % 397, 66 + stroke % 293)
        canvas.showPage()
    canvas.save()


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[Path]]]:
    """The files of each round of uploads, by kind; no two alike, as what was parsed once is not parsed again."""
    folder = tmp_path_factory.mktemp("documents")
    made: dict[str, list[list[Path]]] = {}
    for kind in KINDS:
        names = [[f"{kind}-{number}-{letter}" for letter in "ab"] for number in range(ROUNDS)]
        made[kind] = [[folder / f"{name}.pdf" for name in names_of_round] for names_of_round in names]
        for file in (file for files in made[kind] for file in files):
            _write_pdf(file, f"The harbour of {file.stem}")
    return made


@pytest.fixture(scope="module")
def uninterrupted(
    rounds: dict[str, list[list[Path]]], checked_embedding: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, States]:
    """What a service holds that nobody disturbed, by collection."""
    with serving(tmp_path_factory.mktemp("calm") / "data", checked_embedding=checked_embedding) as service:
        for kind in KINDS:
            service.client.create_collection(kind)
            for files in rounds[kind]:
                service.upload(kind, files)
        for kind in KINDS:
            service.wait_for(kind)
        return {kind: service.documents(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def disturbed(checked_embedding: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data_dir = tmp_path_factory.mktemp("crash") / "data"
    # a short lease: what a killed worker held is free soon
    with serving(data_dir, checked_embedding=checked_embedding, lease_seconds="3") as service:
        yield service


def _kill_all(service: Service, kind: str) -> None:
    """Kill those that live, as soon as there are any."""

    def killed_some() -> bool:
        killed = False
        for pid in service.pids(kind):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed = True
        return killed

    wait_until(killed_some, f"a {kind} process to kill", look_every=0.002)


def _upload_and_kill(service: Service, kind: str, files: list[Path]) -> list[Json]:
    """One round: the processes of the kind are killed while they work on these files."""
    if kind in ("api", "parser"):  # busy for moments only: the killer lies in wait before the files come
        killer = threading.Thread(target=_kill_all, args=(service, kind))
        killer.start()
        accepted = service.upload(kind, files)
        killer.join()
        # a document whose parser dies again and again is to blame itself: each loses its parser once
        service.wait_for(kind)
    else:
        accepted = service.upload(kind, files)
        wait_until(lambda: _has_begun(service, accepted), "a job to begin", look_every=0.01)
        _kill_all(service, kind)
    return accepted


def _has_begun(service: Service, accepted: list[Json]) -> bool:
    return any(service.client.job(item["job"]["id"])["state"] != "queued" for item in accepted)


@pytest.mark.parametrize("kind", KINDS)
def test_killing_a_process_changes_nothing_in_the_end(
    kind: str, rounds: dict[str, list[list[Path]]], uninterrupted: dict[str, States], disturbed: Service
) -> None:
    disturbed.client.create_collection(kind)
    accepted: list[Json] = []
    for files in rounds[kind]:
        accepted += _upload_and_kill(disturbed, kind, files)
    disturbed.wait_for(kind)

    held = disturbed.documents(kind)
    assert set(held) == {file.name for files in rounds[kind] for file in files}
    assert len({item["document"]["id"] for item in accepted}) == len(held)
    assert {name: state.state for name, state in held.items()} == dict.fromkeys(held, "succeeded")
    assert all(state.count == len(state.points) > 0 for state in held.values())
    assert held == uninterrupted[kind]


def test_what_is_found_after_the_crashes_is_cited_and_found_once(disturbed: Service) -> None:
    answer = disturbed.client.retrieve(
        {"query": "the harbour of worker-1-b chapter 3", "collections": ["worker"], "top_k": 20}
    )
    chunks = [result["chunk_id"] for result in answer["results"]]
    assert len(chunks) == len(set(chunks)) > 0
    assert disturbed.client.citation(answer["results"][0]["citation_id"])["state"] == "valid"
