"""Reads Excel workbooks (XLSX, XLSM, templates) as Excel stores them: a sheet is a page, a very large one several.

The XML of the cells is streamed instead of read with openpyxl, which keeps no text of a value as stored, leaves out
either formulas or their results, and takes gigabytes for files of a few kilobytes that are made to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from parsers.backends.base import OpenDocument, TypedDocument, TypedPage
from parsers.backends.office_crypto import open_office
from parsers.backends.sheet_formats import show_number
from parsers.backends.sheet_grid import SheetCell, visible_and_hidden
from parsers.backends.sheet_names import HEAD_ROWS, names_by_column, with_names
from parsers.backends.xlsx_book import Sheet, SheetPackage, Style, Workbook, unescape
from parsers.backends.xlsx_cells import (
    MOST_COLUMNS,
    SheetOutline,
    SheetStream,
    StoredCell,
    column_name,
    parse_range,
)
from parsers.backends.xlsx_extras import SheetExtras
from parsers.backends.xlsx_formulas import Formulas
from parsers.errors import DamagedDocument, NoPages, PageUnreadable
from parsers.model import Derivation, ElementKind, Finding, Flag
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, TypedText

CELLS_PER_PAGE: Final = 50_000
MOST_CELLS: Final = 1_500_000
# A sheet whose XML is smaller is one page without being looked at first: it can hardly have 100,000 cells.
_SMALL_XML: Final = 3 * 1024**2
_DERIVATION: Final = Derivation(extractor="xlsx", version="1", confidence=1.0, reason="cells as the workbook has them")
_PLAIN: Final = Style()
_SHORT_NUMBER: Final = 16
# Cells of large sheets that are kept while pages are counted (about 100 MB), so that they are not read twice.
_KEPT_CELLS: Final = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _PageOfSheet:
    """Rows of a sheet that make a page: so many that hold something, after so many before them."""

    sheet: Sheet
    skip: int = 0
    take: int | None = None
    cut_off: bool = False


def open_document(path: Path, options: ParseOptions) -> OpenDocument:
    """Open a workbook. Raises `DamagedDocument`, `EncryptedDocument`, `LimitExceeded` or `NoPages`."""
    stream = open_office(path, options.password)
    try:
        package = SheetPackage(stream)
        book = Workbook(package)
        if not book.sheets:
            raise NoPages("The workbook has no sheets.")
        if not any(sheet.part for sheet in book.sheets):
            raise DamagedDocument("The workbook's sheets are missing from the file.")
        reader = _Reader(book)
    except BaseException:
        stream.close()
        raise
    return TypedDocument(
        page_count=len(reader.pages),
        title=book.title,
        language=book.language,
        page=reader.read,
        on_close=(reader.close, package.close, stream.close),
    )


class _Reader:
    """Reads pages. The stream of a large sheet stays open, so that its next page goes on where the last one ended."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._outlines: dict[str, SheetOutline] = {}
        self._heads: dict[str, list[StoredCell]] = {}
        self._kept: dict[str, list[list[StoredCell]]] = {}
        self._kept_cells = 0
        self._large: _SheetReading | None = None
        self.pages = [page for sheet in book.sheets for page in self._pages_of(sheet)]

    def close(self) -> None:
        if self._large is not None:
            self._large.close()

    def _pages_of(self, sheet: Sheet) -> list[_PageOfSheet]:
        if not sheet.part or sheet.chart or self._book.package.size(sheet.part) <= _SMALL_XML:
            return [_PageOfSheet(sheet=sheet)]
        pages: list[_PageOfSheet] = []
        skip = take = cells = total = 0
        large = _SheetReading(self._book, sheet.part)
        kept: list[list[StoredCell]] = []
        # Damage is reported when the page that it is on is read.
        with closing(large), suppress(DamagedDocument):
            for row in large.rows:
                if not pages and take < HEAD_ROWS:
                    self._heads.setdefault(sheet.part, []).extend(row)
                take, cells, total = take + 1, cells + len(row), total + len(row)
                if self._kept_cells + total <= _KEPT_CELLS:
                    kept.append(row)
                if cells >= CELLS_PER_PAGE:
                    pages.append(_PageOfSheet(sheet=sheet, skip=skip, take=take))
                    skip, take, cells = skip + take, 0, 0
                if total >= MOST_CELLS:
                    break
        self._outlines[sheet.part] = large.stream.outline
        if large.ended and self._kept_cells + total <= _KEPT_CELLS:
            self._kept[sheet.part] = kept
            self._kept_cells += total
        if take or not pages:
            pages.append(_PageOfSheet(sheet=sheet, skip=skip, take=take))
        pages[-1] = replace(pages[-1], cut_off=total >= MOST_CELLS or large.stream.cut_off)
        return pages

    def read(self, number: int) -> TypedPage:
        """A page: the name of its sheet as a heading, its cells, what lies over them, its comments."""
        page = self.pages[number - 1]
        sheet = page.sheet
        if not sheet.part:
            raise PageUnreadable("The file lacks this sheet.")
        flags = (Flag.HIDDEN,) if sheet.hidden else ()
        extras = SheetExtras(self._book, sheet.part, _DERIVATION, flags)
        findings: list[Finding] = []
        blocks: list[Block] = []
        if page.skip == 0:
            title = TypedText(kind=ElementKind.HEADING, text=sheet.name, level=1, flags=flags, derivation=_DERIVATION)
            blocks.append(Block(typed=title))
        if not sheet.chart:
            blocks += self._cells(page, number, extras, flags, findings)
        if page.skip == 0:
            blocks += [*extras.drawings(), *extras.comments()]
        if extras.damaged:
            message = "Drawings, charts or comments of the sheet are damaged and were left out."
            findings.append(Finding(page=number, code="content_left_out", message=message))
        findings += self._book.package.take_findings(number)
        return TypedPage(
            number=number, blocks=tuple(blocks), derivation=_DERIVATION, name=sheet.name, findings=tuple(findings)
        )

    def _cells(
        self, page: _PageOfSheet, number: int, extras: SheetExtras, flags: tuple[Flag, ...], findings: list[Finding]
    ) -> list[Block]:
        stored: list[tuple[StoredCell, str | None]] = []
        sheet = self._at(page)
        try:
            for row in islice(sheet.rows, page.take):
                stored += [(cell, sheet.formulas.of(cell)) for cell in row]
        except DamagedDocument as error:
            if not stored:
                raise PageUnreadable(str(error)) from error
            message = f"The sheet is damaged: nothing could be read after row {stored[-1][0].row + 1:,}."
            findings.append(Finding(page=number, code="rows_left_out", message=message))
        sheet.taken += page.take or 0
        if page.cut_off:
            rows = stored[-1][0].row + 1 if stored else 0
            message = f"The sheet is very large: it was read to row {rows:,}, and no further."
            findings.append(Finding(page=number, code="rows_left_out", message=message))
        outline = self._outlines.get(page.sheet.part, sheet.stream.outline)
        if page.take is None:
            sheet.close()
        blocks = self._blocks(stored, outline, extras, flags, continued=page.skip > 0)
        if page.skip == 0:
            return blocks
        head = [(cell, None) for cell in self._heads.get(page.sheet.part, ())]
        return with_names(blocks, names_by_column(self._blocks(head, outline, extras, flags)))

    def _blocks(
        self,
        stored: Sequence[tuple[StoredCell, str | None]],
        outline: SheetOutline,
        extras: SheetExtras,
        flags: tuple[Flag, ...],
        *,
        continued: bool = False,
    ) -> list[Block]:
        return visible_and_hidden(
            _shown_cells(self._book, stored, outline, extras),
            _DERIVATION,
            hidden_rows=outline.hidden_rows,
            hidden_columns=_hidden_columns(outline),
            tables=extras.tables(),
            flags=flags,
            continued=continued,
        )

    def _at(self, page: _PageOfSheet) -> _SheetReading:
        """The stream of the page's sheet, at the page's first row."""
        part = page.sheet.part
        if page.take is None:
            return _SheetReading(self._book, part)
        large = self._large
        if large is None or large.part != part or large.taken > page.skip:
            self.close()
            large = self._large = _SheetReading(self._book, part, self._kept.get(part))
        for row in islice(large.rows, page.skip - large.taken):
            for cell in row:
                large.formulas.of(cell)
        large.taken = page.skip
        return large


class _SheetReading:
    """A sheet that is being read: its stream (or its rows, kept from before), and how many have been taken from it."""

    def __init__(self, book: Workbook, part: str, kept: Iterable[list[StoredCell]] | None = None) -> None:
        self.part = part
        self.taken = 0
        self.ended = False
        self.formulas = Formulas()
        self._xml = book.package.open_part(part)
        self.stream = SheetStream(self._xml)
        self.rows = self._until_the_end() if kept is None else iter(kept)

    def _until_the_end(self) -> Iterator[list[StoredCell]]:
        """The rows of the file; `ended` is set when nothing broke off before."""
        yield from self.stream.rows()
        self.ended = True

    def close(self) -> None:
        self._xml.close()


def _shown_cells(
    book: Workbook, stored: Sequence[tuple[StoredCell, str | None]], outline: SheetOutline, extras: SheetExtras
) -> list[SheetCell]:
    """The cells as the sheet shows them, with their spans and links; those that show nothing are left out."""
    spans = {(top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in outline.merges}
    links = _links(outline, extras)
    cells: dict[tuple[int, int], SheetCell] = {}
    for cell, formula in stored:
        style = book.styles[cell.style] if cell.style < len(book.styles) else _PLAIN
        text, value = _shown(book, cell, style)
        text = text or (formula or "" if not cell.value else "")
        if not text:
            continue
        place = (cell.row, cell.column)
        rows, columns = spans.get(place, (1, 1))
        cells[place] = SheetCell(
            row=cell.row,
            column=cell.column,
            row_span=rows,
            column_span=columns,
            text=text,
            address=f"{column_name(cell.column)}{cell.row + 1}",
            formula=formula,
            value=value,
            link=links.get(place),
            bold=style.bold,
        )
    return list(cells.values())


def _shown(book: Workbook, cell: StoredCell, style: Style) -> tuple[str, str | None]:
    """The text of a cell, and its value as stored where that is something else."""
    if cell.kind == "s":
        strings = book.strings
        at = int(cell.value) if cell.value.isdecimal() and len(cell.value) < 10 else -1
        return (strings[at] if 0 <= at < len(strings) else ""), None
    if cell.kind in ("str", "inlineStr"):
        return clean_text(unescape(cell.value)), None
    if cell.kind == "n" and style.code == "General" and cell.value.isdecimal() and len(cell.value) < _SHORT_NUMBER:
        return cell.value, None
    value = clean_text(cell.value)
    if cell.kind == "b":
        return {"1": "TRUE", "0": "FALSE"}.get(value, value), None
    if cell.kind != "n" or not value:
        return value, None
    text = clean_text(show_number(value, style.code, from_1904=book.from_1904))
    return text, value if text != value else None


def _links(outline: SheetOutline, extras: SheetExtras) -> dict[tuple[int, int], str]:
    """Where cells lead, by their place: of a link over a range, its first cell."""
    found: dict[tuple[int, int], str] = {}
    for link in outline.links:
        area = parse_range(link.reference)
        target = extras.target(link.relation) or ""
        place = f"#{link.location}" if link.location else ""
        if area is not None and target + place:
            found[area[0], area[1]] = target + place
    return found


def _hidden_columns(outline: SheetOutline) -> set[int]:
    found: set[int] = set()
    for first, last in outline.hidden_columns:
        found.update(range(max(0, first), min(last, MOST_COLUMNS - 1) + 1))
    return found
