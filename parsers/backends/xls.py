"""Reads the workbooks of Excel 97 and before (XLS), with xlrd: a sheet is a page, a very large one several.

xlrd gives values and formats, but no text of formulas and no pictures.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import xlrd

from parsers.backends.base import OpenDocument, TypedDocument, TypedPage
from parsers.backends.sheet_formats import show_number
from parsers.backends.sheet_grid import SheetCell, visible_and_hidden
from parsers.backends.sheet_names import HEAD_ROWS, names_by_column, with_names
from parsers.backends.xlsx_cells import column_name
from parsers.errors import DamagedDocument, EncryptedDocument, NoPages
from parsers.model import Derivation, ElementKind, Flag, Role
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, TypedText

CELLS_PER_PAGE: Final = 50_000
_DERIVATION: Final = Derivation(extractor="xls", version="1", confidence=1.0, reason="cells as the workbook has them")
_EMPTY: Final = (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageOfSheet:
    sheet: int
    first_row: int
    end_row: int


def open_document(path: Path, options: ParseOptions) -> OpenDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a workbook. Raises `DamagedDocument`, `EncryptedDocument` or `NoPages`."""
    try:
        book = xlrd.open_workbook(
            file_contents=path.read_bytes(), formatting_info=True, ragged_rows=True, logfile=io.StringIO()
        )
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            message = "The workbook is locked with a password, which cannot be opened in this old format."
            raise EncryptedDocument(message) from error
        raise DamagedDocument("The file is no workbook that can be read.") from error
    except MemoryError:
        raise
    except Exception as error:  # xlrd raises whatever a damaged file makes it
        raise DamagedDocument("The workbook is damaged and cannot be read.") from error
    pages = [page for at in range(book.nsheets) for page in _pages_of(book, at)]
    if not pages:
        raise NoPages("The workbook has no sheets.")
    return TypedDocument(
        page_count=len(pages),
        page=lambda number: _read(book, number, pages[number - 1]),
        on_close=(book.release_resources,),
    )


def _pages_of(book: Any, at: int) -> list[_PageOfSheet]:
    sheet = book.sheet_by_index(at)
    pages: list[_PageOfSheet] = []
    first = cells = 0
    for row in range(sheet.nrows):
        cells += sheet.row_len(row)
        if cells >= CELLS_PER_PAGE:
            pages.append(_PageOfSheet(sheet=at, first_row=first, end_row=row + 1))
            first, cells = row + 1, 0
    if first < sheet.nrows or not pages:
        pages.append(_PageOfSheet(sheet=at, first_row=first, end_row=sheet.nrows))
    return pages


def _read(book: Any, number: int, page: _PageOfSheet) -> TypedPage:
    sheet = book.sheet_by_index(page.sheet)
    flags = (Flag.HIDDEN,) if sheet.visibility else ()
    name = clean_text(sheet.name)
    blocks: list[Block] = []
    if page.first_row == 0 and name:
        blocks.append(_text(name, ElementKind.HEADING, flags, level=1))
    shown = _shown_blocks(book, sheet, page, flags)
    if page.first_row:
        head = replace(page, first_row=0, end_row=HEAD_ROWS)
        shown = with_names(shown, names_by_column(_shown_blocks(book, sheet, head, flags)))
    blocks += shown
    if page.first_row == 0:
        for (row, column), note in sorted(sheet.cell_note_map.items()):
            by = f" ({clean_text(note.author)})" if note.author else ""
            text = f"{column_name(column)}{row + 1}{by}: {clean_text(note.text)}"
            blocks.append(_text(text, ElementKind.PARAGRAPH, flags, role=Role.COMMENT))
    return TypedPage(number=number, blocks=tuple(blocks), derivation=_DERIVATION, name=name)


def _shown_blocks(book: Any, sheet: Any, page: _PageOfSheet, flags: tuple[Flag, ...]) -> list[Block]:
    return visible_and_hidden(
        list(_cells(book, sheet, page)),
        _DERIVATION,
        hidden_rows={row for row, info in sheet.rowinfo_map.items() if info.hidden},
        hidden_columns={column for column, info in sheet.colinfo_map.items() if info.hidden},
        flags=flags,
        continued=page.first_row > 0,
    )


def _text(
    text: str, kind: ElementKind, flags: tuple[Flag, ...], level: int | None = None, role: Role | None = None
) -> Block:
    return Block(typed=TypedText(kind=kind, text=text, level=level, role=role, flags=flags, derivation=_DERIVATION))


def _cells(book: Any, sheet: Any, page: _PageOfSheet) -> Iterator[SheetCell]:
    spans = {(top, left): (bottom - top, right - left) for top, bottom, left, right in sheet.merged_cells}
    for row in range(page.first_row, page.end_row):
        for column in range(sheet.row_len(row)):
            kind = sheet.cell_type(row, column)
            if kind in _EMPTY:
                continue
            style = book.xf_list[sheet.cell_xf_index(row, column)]
            text, value = _shown(book, kind, sheet.cell_value(row, column), style)
            if not text:
                continue
            rows, columns = spans.get((row, column), (1, 1))
            link = sheet.hyperlink_map.get((row, column))
            yield SheetCell(
                row=row,
                column=column,
                row_span=rows,
                column_span=columns,
                text=text,
                address=f"{column_name(column)}{row + 1}",
                value=value,
                link=_target(link) if link is not None else None,
                bold=bool(book.font_list[style.font_index].bold),
            )


def _shown(book: Any, kind: int, value: Any, style: Any) -> tuple[str, str | None]:
    """The text of a cell, and its value as stored where that is something else."""
    if kind == xlrd.XL_CELL_TEXT:
        return clean_text(value), None
    if kind == xlrd.XL_CELL_BOOLEAN:
        return ("TRUE" if value else "FALSE"), None
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#N/A")), None
    stored = repr(float(value)).removesuffix(".0")
    known = book.format_map.get(style.format_key)
    text = clean_text(show_number(stored, known.format_str if known else "General", from_1904=book.datemode == 1))
    return text, stored if text != stored else None


def _target(link: Any) -> str | None:
    address = link.url_or_path
    if isinstance(address, bytes):
        address = address.decode("utf-8", errors="replace")
    place = f"#{link.textmark}" if link.textmark else ""
    return (clean_text(str(address or "")) + place) or None
