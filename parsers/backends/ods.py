"""Reads OpenDocument spreadsheets (ODS, and templates) as they are stored: a sheet is a page, a very large one several.

What a cell shows is stored beside its value, so nothing has to be formatted here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from parsers.backends.base import TypedDocument, TypedPage
from parsers.backends.ods_rows import Sheet, SheetRow, holds_something, read_sheet, repetitions
from parsers.backends.odt_file import body_of, language_of, open_package, property_of
from parsers.backends.odt_lists import OdtLists
from parsers.backends.odt_names import DRAW, DUBLIN_CORE, OFFICE, TABLE, TEXT, Element, count
from parsers.backends.odt_story import OdtContext, OdtStoryReader
from parsers.backends.odt_styles import OdtStyles
from parsers.backends.office_package import Package
from parsers.backends.sheet_grid import SheetCell, visible_and_hidden
from parsers.backends.sheet_names import HEAD_ROWS, names_by_column, with_names
from parsers.backends.table_grids import cell_content
from parsers.backends.xlsx_cells import column_name
from parsers.errors import NoPages
from parsers.model import Derivation, ElementKind, Finding, Flag, Role
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, TypedText

CELLS_PER_PAGE: Final = 50_000
_DERIVATION: Final = Derivation(
    extractor="ods", version="1", confidence=1.0, reason="cells as the spreadsheet has them"
)
_MOST_SPANNED: Final = 100_000
_VALUES: Final = ("value", "date-value", "time-value", "boolean-value", "string-value")
# `of:=SUM([.B2:.B6])`: the prefix names the language of formulas, brackets stand around places (ODF 1.3, part 4).
_PLACE: Final = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageOfSheet:
    sheet: Sheet
    first: int
    end: int


def open_document(path: Path, options: ParseOptions) -> TypedDocument:
    """Open a spreadsheet. Raises `DamagedDocument`, `EncryptedDocument`, `LimitExceeded` or `NoPages`."""
    return open_package(path, options.password, _read)


def _read(package: Package, stream: BinaryIO) -> TypedDocument:
    content = package.xml("content.xml")
    body = body_of(content, "spreadsheet", "spreadsheet")
    styles = OdtStyles(content, package.optional_xml("styles.xml"))
    context = OdtContext(package=package, styles=styles, lists=OdtLists(styles), derivation=_DERIVATION, deletions={})
    pages = [
        page
        for number, table in enumerate(body.findall(f"{TABLE}table"), start=1)
        for page in _pages_of(read_sheet(table, f"Sheet {number}", styles))
    ]
    if not pages:
        raise NoPages("The spreadsheet has no sheets.")
    return TypedDocument(
        page_count=len(pages),
        title=property_of(package, "title"),
        language=property_of(package, "language") or language_of(context),
        page=lambda number: _page(context, number, pages[number - 1]),
        on_close=(package.close, stream.close),
    )


def _pages_of(sheet: Sheet) -> Iterator[_PageOfSheet]:
    first = cells = 0
    for at, row in enumerate(sheet.rows):
        cells += row.cells
        if cells >= CELLS_PER_PAGE:
            yield _PageOfSheet(sheet=sheet, first=first, end=at + 1)
            first, cells = at + 1, 0
    if first < len(sheet.rows) or not first:
        yield _PageOfSheet(sheet=sheet, first=first, end=len(sheet.rows))


def _page(context: OdtContext, number: int, page: _PageOfSheet) -> TypedPage:
    """A page: the name of its sheet as a heading, its cells, what lies over them, its comments."""
    sheet = page.sheet
    flags = (Flag.HIDDEN,) if sheet.hidden else ()
    reader = _CellReader(context, sheet)
    blocks = _shown_blocks(reader, page, flags)
    if page.first:
        head = replace(page, first=0, end=HEAD_ROWS)
        blocks = with_names(blocks, names_by_column(_shown_blocks(_CellReader(context, sheet), head, flags)))
    shapes = OdtStoryReader(context).blocks(sheet.shapes) if page.first == 0 and sheet.shapes is not None else []
    heading = TypedText(kind=ElementKind.HEADING, text=sheet.name, level=1, flags=flags, derivation=_DERIVATION)
    comments = [
        Block(typed=replace(heading, kind=ElementKind.PARAGRAPH, text=text, level=None, role=Role.COMMENT))
        for text in reader.comments
    ]
    name = [Block(typed=heading)] if page.first == 0 else []
    return TypedPage(
        number=number,
        blocks=(*name, *blocks, *reader.over, *shapes, *comments),
        derivation=_DERIVATION,
        name=sheet.name,
        findings=(*_cut_off(page, number), *context.package.take_findings(number)),
    )


def _shown_blocks(reader: _CellReader, page: _PageOfSheet, flags: tuple[Flag, ...]) -> list[Block]:
    rows = page.sheet.rows[page.first : page.end]
    return visible_and_hidden(
        [cell for row in rows for cell in reader.cells(row)],
        _DERIVATION,
        hidden_rows={row.number for row in rows if row.hidden},
        hidden_columns=page.sheet.hidden_columns,
        flags=flags,
        continued=page.first > 0,
    )


def _cut_off(page: _PageOfSheet, number: int) -> tuple[Finding, ...]:
    rows = page.sheet.rows
    if not page.sheet.cut_off or page.end < len(rows):
        return ()
    message = f"The sheet is very large: it was read to row {rows[-1].number + 1:,}, and no further."
    return (Finding(page=number, code="rows_left_out", message=message),)


class _CellReader:
    """Reads the cells of a sheet; `comments` are those found so far, `over` the pictures anchored to cells."""

    def __init__(self, context: OdtContext, sheet: Sheet) -> None:
        self._context = context
        self._sheet = sheet
        self._story = OdtStoryReader(context)
        self.comments: list[str] = []
        self.over: list[Block] = []

    def cells(self, row: SheetRow) -> Iterator[SheetCell]:
        """The cells of a row that show anything."""
        column = 0
        for cell in row.element:
            repeated = count(cell.get(f"{TABLE}number-columns-repeated"), _MOST_SPANNED)
            if holds_something(cell):
                yield from self._cell(cell, row.number, column, repetitions(cell))
            column += repeated

    def _cell(self, cell: Element, row: int, column: int, repeated: int) -> Iterator[SheetCell]:
        place = f"{column_name(column)}{row + 1}"
        for annotation in cell.iterchildren(f"{OFFICE}annotation"):
            self._comment(annotation, place)
        text, link = self._text(cell)
        value = next((found for name in _VALUES if (found := cell.get(OFFICE + name)) is not None), None)
        value = None if value is None else clean_text(value)
        formula = cell.get(f"{TABLE}formula")
        text = text or value or ""
        if not text:
            return
        placed = SheetCell(
            row=row,
            column=column,
            row_span=count(cell.get(f"{TABLE}number-rows-spanned"), _MOST_SPANNED),
            column_span=count(cell.get(f"{TABLE}number-columns-spanned"), _MOST_SPANNED),
            text=text,
            address=place,
            formula=None if formula is None else _shown_formula(formula),
            value=value if value != text and cell.get(f"{OFFICE}value-type") != "string" else None,
            link=link,
            bold=self._is_bold(cell, column),
        )
        yield placed
        for at in range(column + 1, column + repeated):
            yield replace(placed, column=at, address=f"{column_name(at)}{row + 1}")

    def _text(self, cell: Element) -> tuple[str, str | None]:
        """What the cell shows, and where its first link leads."""
        if len(cell) == 1 and cell[0].tag == f"{TEXT}p" and not len(cell[0]):
            return clean_text(cell[0].text or ""), None
        inside = [child for child in cell if child.tag != f"{OFFICE}annotation" and not child.tag.startswith(DRAW)]
        blocks = self._story.blocks(inside)
        self.over += self._story.blocks([child for child in cell if child.tag.startswith(DRAW)])
        text, links, after = cell_content(blocks, _DERIVATION)
        self.over += after
        return clean_text(text), links[0].target if links else None

    def _comment(self, annotation: Element, place: str) -> None:
        author = clean_text(annotation.findtext(f"{DUBLIN_CORE}creator") or "")
        lines = ("".join(line.itertext()) for line in annotation.iter(f"{TEXT}p"))
        text = clean_text(" ".join(lines))
        if text:
            self.comments.append(f"{place}{f' ({author})' if author else ''}: {text}")

    def _is_bold(self, cell: Element, column: int) -> bool:
        style = cell.get(f"{TABLE}style-name") or self._sheet.style_of(column)
        return bool(self._context.styles.text("table-cell", style).look.bold)


def _shown_formula(stored: str) -> str:
    """The formula as a person writes it: `=SUM(B2:B6)`."""
    prefix, sign, rest = stored.partition("=")
    formula = f"={rest}" if sign and re.fullmatch(r"\w*:?", prefix) else stored
    return _PLACE.sub(lambda place: place[1].replace(":.", ":").removeprefix("."), formula)
