"""`sourcespan keys`."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.connection import client_of
from services.cli.options import AsJson, DataDir, Key, Url
from services.cli.output import err, out, plain, print_json, print_table

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help="Create, list and revoke keys."
)


@app.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What it is for.", metavar="NAME")],
    scope: Annotated[list[str] | None, typer.Option(help="read, write or admin; may be repeated [read].")] = None,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its secret is printed once and cannot be had again."""
    with client_of(url, key, data_dir) as client:
        created = client.create_key(name, scope or ["read"])
    if as_json:
        print_json(created)
    else:
        err.print(plain(f"Key {created['key']['id']} for {created['key']['name']}; keep it, it is shown only now:"))
        typer.echo(created["secret"])


@app.command("list")
def list_keys(url: Url = None, key: Key = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List keys, without their secrets."""
    with client_of(url, key, data_dir) as client:
        found = list(client.keys())
    if as_json:
        print_json(found)
        return
    rows = [
        (
            item["id"],
            item["name"],
            ", ".join(item["scopes"]),
            item["created_at"],
            "revoked" if item["revoked_at"] else "",
        )
        for item in found
    ]
    print_table(("key", "name", "scopes", "created", ""), rows, "There is no key.")


@app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key; holds from the next request on."""
    with client_of(url, key, data_dir) as client:
        client.revoke_key(key_id)
    if as_json:
        print_json({"revoked": key_id})
    else:
        out.print(plain(f"Revoked {key_id}."))
