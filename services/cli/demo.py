"""The main job once before one's eyes: ingest the sample documents, ask, and print the passage with its citation.

Run by `sourcespan serve --demo FOLDER` beside the service, as `python -m services.cli.demo FOLDER`.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from services.cli.ingest import ensure_collection
from services.cli.ingest import run as ingest
from services.cli.ingest_files import find_files
from services.cli.options import settings_of
from services.cli.output import duration_text, err, out, plain
from services.cli.retrieve import print_answer
from services.client import Client
from services.failures import Failure
from services.settings import Settings

COLLECTION = "demo"
_PASSAGES = 1


def run(folder: Path) -> None:
    """Ingest `folder/documents` into an empty service and ask the first question of `folder/questions.jsonl`.

    A service that has collections is left as it is. Raises `Failure`.
    """
    settings = settings_of()
    files = find_files([str(folder / "documents")], ["*.pdf"])
    question = first_question(folder / "questions.jsonl")
    with Client.of(settings) as client:
        if next(client.collections(), None) is not None:
            _print_next_steps(settings, client.url, None)
            return
        out.print(plain(f"\nDemo: reading the {len(files)} sample documents of {folder.name}/documents"))
        ensure_collection(client, COLLECTION)
        result = ingest(client, files, COLLECTION, None)
        pages = sum(job["pages_total"] or 0 for job in result.jobs)
        troubled = [job for job in result.jobs if job["state"] != "succeeded"]
        out.print(
            plain(
                f"{len(result.jobs) - len(troubled)} of {len(files)} documents, {pages} pages, are searchable after "
                f"{duration_text(result.seconds)}."
            )
        )
        for job in troubled:
            reason = f"{job['document_name']}: {job['state']}" if job["error"] is None else job["error"]["message"]
            out.print(plain(f"! {reason}", "yellow"))
        out.print(plain(f"\n$ sourcespan retrieve {shlex.quote(question)}\n", "bold"), soft_wrap=True)
        answer = client.retrieve({"query": question, "top_k": _PASSAGES, "collections": [COLLECTION]})
    print_answer(answer)
    _print_next_steps(settings, client.url, answer["results"][0] if answer["results"] else None)


def first_question(file: Path) -> str:
    """The `query` of the first line."""
    try:
        with file.open(encoding="utf-8") as lines:
            return str(json.loads(next(lines))["query"])
    except (OSError, StopIteration, ValueError, KeyError):
        raise Failure(f"{file} has no questions.") from None


def _print_next_steps(settings: Settings, url: str, result: dict[str, str] | None) -> None:
    command = _command()
    out.print(plain("\nThe service goes on; Ctrl-C here stops it. Try in another terminal:", "bold"))
    if settings.data_dir != Path.cwd() / "data":
        out.print(plain(f"  export SOURCESPAN_DATA_DIR={shlex.quote(str(settings.data_dir))}"), soft_wrap=True)
    if result is not None:
        out.print(plain(f"  {command} citation {result['citation_id']} --image page.png"), soft_wrap=True)
    out.print(
        plain(f'  {command} retrieve "Error code E7 on the Kestrel ventilator" --collection {COLLECTION}'),
        soft_wrap=True,
    )
    out.print(plain(f"  {command} ingest FOLDER --collection NAME"), soft_wrap=True)
    out.print(
        plain(f'  curl -H "Authorization: Bearer $(cat {settings.admin_key_file})" {url}/v1/collections'),
        soft_wrap=True,
    )
    out.print(plain(f"Every route with examples: {url}/docs\n"), soft_wrap=True)


def _command() -> str:
    """How to call `sourcespan` where it is not on the path: as it lies beside this interpreter."""
    beside = Path(sys.executable).with_name("sourcespan")
    try:
        return str(beside.relative_to(Path.cwd()))
    except ValueError:
        return str(beside)


if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]))
    except Failure as failure:
        err.print(plain(f"The demo could not finish: {failure}", "red"))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
