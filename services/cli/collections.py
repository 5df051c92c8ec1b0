"""`sourcespan collections`."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.connection import client_of
from services.cli.options import AsJson, DataDir, Key, Url, Yes
from services.cli.output import out, plain, print_json, print_table
from services.cli.profiles import glossary_app, profile_app
from services.failures import WrongUsage

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="List, create and delete collections.",
)

app.add_typer(profile_app, name="profile")
app.add_typer(glossary_app, name="glossary")

Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.command("list")
def list_collections(url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List collections."""
    with client_of(url, key, data_dir) as client:
        found = list(client.collections())
    if as_json:
        print_json(found)
        return
    rows = [
        (item["name"], item["document_count"], _schema_text(item["attributes"]), item["description"]) for item in found
    ]
    print_table(("collection", "documents", "attributes", "description"), rows, "There is no collection.")


@app.command("create")
def create_collection(
    name: Name,
    description: Annotated[str, typer.Option(help="What is in it.")] = "",
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            "--attribute", help="An attribute of its documents and its type, as year:integer. May be repeated."
        ),
    ] = None,
    policy: Annotated[
        str | None, typer.Option(help="How its files are read: fast, balanced, best or budget:N.", show_default=False)
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="A language that OCR should expect, as de. May be repeated.")
    ] = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Create a collection with the typed attributes of its documents."""
    attributes = dict(_attribute(text) for text in attribute or ())
    with client_of(url, key, data_dir) as client:
        parsing = {"policy": policy, "languages": language or []}
        created = client.create_collection(name, description, attributes, parsing)
    if as_json:
        print_json(created)
    else:
        out.print(plain(f"Created the collection {created['name']}."))


@app.command("delete")
def delete_collection(
    name: Name, yes: Yes = False, url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Delete a collection with all its documents."""
    with client_of(url, key, data_dir) as client:
        if not yes:
            count = client.collection(name)["document_count"]
            typer.confirm(f"Delete the collection {name} with its {count} documents?", abort=True)
        client.delete_collection(name)
    if as_json:
        print_json({"deleted": name})
    else:
        out.print(plain(f"Deleted the collection {name}."))


def _attribute(text: str) -> tuple[str, str]:
    name, separator, kind = text.partition(":")
    if not (name and separator and kind):
        raise WrongUsage(f"--attribute takes name:type, as year:integer, not {text!r}.")
    return name, kind


def _schema_text(attributes: dict[str, str]) -> str:
    return ", ".join(f"{name}:{kind}" for name, kind in attributes.items())
