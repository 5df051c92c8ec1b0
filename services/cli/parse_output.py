"""What `sourcespan parse` writes: the parse in a format, its tables as files, the page with its boxes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from parsers.contract import encode_tree
from parsers.errors import ParseError
from parsers.export_tree import files_of, tree_to_csv, tree_to_html, tree_to_markdown, tree_to_text
from parsers.exports import table_csv, tables_of
from parsers.model import ParseOutcome
from parsers.policy import ParseLimits
from parsers.rendering import IsolatedRenderer
from parsers.tree import ParseTree
from services.failures import Failure
from services.parse_report import report_page

_UNSAFE = re.compile(r"[^\w.-]+")
_NAME_LENGTH = 80


class Format(StrEnum):
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    TEXT = "text"
    CSV = "csv"


def written(tree: ParseTree, name: str, format: Format, output: Path | None) -> None:
    """Write a parse to a file, or to standard output."""
    pieces = _pieces(tree, name, format)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    else:
        _write(output, pieces)


def _pieces(tree: ParseTree, name: str, format: Format) -> Iterator[bytes]:
    if format is Format.JSON:
        yield from encode_tree(tree)
        yield b"\n"
        return
    export = {
        Format.MARKDOWN: tree_to_markdown,
        Format.HTML: tree_to_html,
        Format.TEXT: tree_to_text,
        Format.CSV: tree_to_csv,
    }[format]
    yield export(tree, name).encode("utf-8", errors="replace")


def write_tables(tree: ParseTree, name: str, folder: Path) -> int:
    """Write each table of each file as `NAME-page-3-table-1.csv`; returns how many there were."""
    count = 0
    for inside, document in files_of(tree, name):
        stem = _UNSAFE.sub("_", inside.removeprefix(name))[-_NAME_LENGTH:].strip("_.")
        for number, (element, table) in enumerate(tables_of(document), start=1):
            parts = [_UNSAFE.sub("_", Path(name).stem)[:_NAME_LENGTH], *([stem] if stem else [])]
            path = folder / f"{'-'.join(parts)}-page-{element.page}-table-{number}.csv"
            # The mark makes spreadsheets read the file as UTF-8.
            _write(path, iter([b"\xef\xbb\xbf", table_csv(table).encode("utf-8", errors="replace")]))
            count += 1
    return count


def write_report(outcome: ParseOutcome, file: Path, target: Path, limits: ParseLimits, password: str | None) -> None:
    """Write the page that shows a parse over the pictures of its pages; formats without pages have only the text."""
    media_type = outcome.document.document.media_type
    renderer = IsolatedRenderer(limits)

    def draw(page: int) -> bytes | None:
        try:
            return renderer.render_page(file, page, media_type=media_type, password=password)
        except ParseError:
            return None

    try:
        _write(target, (piece.encode("utf-8", errors="replace") for piece in report_page(outcome, file.name, draw)))
    finally:
        renderer.close()


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            for piece in pieces:
                stream.write(piece)
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise Failure(f"{path} cannot be written: {reason}.") from None
