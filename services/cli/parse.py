"""`sourcespan parse`."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from parsers.detection import detect_media_type, require_supported
from parsers.errors import ParseError
from parsers.formats import FORMATS
from parsers.isolation import IsolatedParser
from parsers.model import LedgerState
from parsers.policy import ParseOptions, parse_policy
from parsers.trace import trace_tree
from parsers.tree import OnProgress, ParseTree, parse_tree
from services.cli.options import PasswordFile, secret_of, settings_of
from services.cli.output import counted, err, plain
from services.cli.parse_output import Format, write_report, write_tables, written
from services.failures import Failure, WrongUsage
from services.settings import Settings
from services.vision import open_vision

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_FINDINGS_SHOWN = 5
_READABLE = f"Reads {', '.join(known.name for known in FORMATS.values())}. What a file is, its content tells."


@app.command(epilog=_READABLE)
def parse(
    file: Annotated[Path, typer.Argument(help="The file to read.", metavar="FILE")],
    format: Annotated[
        Format, typer.Option("--format", "-f", help="What to print; csv prints the tables only.")
    ] = Format.JSON,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write there instead of printing.")] = None,
    policy: Annotated[
        str | None, typer.Option(help="How far to go: fast, balanced, best, or budget:N.", show_default="balanced")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option("--language", "-l", help="Language that OCR should expect (de); repeatable.")
    ] = None,
    password: Annotated[str | None, typer.Option(help="Password of an encrypted file.", show_default=False)] = None,
    password_file: PasswordFile = None,
    children: Annotated[
        bool, typer.Option("--children/--no-children", help="Also read attachments and archive members.")
    ] = True,
    tables: Annotated[
        Path | None, typer.Option(help="Also write each table as CSV into this folder.", metavar="DIR")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Also write a page with the boxes drawn over the pages.", metavar="FILE")
    ] = None,
    with_trace: Annotated[bool, typer.Option("--trace", help="Also tell each decision, on standard error.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Read one file in an isolated process and print what was understood. Needs no service, no key and no network
    (but that of a vision model, if one is configured).

    Files inside the file (attachments, archive members) are read too; in JSON they are below children[].parse.
    """
    settings = settings_of()
    options = _options(policy, settings, language or [], password, password_file)
    tree = _parse(file, options, settings, children=children)
    written(tree, file.name, Format.JSON if as_json else format, output)
    if tables is not None:
        count = write_tables(tree, file.name, tables)
        err.print(plain(f"{counted(count, 'table')} written to {tables}."))
    if html is not None:
        write_report(tree.outcome, file, html, settings.parse_limits, options.password)
    if with_trace:
        err.print(plain(trace_tree(tree, file.name)), soft_wrap=True)
    else:
        _tell_what_is_missing(tree, file.name)


def _options(
    policy: str | None, settings: Settings, languages: list[str], password: str | None, password_file: Path | None
) -> ParseOptions:
    if password is not None and password_file is not None:
        raise WrongUsage("Give either --password or --password-file.")
    try:
        chosen = settings.parse_options if policy is None else settings.with_vision(parse_policy(policy))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--policy") from None
    return replace(
        chosen, languages=tuple(languages) or chosen.languages, password=password or secret_of(password_file)
    )


def _parse(file: Path, options: ParseOptions, settings: Settings, *, children: bool) -> ParseTree:
    try:
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            media_type = detect_media_type(stream, file.name)
        require_supported(media_type)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.") from None
    except ParseError as error:
        raise Failure(f"{file}: {error} ({error.code})") from None
    processes = len(os.sched_getaffinity(0))
    try:
        with (
            open_vision(settings) as vision,
            IsolatedParser(settings.parse_limits, processes=processes, vision=vision) as parser,
            tempfile.TemporaryDirectory(prefix="sourcespan-") as scratch,
            _progress(file.name) as show,
        ):
            return parse_tree(
                parser,
                file,
                name=file.name,
                sha256=sha256,
                media_type=media_type,
                options=options,
                scratch=Path(scratch) if children else None,
                on_progress=show,
            )
    except ParseError as error:
        raise Failure(f"{file}: {error} ({error.code})") from None


@contextmanager
def _progress(root: str) -> Iterator[OnProgress]:
    """A bar on standard error, where that is a terminal, for the file that is read just now."""
    with Progress(console=err, transient=True, disable=not err.is_terminal) as bars:
        bar = bars.add_task("Reading pages", total=None)

        def show(name: str, done: int, total: int) -> None:
            inside = name.removeprefix(root)[-40:]
            bars.update(bar, description=plain(f"Reading pages {inside}").plain, completed=done, total=total)

        yield show


def _tell_what_is_missing(tree: ParseTree, name: str) -> None:
    """A remark for everything that was not understood: a result that looks whole must be so."""
    ledger = tree.outcome.document.ledger
    if ledger.state is not LedgerState.COMPLETE:
        err.print(plain(f"{name}: {ledger.state.value}"))
        for finding in ledger.findings[:_FINDINGS_SHOWN]:
            place = f"page {finding.page}: " if finding.page is not None else ""
            err.print(plain(f"  {place}{finding.message} ({finding.code})"), soft_wrap=True)
        if len(ledger.findings) > _FINDINGS_SHOWN:
            err.print(plain(f"  and {counted(len(ledger.findings) - _FINDINGS_SHOWN, 'more finding')}; see --trace."))
    for parsed in tree.children or ():
        inside = f"{name}!/{parsed.child.name}"
        if parsed.error is not None:
            err.print(plain(f"{inside}: not read. {parsed.error} ({parsed.error.code})"), soft_wrap=True)
        elif parsed.tree is not None:
            _tell_what_is_missing(parsed.tree, inside)
