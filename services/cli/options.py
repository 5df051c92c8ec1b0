"""Options that several commands have, and the settings they make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from services.failures import WrongUsage
from services.settings import Settings, load_settings

_SERVICE = "Which service"

Url = Annotated[
    str | None, typer.Option("--url", help="Address of the service.", rich_help_panel=_SERVICE, show_default=False)
]
Key = Annotated[
    str | None, typer.Option("--key", help="Key of the service.", rich_help_panel=_SERVICE, show_default=False)
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help="The service's data folder [./data].", rich_help_panel=_SERVICE, show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", help="File with the password of encrypted documents.", show_default=False),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def settings_of(**overrides: object) -> Settings:
    """Settings with the options of the command line; a value that does not fit is wrong usage."""
    try:
        return load_settings(**overrides)
    except ValidationError as error:
        fault = error.errors()[0]
        name = ".".join(str(part) for part in fault["loc"])
        which = f"The setting {name} is" if name else "The settings are"
        raise WrongUsage(f"{which} not valid: {fault['msg'].removeprefix('Value error, ')}.") from None


def secret_of(path: Path | None) -> str | None:
    """The first line of a file that holds a secret: on a command line others could read it."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError):
        raise WrongUsage(f"The password cannot be read from {path}.") from None


def json_object(text: str | None, option: str) -> dict[str, Any] | None:
    """The JSON object given as the value of an option."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise WrongUsage(f"{option} is not valid JSON: {error.msg} at character {error.pos + 1}.") from None
    if not isinstance(value, dict):
        raise WrongUsage(f"""{option} takes a JSON object, as {{"year": 2024}}.""")
    return value
