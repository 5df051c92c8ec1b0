"""`sourcespan ingest`."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from services.cli.connection import client_of
from services.cli.ingest_files import LocalFile, batches, find_files
from services.cli.ingest_progress import SEARCHABLE, IngestProgress, Standing, follow_children, refresh
from services.cli.options import AsJson, DataDir, Key, PasswordFile, Url, json_object, secret_of
from services.cli.output import counted, duration_text, err, out, plain, print_json, print_table, state_text
from services.client import Client, Json, Refused
from services.failures import WrongUsage

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

DEFAULT_COLLECTION = "default"
_PARALLEL_UPLOADS = 2
_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_BETWEEN_LINES = 15.0
_FINDINGS_SHOWN = 5

Show = Callable[[Standing, int], None]


@dataclass(slots=True, kw_only=True)
class IngestResult:
    """What became of each file. `rejected` were not taken: name and problem document."""

    collection: str
    jobs: list[Json] = field(default_factory=list)
    unchanged: int = 0
    rejected: list[Json] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return bool(self.rejected) or any(job["state"] not in SEARCHABLE for job in self.jobs)


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or glob patterns.", metavar="PATH…")],
    collection: Annotated[str, typer.Option("--collection", "-c", help="Where they go.")] = DEFAULT_COLLECTION,
    attributes: Annotated[
        str | None, typer.Option(help="JSON object that every file gets, checked against the collection's schema.")
    ] = None,
    include: Annotated[list[str] | None, typer.Option(help="Only files whose name matches, as '*.pdf'.")] = None,
    password_file: PasswordFile = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Upload files and folders, and watch until all are searchable. Exits with 1 if any file failed."""
    wanted = json_object(attributes, "--attributes")
    files = find_files(paths, include or [])
    if not files:
        raise WrongUsage("There is no file to ingest in what was given.")
    with client_of(url, key, data_dir) as client:
        ensure_collection(client, collection)
        result = run(client, files, collection, wanted, secret_of(password_file))
    if as_json:
        print_json(
            {
                "collection": result.collection,
                "jobs": result.jobs,
                "unchanged": result.unchanged,
                "rejected": result.rejected,
                "seconds": round(result.seconds, 3),
            }
        )
    else:
        _print_summary(result)
    if result.failed:
        raise typer.Exit(1)


def ensure_collection(client: Client, name: str) -> None:
    """Create the collection where there is none, and say so."""
    try:
        client.collection(name)
    except Refused as error:
        if error.kind != "unknown-collection":
            raise
        client.create_collection(name)
        err.print(plain(f"Created the collection {name}."))


def run(
    client: Client,
    files: Sequence[LocalFile],
    collection: str,
    attributes: dict[str, Any] | None,
    password: str | None = None,
) -> IngestResult:
    """Upload all files and wait for their jobs, with a progress bar on standard error. After Ctrl-C the service goes
    on with what it accepted; that is said before `KeyboardInterrupt` goes on."""
    started = time.monotonic()
    result = IngestResult(collection=collection)
    tracked = IngestProgress()
    with _shown(len(files)) as show:
        try:
            _upload_all(client, files, attributes, password, result, tracked, show)
            follow_children(client, tracked)
            while tracked.unfinished():
                looked = time.monotonic()
                refresh(client, tracked, collection)
                follow_children(client, tracked)
                show(tracked.standing(), 0)
                # a look at thousands of jobs takes the service some work: look less often then
                time.sleep(max(_SECONDS_BETWEEN_LOOKS, 4 * (time.monotonic() - looked)))
        except KeyboardInterrupt:
            _say_what_goes_on(len(files) - len(tracked.jobs) - len(result.rejected), tracked, collection)
            raise
    result.jobs = tracked.jobs
    result.seconds = time.monotonic() - started
    return result


def _say_what_goes_on(not_uploaded: int, tracked: IngestProgress, collection: str) -> None:
    """Before the command ends early: what the service has accepted it goes on with."""
    err.print(
        plain(
            f"Stopped watching. {len(tracked.unfinished())} files that the service has accepted go on; "
            f"look at them with: sourcespan jobs list --collection {collection}"
        )
    )
    if not_uploaded:
        err.print(plain(f"{not_uploaded} files were not uploaded; the same command goes on with them."))


@contextmanager
def _shown(files: int) -> Iterator[Show]:
    """A progress bar on a terminal; elsewhere a line now and then."""

    def text(standing: Standing, waiting: int) -> str:
        return f"{standing.files_finished}/{files} files" + (f", {waiting} to upload" if waiting else "")

    if not err.is_terminal:
        said = time.monotonic()

        def say(standing: Standing, waiting: int) -> None:
            nonlocal said
            if time.monotonic() - said >= _SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                err.print(plain(f"{text(standing, waiting)}, {rate_text(standing)}"), soft_wrap=True)

        yield say
        return
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TaskProgressColumn())
    with Progress(*columns, TextColumn("{task.fields[rate]}"), console=err, transient=True) as bars:
        bar = bars.add_task("Uploading", total=1.0, rate="")
        yield lambda standing, waiting: bars.update(
            bar, description=text(standing, waiting), completed=standing.share_done, rate=rate_text(standing)
        )


def rate_text(standing: Standing) -> str:
    left = "" if standing.seconds_left is None else f", about {duration_text(standing.seconds_left)} left"
    return f"{standing.pages_done} pages, {standing.pages_per_second:.1f} pages/s{left}"


def _upload_all(
    client: Client,
    files: Sequence[LocalFile],
    attributes: dict[str, Any] | None,
    password: str | None,
    result: IngestResult,
    tracked: IngestProgress,
    show: Show,
) -> None:
    """Upload in a few parallel requests and follow meanwhile what is ingested already."""
    sizes = {file.name: file.size for file in files}
    waiting = len(files)
    pool = ThreadPoolExecutor(_PARALLEL_UPLOADS, thread_name_prefix="upload")
    try:
        running: set[Future[Json]] = {
            pool.submit(
                client.upload,
                result.collection,
                [(file.name, file.path) for file in batch],
                attributes=attributes,
                idempotency_key=str(uuid.uuid4()),
                password=password,
            )
            for batch in batches(files)
        }
        while running:
            done, running = wait(running, timeout=_SECONDS_BETWEEN_LOOKS * 2, return_when=FIRST_COMPLETED)
            for upload in done:
                answer = upload.result()
                result.rejected += answer["rejected"]
                waiting -= len(answer["accepted"]) + len(answer["rejected"])
                for accepted in answer["accepted"]:
                    result.unchanged += accepted["unchanged"]
                    tracked.track(accepted["job"], sizes.get(accepted["document"]["name"], 1))
            refresh(client, tracked, result.collection)
            show(tracked.standing(), waiting)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _print_summary(result: IngestResult) -> None:
    states: dict[str, int] = {}
    pages = 0
    for job in result.jobs:
        states[job["state"]] = states.get(job["state"], 0) + 1
        pages += job["pages_total"] or 0
    rows: list[tuple[object, object]] = [(state_text(state), count) for state, count in sorted(states.items())]
    if result.rejected:
        rows.append((plain("not accepted", "red"), len(result.rejected)))
    print_table(("state", "files"), rows, "")
    unchanged = f", {result.unchanged} unchanged since an earlier upload" if result.unchanged else ""
    out.print(
        plain(
            f"{len(result.jobs)} files, {pages} pages in {duration_text(result.seconds)}{unchanged}. "
            f"Collection: {result.collection}"
        )
    )
    for rejected in result.rejected:
        out.print(plain(f"✗ {rejected['name']}: {rejected['problem']['detail']}", "red"), soft_wrap=True)
    for job in result.jobs:
        _print_trouble(job)


def _print_trouble(job: Json) -> None:
    """Why a file failed, or what of it was not understood."""
    if job["state"] == "succeeded":
        return
    if job["error"] is not None:
        # the service's sentence begins with the name already
        out.print(plain(f"✗ {job['error']['message']} ({job['error']['code']})", "red"), soft_wrap=True)
    elif job["state"] == "partial":
        findings = (job["ledger"] or {}).get("findings", [])
        out.print(plain(f"! {job['document_name']}: partly understood, {counted(len(findings), 'finding')}", "yellow"))
        for finding in findings[:_FINDINGS_SHOWN]:
            page = "document" if finding["page"] is None else f"page {finding['page']}"
            out.print(plain(f"    {page}: {finding['message']} ({finding['code']})"), soft_wrap=True)
        if len(findings) > _FINDINGS_SHOWN:
            out.print(plain(f"    … all of them: sourcespan jobs show {job['id']}"))
    else:
        out.print(plain(f"✗ {job['document_name']}: {job['state']}", "red"))
