"""What the benchmark computes, on figures that can be checked by hand."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks import corpus, latency, machine, peer_quickstart
from benchmarks.report import Measurements, render
from benchmarks.stages import STAGES, IngestionCost, ReferenceEmbedding
from tests.support import pdfs


def folder_of(tmp_path: Path, pages: dict[str, int]) -> Path:
    for name, count in pages.items():
        (tmp_path / name).write_bytes(pdfs.plain(pages=count))
    return tmp_path


def test_every_document_is_measured_or_held_back(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.pdf": 4, "b.pdf": 2, "c.pdf": 3, "d.pdf": 1})
    (folder / "broken.pdf").write_bytes(pdfs.truncated())
    (folder / "locked.pdf").write_bytes(pdfs.encrypted())
    chosen = corpus.choose(folder)
    assert [document.path.name for document in chosen.measured] == ["a.pdf", "b.pdf"]
    assert [document.path.name for document in chosen.held_back] == ["c.pdf", "d.pdf"]
    assert [path.name for path in chosen.unreadable] == ["broken.pdf", "locked.pdf"]
    assert chosen.pages == 6


def test_a_limit_takes_whole_documents_and_at_least_one(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"a.pdf": 4, "b.pdf": 3, "c.pdf": 1})
    assert corpus.choose(folder, limit_pages=5).pages == 4
    only = corpus.choose(folder, limit_pages=1)
    assert [document.path.name for document in only.measured] == ["a.pdf"]
    assert only.held_back == ()


def test_the_time_of_children_that_ended_is_counted() -> None:
    before = machine.cpu_seconds(os.getpid())
    child = subprocess.run(
        [sys.executable, "-c", "import time\nwhile time.process_time() < 0.4: pass"], check=True, capture_output=True
    )
    assert child.returncode == 0
    assert 0.3 < machine.cpu_seconds(os.getpid()) - before < 3


def test_roles_are_read_from_command_lines() -> None:
    code = "import time; print('up', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", code, "services.processes", "worker", "--number", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        process.stdout.readline()  # a process has no command line yet while it is being loaded
        assert machine.role_of(psutil.Process(process.pid)) == "worker"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_percentiles_by_nearest_rank() -> None:
    sample = latency.Sample(clients=1, seconds=[number / 1000 for number in range(100, 0, -1)])
    assert (sample.percentile(0.5), sample.percentile(0.95)) == (51, 96)
    assert latency.Sample(clients=1).percentile(0.95) is None


def test_questions_are_different_and_of_the_text() -> None:
    text = " ".join(f"word{number}" for number in range(400))
    questions = list(itertools.islice(latency.questions_from([text]), 50))
    assert len(set(questions)) == 50
    assert all(question in text for question in questions)


def test_the_peer_cuts_embeds_and_counts(tmp_path: Path) -> None:
    for module in ("pypdf", "faiss", "langchain_text_splitters"):
        pytest.importorskip(module, reason=f"{module} is not installed: pip install -e '.[bench]'")
    folder = folder_of(tmp_path, {"a.pdf": 2})
    (folder / "b.pdf").write_bytes(pdfs.text_named_pdf())
    result = peer_quickstart.run_peer([folder / "a.pdf", folder / "b.pdf"])
    assert (result["pages"], result["chunks"]) == (2, 2)
    assert [line.partition(":")[0] for line in result["failed"]] == ["b.pdf"]
    assert result["cpu_seconds"]["embed"] > 0


@pytest.fixture
def measured() -> Measurements:
    stages = dict.fromkeys(STAGES, 1.0) | {"parse": 5.0, "embed": 30.0}
    cost = IngestionCost(
        pages=500, chunks=900, documents=3, wall_seconds=60, total=48.0, by_stage=stages,
        by_role={"worker": 44.0, "index": 4.0}, states={"succeeded": 2, "partial": 1}, unfinished=("odd.pdf: partial",),
        peak_rss={"worker": 2**29}, peak_rss_together=2**30,
    )  # fmt: skip
    return Measurements(
        machine=machine.this_machine(),
        folder="filings",
        runtime="openvino-bf16",
        service=cost,
        reference=ReferenceEmbedding(sampled=300, sample_seconds=20.0, share_of_characters=1 / 3),
        peer={
            "pages": 500,
            "chunks": 1500,
            "failed": [],
            "total": 100.0,
            "cpu_seconds": {"load": 9.0, "parse": 20.0, "embed": 80.0},
            "peak_rss": 700 * 2**20,
            "latency_idle": [{"clients": 1, "requests": 90, "failures": 0, "p50_ms": 21.0, "p95_ms": 34.5}],
            "latency_indexing": [{"clients": 1, "requests": 20, "failures": 0, "p50_ms": 60.0, "p95_ms": 120.0}],
        },
        idle=[latency.Sample(clients=1, seconds=[0.010] * 20)],
        indexing=[latency.Sample(clients=1, seconds=[0.025] * 20)],
    )


def test_the_ratios_are_those_of_the_goals(measured: Measurements) -> None:
    assert measured.ratios() == {
        "other_work_per_reference_embedding": 0.3,
        "service_per_peer": 0.48,
        "p95_indexing_per_idle_1": 2.5,
    }


def test_the_report_names_machine_jobs_and_ratios(measured: Measurements) -> None:
    text = render(measured)
    assert measured.machine.cpu in text
    assert "odd.pdf: partial" in text
    assert "2 succeeded" in text and "1 partial" in text
    assert [line for line in text.splitlines() if "embed" in line and "62.5%" in line]
    assert "700 MiB" in text
    assert [line for line in text.splitlines() if "1, idle" in line and "34.5" in line]
    assert [line for line in text.splitlines() if "whole ingestion / the peer's" in line and "0.480" in line]


def test_the_reference_is_scaled_from_its_sample() -> None:
    assert ReferenceEmbedding(sampled=10, sample_seconds=2.0, share_of_characters=0.25).seconds == 8.0
