"""How commands print: results on standard output, progress and remarks on standard error.

Names, titles and passages come from documents: they are printed as text, never read as markup or terminal commands.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_STATE_STYLES = {
    "succeeded": "green",
    "partial": "yellow",
    "failed": "red",
    "quarantined": "red",
    "cancelled": "dim",
    "running": "cyan",
}


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def plain(value: object, style: str = "") -> Text:
    """Text from a document or a person, with nothing in it that a terminal would act on."""
    text = "" if value is None else str(value)
    return Text("".join(_shown(c) for c in text), style)


def _shown(character: str) -> str:
    """Control characters become visible; invisible ones (also those that turn the direction of text) are dropped."""
    category = unicodedata.category(character)
    if character in "\n\t" or category not in ("Cc", "Cf"):
        return character
    return "�" if category == "Cc" else ""


def state_text(state: str) -> Text:
    return Text(state, _STATE_STYLES.get(state, ""))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """A table, or the sentence `empty` when there is no row. The first column, a row's id, is never broken."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(value if isinstance(value, Text) else plain(value) for value in row))
    if table.row_count:
        out.print(table)
    else:
        out.print(empty)


def print_fields(fields: Iterable[tuple[str, object]]) -> None:
    """Names and values below each other; values that are None are left out."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in fields:
        if value is not None:
            table.add_row(name, value if isinstance(value, Text) else plain(value))
    out.print(table)


def counted(count: int, noun: str) -> str:
    """
    >>> counted(1, "page"), counted(2, "page")
    ('1 page', '2 pages')
    """
    return f"{count} {noun}" + ("" if count == 1 else "s")


def size_text(size: int) -> str:
    """
    >>> size_text(482133)
    '471 KiB'
    """
    value = float(size)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def duration_text(seconds: float) -> str:
    """
    >>> duration_text(3725)
    '1 h 2 min'
    >>> duration_text(12.3)
    '12 s'
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"
