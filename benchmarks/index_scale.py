"""`python -m benchmarks.index_scale`: how the index's latency, memory and building time grow with what is in it.

For each size an index of synthetic points is made, served by a process of its own as in the service, and asked through
its socket for the five lists of a question. CPU is that of the owner and of the client, of all their threads; latency
is by the clock, so only ratios say something on a machine that does other things as well.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.synthetic_index import DIMENSION, NARROWED, VISIBLE, Question, chunk_ids_and_vectors, points, questions
from retrieval.index.edge import EdgeIndex
from retrieval.index.maintenance import MaintenanceOptions
from retrieval.index.owner import serve
from retrieval.index.payloads import MAX_BATCH, batches
from retrieval.index.remote import RemoteIndex
from retrieval.model import AllOf

ALL_LISTS = "CPcpt"
QUESTIONS = 60
NEIGHBOURS = 10
CLIENTS = 8
ROUNDS_WHILE_INDEXING = 12
WORKER_NICENESS = 10
WRITE_BATCH = 64
WRITTEN_CHUNKS = 15_000
WRITERS = {"while_a_worker_indexes": 100, "while_written_without_pause": 0}
"""Points a second. A worker embeds some 80 passages a second on a core, which are 100 points with pages and titles."""
GRAPHS_FROM = MaintenanceOptions()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index_scale", description=__doc__)
    parser.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--scratch", type=Path, help="where the indexes are made; 15 GB a million chunks")
    parser.add_argument("--output", type=Path, default=Path("artifacts/index_scale.json"))
    parser.add_argument("--serve", type=Path, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--write", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def make(folder: Path, chunks: int) -> dict[str, Any]:
    """Writes the points, and builds the graphs where the service would."""
    started = _cpu_seconds()
    index = EdgeIndex(folder, DIMENSION, maintenance=GRAPHS_FROM)
    written = 0
    for batch in batches(points(chunks), MAX_BATCH):
        index.upsert(batch)
        written += len(batch)
    index.flush()
    report: dict[str, Any] = {"points": written, "writing_cpu_s": _cpu_seconds() - started}
    if written >= GRAPHS_FROM.least_points:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        while index.state().last_build_seconds is None:
            if not index.work():
                time.sleep(0.05)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        report["graphs_cpu_s"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        report["graphs_peak_mb"] = after.ru_maxrss / 1024
    index.close()
    report["disk_mb"] = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    return report


@contextmanager
def served(folder: Path, socket_path: Path) -> Iterator[tuple[RemoteIndex, int]]:
    """A connection to the index, served by another process, and that process's id."""
    command = [sys.executable, "-m", "benchmarks.index_scale", "--serve", str(folder), str(socket_path)]
    with subprocess.Popen(command) as owner, closing(RemoteIndex(socket_path, connect_timeout=300)) as remote:
        try:
            remote.count(VISIBLE)
            while not remote.state().in_memory:
                time.sleep(0.2)
            yield remote, owner.pid
        finally:
            owner.send_signal(signal.SIGTERM)


def serve_until_told(folder: Path, socket_path: Path) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    serve(EdgeIndex(folder, DIMENSION, maintenance=MaintenanceOptions(least_points=10**9)), socket_path, stop)


def cost(remote: RemoteIndex, owner: int, asked: Sequence[Question], lists: str, where: AllOf) -> dict[str, float]:
    """Mean CPU of one search, in milliseconds."""
    for question in asked[:5]:
        remote.search(question.queries(lists, where))
    owner_before, client_before = _cpu_seconds(owner), time.process_time()
    for question in asked:
        remote.search(question.queries(lists, where))
    client = time.process_time() - client_before
    per_question = 1000 / len(asked)
    return {"owner_cpu_ms": (_cpu_seconds(owner) - owner_before) * per_question, "client_cpu_ms": client * per_question}


def latency(remote: RemoteIndex, asked: Sequence[Question], clients: int, rounds: int = 4) -> dict[str, float]:
    """By the clock, in milliseconds, when so many ask without a pause."""

    def ask(question: Question) -> float:
        started = time.perf_counter()
        remote.search(question.queries(ALL_LISTS))
        return 1000 * (time.perf_counter() - started)

    with ThreadPoolExecutor(clients) as pool:
        took = list(pool.map(ask, [*asked] * rounds))
    return {"p50_ms": float(np.percentile(took, 50)), "p95_ms": float(np.percentile(took, 95))}


def latency_while_indexing(
    remote: RemoteIndex, socket_path: Path, asked: Sequence[Question], first_document: int, points_a_second: int
) -> dict[str, float]:
    """One client, while another process writes so many points a second (0: without a pause), niced like a worker. With
    the same client's latency just before, when nothing is written."""
    idle = latency(remote, asked, 1, ROUNDS_WHILE_INDEXING)
    command = [sys.executable, "-m", "benchmarks.index_scale", "--write", str(socket_path)]
    with subprocess.Popen([*command, str(first_document), str(points_a_second)]) as writer:
        before = remote.state().points
        while remote.state().points == before:
            time.sleep(0.05)
        measured = latency(remote, asked, 1, ROUNDS_WHILE_INDEXING)
        writer.kill()
    return {**measured, "idle_p50_ms": idle["p50_ms"], "idle_p95_ms": idle["p95_ms"]}


def write_until_told(socket_path: Path, first_document: int, points_a_second: int) -> None:
    os.nice(WORKER_NICENESS)
    # Made before the first is written: a worker that embeds is busy in another way, but not while it writes.
    made = list(points(WRITTEN_CHUNKS, first_document=first_document))
    with closing(RemoteIndex(socket_path)) as remote:
        for batch in batches(made, WRITE_BATCH):
            started = time.monotonic()
            remote.upsert(batch)
            if points_a_second:
                time.sleep(max(0.0, started + len(batch) / points_a_second - time.monotonic()))


def recall(remote: RemoteIndex, asked: Sequence[Question], chunks: int) -> dict[str, float]:
    """Share of the nearest passages found, with what the caller may see, and with a filter on top."""
    ids, vectors, payloads = chunk_ids_and_vectors(chunks)
    seen = np.array([payload.access[0] != "works" for payload in payloads])
    early = seen & np.array([payload.attributes["year"] in range(2000, 2010) for payload in payloads])
    found = {}
    for name, where, allowed in (("visible", VISIBLE, seen), ("narrowed", NARROWED, early)):
        shares = []
        for question in asked:
            scores = np.where(allowed, vectors @ np.array(question.vector, dtype=np.float32), -2)
            nearest = {ids[row] for row in np.argpartition(-scores, NEIGHBOURS)[:NEIGHBOURS]}
            (hits,) = remote.search(question.queries("C", where))
            shares.append(len(nearest & {hit.id for hit in hits[:NEIGHBOURS]}) / NEIGHBOURS)
        found[name] = float(np.mean(shares))
    return found


def measure(chunks: int, folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = {"chunks": chunks, **make(folder / "index", chunks)}
    asked = questions(QUESTIONS)
    with served(folder / "index", folder / "s") as (remote, owner):
        report["start_cpu_s"] = _cpu_seconds(owner)
        report["search"] = {lists: cost(remote, owner, asked, lists, VISIBLE) for lists in (*ALL_LISTS, ALL_LISTS)}
        report["narrowed"] = cost(remote, owner, asked, ALL_LISTS, NARROWED)
        report["memory_mb"] = _memory_mb(owner)
        report["one_client"] = latency(remote, asked, 1)
        report["eight_clients"] = latency(remote, asked, CLIENTS)
        report["recall"] = recall(remote, asked, chunks)
        for turn, (name, rate) in enumerate(WRITERS.items(), start=1):
            report[name] = latency_while_indexing(remote, folder / "s", asked, turn * chunks, rate)
    return report


def _cpu_seconds(process: int | str = "self") -> float:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _memory_mb(process: int) -> dict[str, float]:
    """What the process has for itself, and with the files it has mapped."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines() if ":" in line)
    return {name: int(lines[key].split()[0]) / 1024 for name, key in (("own", "RssAnon"), ("all", "VmRSS"))}


def main() -> int:
    options = arguments()
    if options.serve:
        serve_until_told(*options.serve)
        return 0
    if options.write:
        write_until_told(Path(options.write[0]), int(options.write[1]), int(options.write[2]))
        return 0
    reports = []
    for chunks in options.chunks:
        with tempfile.TemporaryDirectory(prefix="scale", dir=options.scratch) as folder:
            reports.append(measure(chunks, Path(folder)))
        print(json.dumps(reports[-1]), flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps({"schema_version": 1, "cores": os.cpu_count(), "sizes": reports}, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
