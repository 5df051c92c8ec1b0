"""Names of columns on the later pages of a large sheet: its header rows stand on the first one only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from parsers.backends.xlsx_cells import parse_range
from parsers.reading import Block, CellReading

HEAD_ROWS: Final = 64
"""As many rows of a sheet are looked at for the names of its columns."""


def names_by_column(head: Sequence[Block]) -> dict[int, str]:
    """The names of the columns of the last table that a sheet's first rows show, by the columns of the sheet."""
    tables = [block.table for block in head if block.table is not None]
    shown = [table for table in tables if any(cell.header for cell in table.cells)]
    parts: dict[int, list[str]] = {}
    for cell in shown[-1].cells if shown else ():
        first = _sheet_column(cell) if cell.header and cell.text else None
        if first is not None:
            for column in range(first, first + cell.column_span):
                parts.setdefault(column, []).append(cell.text)
    return {column: " ".join(dict.fromkeys(texts)) for column, texts in parts.items()}


def with_names(blocks: Sequence[Block], names: Mapping[int, str]) -> list[Block]:
    """The blocks of a later page, the first table with the names of its columns."""
    named = list(blocks)
    for at, block in enumerate(blocks):
        table = block.table
        if table is not None and not any(cell.header for cell in table.cells):
            columns: dict[int, int | None] = {}
            for cell in table.cells:
                if cell.column not in columns:
                    columns[cell.column] = _sheet_column(cell)
            stored = (columns.get(column) for column in range(table.columns))
            texts = tuple("" if column is None else names.get(column, "") for column in stored)
            if any(texts):
                named[at] = replace(block, table=replace(table, column_names=texts))
            break
    return named


def _sheet_column(cell: CellReading) -> int | None:
    place = parse_range(cell.address or "")
    return None if place is None else place[1]
