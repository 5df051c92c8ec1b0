"""`sourcespan documents`."""

from __future__ import annotations

import time
from itertools import islice
from typing import Annotated

import typer

from services.cli.connection import client_of
from services.cli.options import AsJson, DataDir, Key, Url, Yes
from services.cli.output import counted, print_fields, print_json, print_table, size_text, state_text
from services.client import Json

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help="List, show and delete documents."
)

_SECONDS_BETWEEN_LOOKS = 1.0

DocumentId = Annotated[str, typer.Argument(metavar="ID")]


@app.command("list")
def list_documents(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only of this collection.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 200,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List documents."""
    with client_of(url, key, data_dir) as client:
        found = list(islice(client.documents(collection), limit))
    if as_json:
        print_json(found)
        return
    rows = [
        (document["id"], document["collection"], document["name"], state_text(document["state"])) for document in found
    ]
    print_table(("document", "collection", "name", "state"), rows, "There is no document.")


@app.command("show")
def show_document(
    document_id: DocumentId, url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Show one document and what was understood of it."""
    with client_of(url, key, data_dir) as client:
        document = client.document(document_id)
    if as_json:
        print_json(document)
        return
    ledger, facts = document["ledger"], document["facts"] or {}
    print_fields(
        [
            ("document", document["id"]),
            ("name", document["name"]),
            ("title", document["title"]),
            ("organisation", facts.get("organisation") or None),
            ("period", ", ".join(facts.get("periods", ())) or None),
            ("calls itself", facts.get("kind") or None),
            ("collection", document["collection"]),
            ("source", document["source_uri"]),
            ("kind", f"{document['media_type']}, {size_text(document['size'])}"),
            ("sha256", document["sha256"]),
            ("state", state_text(document["state"])),
            ("searchable", "yes" if document["live_parse_id"] else "no"),
            ("attributes", ", ".join(f"{k}={v}" for k, v in document["attributes"].items()) or None),
            ("updated", document["updated_at"]),
            ("job", document["job_id"]),
            ("pages", f"{ledger['pages_parsed']} of {ledger['pages_total']} read" if ledger else None),
            ("understood", f"{ledger['state']}, {ledger['text_coverage']:.1%} of the text" if ledger else None),
        ]
    )


@app.command("delete")
def delete_document(
    document_id: DocumentId,
    yes: Yes = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until all of it is removed, and was looked for again.")] = False,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Delete a document: once this returns, nothing finds it. Bytes that were uploaded within the last quarter of an
    hour are removed when that has passed."""
    with client_of(url, key, data_dir) as client:
        if not yes:
            name = client.document(document_id)["name"]
            typer.confirm(f"Delete {name}?", abort=True)
        receipt = client.delete_document(document_id)
        while wait and receipt["state"] == "pending":
            time.sleep(_SECONDS_BETWEEN_LOOKS)
            receipt = client.deletion(receipt["id"])
    _print_receipt(receipt, as_json)


@app.command("receipt")
def show_receipt(
    receipt_id: Annotated[str, typer.Argument(metavar="RECEIPT", help="As `documents delete` printed it.")],
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what a deletion has removed, from where, and whether that was checked."""
    with client_of(url, key, data_dir) as client:
        receipt = client.deletion(receipt_id)
    _print_receipt(receipt, as_json)


def _print_receipt(receipt: Json, as_json: bool) -> None:
    if as_json:
        print_json(receipt)
        return
    gone = receipt["documents"]
    print_fields(
        [
            ("receipt", receipt["id"]),
            ("state", "removed" if receipt["state"] == "complete" else "hidden from all requests; being removed"),
            ("deleted", ", ".join(document["document_id"] for document in gone)),
            ("from the index", counted(sum(document["points"] for document in gone), "point")),
            ("files", counted(sum(document["artefacts"] for document in gone), "artefact")),
            ("originals", counted(sum(len(document["sha256s"]) for document in gone), "file")),
            ("kept for others", sum(len(document["shared_sha256s"]) for document in gone) or None),
        ]
    )
