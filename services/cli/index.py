"""`sourcespan index`: the indexes of a data folder, written again, switched and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ingestion.catalog import Catalog
from ingestion.catalog.indexes import IndexLife, IndexRecord
from ingestion.errors import IngestionError
from ingestion.lifecycle.plan import RebuildPlan, plan_rebuild
from ingestion.lifecycle.rebuild import RebuildProgress, Report
from retrieval.errors import RetrievalError
from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.outcomes import compare
from retrieval.evaluation.questions import read_questions
from services.cli.eval_output import asking_shown, print_comparison
from services.cli.eval_run import comparison_document, readable
from services.cli.options import AsJson, DataDir, settings_of
from services.cli.output import counted, duration_text, err, out, plain, print_fields, print_json, print_table
from services.evaluation.asking import ask_all
from services.evaluation.options import DEFAULTS
from services.failures import Failure
from services.index_building import drop, existing_catalog, make_live, rebuild
from services.index_comparing import asking
from services.index_parts import LiveIndex
from services.profile import open_blobs

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Write the index again, and choose which one is live. Works on the data folder of this machine, with the "
    "service running or not.",
)

Model = Annotated[
    str | None, typer.Option("--embedding-model", help="Name or path of another embedding model.", show_default=False)
]
IndexId = Annotated[str, typer.Argument(metavar="ID", help="As `index list` shows it.")]


@app.command("list")
def list_indexes(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the indexes, newest first."""
    with _errors(), existing_catalog(settings_of(data_dir=data_dir)) as catalog:
        found = catalog.indexes.list()
    if as_json:
        print_json([_document(record) for record in found])
        return
    rows = [
        (record.id, record.state.value, record.model_id, record.points or "", f"{record.created_at:%Y-%m-%d %H:%M}")
        for record in found
    ]
    print_table(("index", "state", "embedding model", "points", "begun"), rows, "There is no index yet.")


@app.command("plan")
def plan(embedding_model: Model = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Estimate what writing the index again will cost."""
    settings = settings_of(data_dir=data_dir, embedding_model=embedding_model)
    with _errors(), existing_catalog(settings) as catalog:
        live = catalog.indexes.live()
        other = embedding_model is not None and (live is None or live.embedding_model != embedding_model)
        planned = plan_rebuild(catalog, open_blobs(settings), other_model=other)
    if as_json:
        print_json(asdict(planned) | {"cpu_seconds": planned.cpu_seconds})
    else:
        _print_plan(planned)


@app.command("rebuild")
def rebuild_index(
    embedding_model: Model = None,
    switch: Annotated[bool, typer.Option(help="Make it the live one when it is built.")] = True,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Write the index again from the catalog and the blobs, beside the live one, and switch to it. Only what has no
    stored vectors is embedded. An interrupted run is gone on with by the next one."""
    settings = settings_of(data_dir=data_dir, embedding_model=embedding_model)
    with _errors(), _progress("Writing the index") as report:
        done = rebuild(settings, report, switch=switch)
    if as_json:
        print_json(_document(done.record) | _progress_document(done.progress))
        return
    _print_progress(done.progress)
    if done.switched:
        out.print(plain(f"{done.record.id} is the live index now."))
    else:
        out.print(plain(f"Built: {done.record.id}. To make it the live one: sourcespan index switch {done.record.id}"))


@app.command("compare")
def compare_indexes(
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS", help="JSONL: {id, query, gold, type} a line.")],
    index_id: IndexId,
    tenant: Annotated[str, typer.Option(help="Whose documents are asked.")] = "default",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question set of the live index and of another one, and compare what comes back."""
    settings = settings_of(data_dir=data_dir)
    try:
        asked = read_questions(questions)
    except UnreadableSet as error:
        raise readable(error) from None
    with _errors(), existing_catalog(settings) as catalog:
        outcomes = []
        for record in (LiveIndex.of(catalog).record, catalog.indexes.get(index_id)):
            with asking(settings, catalog, record, tenant) as asker, asking_shown(len(asked), record.id) as show:
                outcomes.append(ask_all(asker, asked, DEFAULTS, show=show).outcomes)
    comparison = compare(outcomes[0], outcomes[1])
    print_json(comparison_document(comparison)) if as_json else print_comparison(comparison)


@app.command("switch")
def switch_index(index_id: IndexId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Bring an index up to date and make it the live one. The one that was is kept."""
    settings = settings_of(data_dir=data_dir)
    with _errors(), existing_catalog(settings) as catalog:
        _switch(settings, catalog, catalog.indexes.get(index_id), as_json)


@app.command("rollback")
def roll_back(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Make the index live again that was live before, brought up to date."""
    settings = settings_of(data_dir=data_dir)
    with _errors(), existing_catalog(settings) as catalog:
        former = [record for record in catalog.indexes.list() if record.state is IndexLife.KEPT and record.live_from]
        if not former:
            raise Failure("There is no index that was live before.")
        _switch(settings, catalog, max(former, key=lambda record: str(record.live_from)), as_json)


@app.command("drop")
def drop_index(index_id: IndexId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Remove an index that is not live."""
    settings = settings_of(data_dir=data_dir)
    with _errors(), existing_catalog(settings) as catalog:
        drop(settings, catalog, catalog.indexes.get(index_id))
    print_json({"dropped": index_id}) if as_json else out.print(plain(f"Dropped {index_id}."))


def _switch(settings: Any, catalog: Catalog, record: IndexRecord, as_json: bool) -> None:
    with _progress("Comparing the index with the catalog") as report:
        progress = make_live(settings, catalog, record, report)
    if as_json:
        print_json(_document(catalog.indexes.get(record.id)) | _progress_document(progress))
    else:
        _print_progress(progress)
        out.print(plain(f"{record.id} is the live index now."))


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (IngestionError, RetrievalError) as error:
        raise Failure(str(error)) from None


@contextmanager
def _progress(what: str) -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task(what, total=None)

        def report(progress: RebuildProgress) -> None:
            shown.update(task, completed=progress.documents_done, total=progress.documents_total)

        yield report


def _document(record: IndexRecord) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(record)
    return document


def _progress_document(progress: RebuildProgress) -> dict[str, Any]:
    return {"embedded": progress.embedded, "unreadable": list(progress.unreadable)}


def _print_progress(progress: RebuildProgress) -> None:
    out.print(
        plain(
            f"{counted(progress.documents_done, 'document')}, {counted(progress.points, 'point')}, of which "
            f"{progress.embedded} were embedded; all ids compared."
        )
    )
    if progress.unreadable:
        out.print(
            plain(f"{counted(len(progress.unreadable), 'document')} will be read again by a worker: not stored.", "red")
        )


def _print_plan(planned: RebuildPlan) -> None:
    print_fields(
        [
            ("documents", planned.documents),
            ("points", planned.points),
            ("to embed", planned.to_embed),
            ("to be read again", planned.unreadable or None),
            (
                "CPU",
                f"about {duration_text(planned.cpu_seconds)}: {duration_text(planned.cpu_seconds_embedding)} to embed, "
                f"{duration_text(planned.cpu_seconds_writing)} to write",
            ),
        ]
    )
