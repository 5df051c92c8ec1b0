"""`sourcespan jobs`."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from services.cli.connection import client_of
from services.cli.options import AsJson, DataDir, Key, Url
from services.cli.output import counted, out, plain, print_fields, print_json, print_table, state_text
from services.client import Json

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="List, explain, cancel, retry, prioritise and pause jobs.",
)

JobId = Annotated[str, typer.Argument(metavar="ID")]


@app.command("list")
def list_jobs(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only of this collection.")] = None,
    state: Annotated[str | None, typer.Option(help="Only in this state, as 'failed'.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most, newest first.", min=1)] = 50,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    with client_of(url, key, data_dir) as client:
        found = list(islice(client.jobs(collection, state), limit))
    if as_json:
        print_json(found)
        return
    rows = [(job["id"], job["document_name"], state_text(job["state"]), progress_text(job)) for job in found]
    print_table(("job", "document", "state", "progress"), rows, "There is no such job.")


@app.command("show")
def show_job(
    job_id: JobId, url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Show one job: its state, why it waits, what it cost, and what was not understood."""
    with client_of(url, key, data_dir) as client:
        job = client.job(job_id)
    print_json(job) if as_json else _print_job(job)


@app.command("cancel")
def cancel_job(
    job_id: JobId, url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Cancel a job; a running one stops soon."""
    with client_of(url, key, data_dir) as client:
        job = client.cancel_job(job_id)
    if as_json:
        print_json(job)
    else:
        out.print(plain(f"{job['document_name']}: {'stopping' if job['state'] == 'running' else job['state']}"))


@app.command("retry")
def retry_job(
    job_id: JobId, url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Run a job again that did not end well."""
    with client_of(url, key, data_dir) as client:
        job = client.retry_job(job_id)
    if as_json:
        print_json(job)
    else:
        out.print(plain(f"{job['document_name']}: {job['state']}"))


@app.command("prioritise")
def prioritise_job(
    job_id: JobId,
    bulk: Annotated[bool, typer.Option("--bulk", help="Let others overtake it instead.")] = False,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Have a job overtake those that are less urgent."""
    with client_of(url, key, data_dir) as client:
        job = client.prioritise_job(job_id, "bulk" if bulk else "interactive")
    print_json(job) if as_json else out.print(plain(f"{job['document_name']}: {'bulk' if bulk else 'interactive'}"))


@app.command("pause")
def pause_collection(
    collection: Annotated[str, typer.Argument(metavar="COLLECTION")],
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Begin no more jobs of a collection; those that run go on."""
    with client_of(url, key, data_dir) as client:
        paused = client.pause_collection(collection)
    print_json(paused) if as_json else out.print(plain(f"{collection} is paused."))


@app.command("resume")
def resume_collection(
    collection: Annotated[str, typer.Argument(metavar="COLLECTION")],
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Begin the jobs of a collection again."""
    with client_of(url, key, data_dir) as client:
        resumed = client.pause_collection(collection, paused=False)
    print_json(resumed) if as_json else out.print(plain(f"{collection} goes on."))


def progress_text(job: Json) -> str:
    """What a job is doing, or what ended it; `show` says it in a sentence."""
    if job["error"] is not None:
        return str(job["error"]["code"])
    if job["stage"] is not None and job["state"] == "running":
        return f"{job['stage']}, page {job['pages_done']} of {job['pages_total'] or '?'}"
    return counted(job["pages_total"], "page") if job["pages_total"] else ""


def _print_job(job: Json) -> None:
    ledger = job["ledger"] or {}
    cpu = job["cost"]["cpu_seconds"]
    error = job["error"]
    print_fields(
        [
            ("job", job["id"]),
            ("document", f"{job['document_name']}  ({job['document_id']})"),
            ("collection", job["collection"]),
            ("state", state_text(job["state"])),
            ("stage", job["stage"]),
            ("waits", job["waiting"]["message"] if job["waiting"] else None),
            ("pages", f"{job['pages_done']} of {job['pages_total']}" if job["pages_total"] else None),
            ("attempts", job["attempts"]),
            ("error", f"{error['message']} ({error['code']})" if error else None),
            ("CPU seconds", ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in cpu.items()) or None),
            ("text coverage", f"{ledger['text_coverage']:.1%}" if ledger else None),
            ("tables", f"{ledger['tables_extracted']} of {ledger['tables_found']} read" if ledger else None),
            ("figures", ledger.get("figures_found")),
        ]
    )
    for finding in ledger.get("findings", ()):
        where = "document" if finding["page"] is None else f"page {finding['page']}"
        out.print(plain(f"  {where}: {finding['message']} ({finding['code']})"), soft_wrap=True)
