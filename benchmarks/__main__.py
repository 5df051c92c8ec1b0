"""`python -m benchmarks FOLDER`: what this service costs on a folder of documents, beside a peer's quick start."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks import latency, machine, stages
from benchmarks.corpus import Corpus, choose
from benchmarks.report import Measurements, render
from benchmarks.service_run import RunningService, finished, serving, upload, wait_for
from services.index_parts import IndexedModel

LONGEST_INDEXING_ROUNDS = 30


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("folder", type=Path, help="PDFs, in subfolders too")
    parser.add_argument("--limit-pages", type=int, help="measure as many whole documents as have this many pages")
    parser.add_argument("--output", type=Path, default=Path("artifacts/bench.json"), help="where the JSON goes")
    parser.add_argument("--scratch", type=Path, help="folder for the service's data; default: a temporary one")
    parser.add_argument(
        "--rounds", type=int, default=3, help="turns of 5 s for each number of clients on the idle service"
    )
    parser.add_argument("--no-peer", action="store_true", help="leave the peer out")
    return parser.parse_args()


def say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def measure_service(
    corpus: Corpus, data_dir: Path, rounds: int
) -> tuple[stages.IngestionCost, list[str], list[latency.Sample], list[latency.Sample], str]:
    with serving(data_dir) as service:
        say(f"Ingesting {len(corpus.measured)} documents, {corpus.pages} pages …")
        cost, texts = stages.ingest(service, corpus.measured)
        questions = latency.questions_from(texts)
        say("Asking the idle service …")
        idle = latency.measure(service, questions, rounds=rounds)
        busy: list[latency.Sample] = []
        if corpus.held_back:
            say(f"Asking while {len(corpus.held_back)} further documents are indexed …")
            jobs = upload(service.client, corpus.held_back)
            busy = latency.measure(
                service, questions, rounds=LONGEST_INDEXING_ROUNDS, go_on=lambda: not finished(service.client, jobs)
            )
            wait_for(service.client, jobs)
        return cost, texts, idle, busy, runtime_of(service)


def runtime_of(service: RunningService) -> str:
    return IndexedModel.read(service.settings).runtime


def main() -> int:
    options = arguments()
    corpus = choose(options.folder, options.limit_pages)
    for path in corpus.unreadable:
        say(f"Left out, it cannot be opened: {path.name}")
    if not corpus.measured:
        say(f"There is no PDF to measure in {options.folder}.")
        return 2
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        cost, texts, idle, busy, runtime = measure_service(corpus, Path(scratch) / "data", options.rounds)
    say("Embedding a sample of the same chunks with sentence-transformers fp32 …")
    reference = stages.reference_embedding(texts)
    say("Running the peer's quick start …" if not options.no_peer else "The peer is left out.")
    measured = Measurements(
        machine=machine.this_machine(),
        folder=options.folder.name,
        runtime=runtime,
        service=cost,
        reference=reference,
        peer=None if options.no_peer else stages.peer(corpus.measured),
        idle=idle,
        indexing=busy,
    )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(measured.as_json(), indent=1) + "\n", encoding="utf-8")
    print(render(measured))
    say(f"Written to {options.output}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
