"""`sourcespan eval beir` and `sourcespan eval trec`: collections and files of the research community."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from retrieval.evaluation.beir import DEFAULT_SPLIT, BeirSet, corpus_id, read_beir
from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.outcomes import compare, summarise
from retrieval.evaluation.questions import Gold, Question
from retrieval.evaluation.rankings import judge, outcomes_of
from retrieval.evaluation.trec import read_qrels, read_run
from services.cli import ingest
from services.cli.connection import client_of
from services.cli.eval_output import print_comparison, print_summary
from services.cli.eval_run import Setup, both, comparison_document, end, evaluate, readable, write_run
from services.cli.ingest_files import LocalFile
from services.cli.options import AsJson, DataDir, Key, Url
from services.cli.output import err, out, plain, print_json
from services.client import Client, Json
from services.evaluation.asking import Measure
from services.evaluation.options import laid_over, read_options
from services.evaluation.record import rounded
from services.failures import Failure

Collections = Annotated[
    list[str] | None, typer.Option("--collection", "-c", help="Only these collections [all that the key may read].")
]
Request = Annotated[
    str | None,
    typer.Option("--request", help="""Options of every request: JSON as '{"mode": "dense"}', or a file."""),
]
Clients = Annotated[int, typer.Option("--clients", min=1, max=64, help="How many questions are asked at a time.")]
Store = Annotated[bool, typer.Option("--store/--no-store", help="Keep the evaluation in the service.")]
RunFile = Annotated[Path | None, typer.Option("--write-run", help="Write the rankings as a TREC run.")]

_DOCUMENTS_ASKED = {"top_k": 100, "group_by": "document"}
_SEARCHABLE = frozenset({"succeeded", "partial"})


def beir(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="With corpus.jsonl, queries.jsonl and qrels/.")],
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="Where the corpus goes [beir-FOLDER].")
    ] = None,
    split: Annotated[str, typer.Option(help="Which judgements: qrels/SPLIT.tsv.")] = DEFAULT_SPLIT,
    request: Request = None,
    compare_with: Annotated[str | None, typer.Option("--compare", help="A second request (JSON or a file).")] = None,
    clients: Clients = 1,
    store: Store = True,
    run_file: RunFile = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Ingest the corpus once (what is there already is not sent again), ask the judged queries, rank documents."""
    try:
        found = read_beir(folder, split)
    except UnreadableSet as error:
        raise readable(error) from None
    options = laid_over(_DOCUMENTS_ASKED, read_options(request, "--request") if request is not None else {})
    second = laid_over(options, read_options(compare_with, "--compare")) if compare_with is not None else None
    where = collection or f"beir-{folder.resolve().name}"
    with client_of(url, key, data_dir) as client:
        _ingest(client, found, where)
        setup = Setup(
            client=client,
            questions=_questions(found),
            file=folder / "queries.jsonl",
            collections=[where],
            clients=clients,
            store=store,
            measured_by=_judged(found),
        )
        runs = [evaluate(setup, options, where)]
        if second is not None and runs[0].asked.stopped is None:
            runs.append(evaluate(setup, second, f"{where} (compared)"))
    if run_file is not None:
        write_run(run_file, {query: _ranking(sources) for query, sources in runs[0].asked.results.items()})
    comparison = both(*runs) if len(runs) == 2 else None
    if as_json:
        print_json([run.document() for run in runs] + ([comparison_document(comparison)] if comparison else []))
    else:
        print_summary(runs[-1].summary)
        if comparison is not None:
            out.print()
            print_comparison(comparison, found.queries)
        for run in runs:
            if run.id is not None:
                out.print(plain(f"Stored as {run.id}.", "dim"))
    end(runs, None)


def trec(
    run: Annotated[Path, typer.Option("--run", help="Rankings: 'query Q0 document rank score tag' a line.")],
    qrels: Annotated[Path, typer.Option("--qrels", help="Judgements, in the format of TREC or BEIR.")],
    compare_with: Annotated[
        Path | None, typer.Option("--compare", help="A second run, compared with the first.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a run by judgements, as trec_eval does; needs no service."""
    try:
        judged = read_qrels(qrels)
        runs = [outcomes_of(read_run(path), judged) for path in (run, compare_with) if path is not None]
    except UnreadableSet as error:
        raise readable(error) from None
    if not runs[0]:
        raise Failure(f"{qrels}: no query has a relevant document.")
    summary = summarise(runs[-1])
    comparison = compare(*runs) if len(runs) == 2 else None
    if as_json:
        document: Json = {"summary": rounded(msgspec.to_builtins(summary))}
        print_json(document | ({"comparison": comparison_document(comparison)} if comparison is not None else {}))
        return
    print_summary(summary)
    if comparison is not None:
        out.print()
        print_comparison(comparison)


def _questions(found: BeirSet) -> list[Question]:
    """Gold is what is judged relevant; it is measured by rank, graded (`_judged`)."""
    return [
        Question(
            id=query,
            query=text,
            type="query",
            gold=tuple(Gold(document=name) for name, relevance in found.qrels[query].items() if relevance > 0),
        )
        for query, text in found.queries.items()
    ]


def _judged(found: BeirSet) -> Measure:
    def measured(question: Question, results: Sequence[Json], _depth: int) -> Mapping[str, float]:
        ranking = _ranking([result["document"]["source_uri"] for result in results])
        return judge(ranking, found.qrels[question.id])

    return measured


def _ranking(sources: Sequence[str]) -> list[str]:
    """Documents of the corpus, each at its best place."""
    return list(dict.fromkeys(corpus_id(source) for source in sources))


def _ingest(client: Client, found: BeirSet, collection: str) -> None:
    """Send what the collection lacks, and wait until all of it can be searched."""
    ingest.ensure_collection(client, collection)
    there = {document["name"] for document in client.documents(collection) if document["state"] in _SEARCHABLE}
    with _missing_files(found, there) as files:
        if not files:
            return
        err.print(plain(f"{len(files)} documents of the corpus go into the collection {collection}."))
        result = ingest.run(client, files, collection, None)
    if result.failed:
        raise Failure(
            f"Not all of the corpus could be ingested into {collection}.",
            hint="The same command sends again what is missing; `sourcespan jobs list --state failed` says why.",
        )


@contextmanager
def _missing_files(found: BeirSet, there: set[str]) -> Iterator[list[LocalFile]]:
    """The documents that are not there yet, as files, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="sourcespan-beir-") as folder:
        files: list[LocalFile] = []
        try:
            for document in found.corpus():
                if document.name not in there:
                    path = Path(folder, f"{len(files)}.txt")
                    path.write_bytes(document.content)
                    files.append(LocalFile(name=document.name, path=path, size=len(document.content)))
        except UnreadableSet as error:
            raise readable(error) from None
        yield files
