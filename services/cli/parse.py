"""`sourcespan parse`."""

from __future__ import annotations

import hashlib
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from parsers.contract import encode, trace
from parsers.detection import detect_media_type, require_supported
from parsers.errors import ParseError
from parsers.exports import to_html, to_markdown, to_text
from parsers.isolation import IsolatedParser
from parsers.model import ParseOutcome
from parsers.policy import ParseOptions, parse_policy
from services.cli.options import settings_of
from services.cli.output import err, plain
from services.failures import Failure
from services.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Format(StrEnum):
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    TEXT = "text"


@app.command()
def parse(
    file: Annotated[Path, typer.Argument(help="The file to read.", metavar="FILE")],
    format: Annotated[Format, typer.Option("--format", "-f", help="What to print.")] = Format.JSON,
    with_trace: Annotated[bool, typer.Option("--trace", help="Also tell each decision, on standard error.")] = False,
    policy: Annotated[str, typer.Option(help="How far to go: fast, balanced, best, or budget:N.")] = "fast",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Read one file in an isolated process and print what was understood. Needs no service, no key and no network."""
    outcome = _parse(file, _options(policy), settings_of())
    chosen = Format.JSON if as_json else format
    document = outcome.document
    if chosen is Format.JSON:
        typer.echo(encode(outcome))
    elif chosen is Format.MARKDOWN:
        typer.echo(to_markdown(document))
    elif chosen is Format.HTML:
        typer.echo(to_html(document))
    else:
        typer.echo(to_text(document))
    if with_trace:
        err.print(plain(trace(outcome)), soft_wrap=True)


def _options(policy: str) -> ParseOptions:
    try:
        return parse_policy(policy)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--policy") from None


def _parse(file: Path, options: ParseOptions, settings: Settings) -> ParseOutcome:
    try:
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            media_type = detect_media_type(stream, file.name)
        require_supported(media_type)
        with (
            IsolatedParser(settings.parse_limits, processes=len(os.sched_getaffinity(0))) as parser,
            Progress(console=err, transient=True) as bars,
        ):
            bar = bars.add_task("Reading pages", total=None)
            return parser.parse(
                file,
                sha256=sha256,
                media_type=media_type,
                options=options,
                on_progress=lambda done, total: bars.update(bar, completed=done, total=total),
            )
    except ParseError as error:
        raise Failure(f"{file}: {error} ({error.code})") from None
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.") from None
