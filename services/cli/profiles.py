"""`sourcespan collections profile` and `sourcespan collections glossary`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from retrieval.shipped import shipped_glossary, shipped_names, shipped_profile
from services.cli.connection import client_of
from services.cli.options import AsJson, DataDir, Key, Url
from services.cli.output import out, plain, print_json, print_table
from services.failures import WrongUsage

Name = Annotated[str, typer.Argument(metavar="NAME", help="The collection.")]


def app_of(kind: str, shipped: Callable[[str], dict[str, Any] | None]) -> typer.Typer:
    """The commands of one kind ("profile", "glossary")."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        help=f"Set, show and remove the {kind} of a collection.",
    )

    @app.command("set", help=f"Set the {kind}: a JSON file, or one that is shipped ({', '.join(shipped_names())}).")
    def set_content(
        name: Name,
        file: Annotated[str, typer.Argument(metavar="FILE", help="A JSON file, or the name of a shipped one.")],
        url: Url = None,
        key: Key = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
    ) -> None:
        content = _read(file, shipped)
        with client_of(url, key, data_dir) as client:
            answer = client.put_profile(name, kind, content)
        if as_json:
            print_json(answer)
        else:
            out.print(plain(f"Version {answer['version']} of the {kind} of {name} is in force for questions."))
            out.print(plain("Documents that are there already are named by it when they are read again."))

    @app.command("show", help=f"Show the {kind} and its versions.")
    def show(
        name: Name,
        version: Annotated[int | None, typer.Option(help="An earlier one.", min=1)] = None,
        url: Url = None,
        key: Key = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
    ) -> None:
        with client_of(url, key, data_dir) as client:
            answer = client.profile(name, kind, version)
        if as_json:
            print_json(answer)
            return
        rows = [
            (item["number"], "removed" if item["removed"] else "set", item["created_at"], item["created_by"])
            for item in answer["versions"]
        ]
        print_table(("version", "what", "when", "by"), rows, f"The collection has no {kind}.")
        if answer["content"] is not None:
            out.print(plain(_summary(answer["content"])))

    @app.command("remove", help=f"Remove the {kind}; its versions stay listed.")
    def remove(name: Name, url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
        with client_of(url, key, data_dir) as client:
            client.remove_profile(name, kind)
        if as_json:
            print_json({"removed": kind, "collection": name})
        else:
            out.print(plain(f"The collection {name} has no {kind} any more."))

    return app


def _read(file: str, shipped: Callable[[str], dict[str, Any] | None]) -> dict[str, Any]:
    """A file that is there comes before a shipped one of the same name."""
    path = Path(file)
    if not path.is_file():
        content = shipped(file)
        if content is None:
            names = ", ".join(shipped_names())
            raise WrongUsage(f"There is no file {file!r}, and none of that name is shipped (there is: {names}).")
        return content
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise WrongUsage(f"{file} cannot be read as JSON: {error}") from None
    if not isinstance(content, dict):
        raise WrongUsage(f"{file} does not hold a JSON object.")
    return content


def _summary(content: dict[str, Any]) -> str:
    lists = (f"{len(value)} {name.replace('_', ' ')}" for name, value in content.items() if isinstance(value, list))
    return f"{content['name']}: {', '.join(lists)}"


profile_app = app_of("profile", shipped_profile)
glossary_app = app_of("glossary", shipped_glossary)
