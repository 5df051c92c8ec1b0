"""Drafts become the Document: canonical text, offsets, regions, ids, section paths."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from parsers.drafts import Draft, make_drafts
from parsers.line_boxes import union
from parsers.model import FURNITURE, Box, Cell, Element, ElementKind, Page, Region, Table, TextSource
from parsers.reading import CellReading, PageReading, TableReading

_SEPARATOR = "\n\n"
_SECTIONS = frozenset({ElementKind.TITLE, ElementKind.HEADING})


def assemble_elements(pages: Sequence[PageReading], parse_id: str) -> tuple[str, tuple[Element, ...]]:
    """The canonical text and its elements; `pages` are those that were read, in order. Pure."""
    builder = _Builder(parse_id)
    for draft in make_drafts(pages):
        builder.add(draft)
    return builder.text, tuple(builder.elements)


def element_id(parse_id: str, ordinal: int) -> str:
    """`el_` and 20 hexadecimal digits, from the parse and the element's place in it."""
    return "el_" + hashlib.sha256(f"{parse_id}\0{ordinal}".encode()).hexdigest()[:20]


def model_page(reading: PageReading) -> Page:
    """The page as the Document keeps it."""
    source = TextSource.NONE if reading.failed else reading.text_source
    return Page(
        number=reading.number,
        width=reading.width,
        height=reading.height,
        rotation=reading.rotation,
        text_source=source,
    )


class _Builder:
    """Appends elements to the canonical text, and keeps the headings above the next one."""

    def __init__(self, parse_id: str) -> None:
        self.elements: list[Element] = []
        self._parse_id = parse_id
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[tuple[int, str, str]] = []  # level, text, element id

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, draft: Draft) -> None:
        identity = element_id(self._parse_id, len(self.elements))
        if draft.figure is not None:
            text, table, regions = "", None, _figure_regions(draft, self._length)
            start = self._length
        else:
            start = self._length + (len(_SEPARATOR) if self._length else 0)
            if draft.table is not None:
                text, table, regions = _table_text(draft.table, draft.page, start)
            else:
                text, regions = _line_text(draft, start)
                table = None
        level = draft.level
        if draft.kind in _SECTIONS and level is not None:
            self._sections = [section for section in self._sections if section[0] < level]
        furniture = draft.kind in FURNITURE
        element = Element(
            id=identity,
            kind=draft.kind,
            page=draft.page,
            bbox=regions[0].bbox,
            regions=regions,
            start=start,
            end=start + len(text),
            text=text,
            section_path=() if furniture else tuple(section[1] for section in self._sections),
            level=level,
            parent=None if furniture or not self._sections else self._sections[-1][2],
            table=table,
            derivation=draft.derivation,
        )
        self._append(element)
        if draft.kind in _SECTIONS and level is not None:
            self._sections.append((level, " ".join(text.split()), identity))

    def _append(self, element: Element) -> None:
        if element.text:
            if self._length:
                self._parts.append(_SEPARATOR)
            self._parts.append(element.text)
            self._length = element.end
        self.elements.append(element)


def _figure_regions(draft: Draft, place: int) -> tuple[Region, ...]:
    return (Region(page=draft.page, bbox=draft.bbox, boxes=(), start=place, end=place),)


def _line_text(draft: Draft, start: int) -> tuple[str, tuple[Region, ...]]:
    """Lines joined by a newline; one region per run."""
    texts: list[str] = []
    regions: list[Region] = []
    position = start
    for run in draft.runs:
        text = "\n".join(line.text for line in run)
        boxes = tuple(line.bbox for line in run)
        regions.append(
            Region(page=draft.page, bbox=union(boxes), boxes=boxes, start=position, end=position + len(text))
        )
        texts.append(text)
        position += len(text) + 1
    return "\n".join(texts), tuple(regions)


def _table_text(table: TableReading, page: int, start: int) -> tuple[str, Table, tuple[Region, ...]]:
    """Cells of a row joined by a tab, rows by a newline; a cell's text stands where the cell begins."""
    by_place = {(cell.row, cell.column): cell for cell in table.cells}
    rows: list[str] = []
    cells: list[Cell] = []
    boxes: list[Box] = []
    position = start
    for row in range(table.rows):
        texts: list[str] = []
        places: list[Box] = []
        for column in range(table.columns):
            reading = by_place.get((row, column))
            texts.append(reading.text if reading else "")
            if reading is not None:
                cells.append(_cell(reading, page, position))
                if reading.bbox is not None and reading.text:
                    places.append(reading.bbox)
            position += len(texts[-1]) + 1
        rows.append("\t".join(texts))
        boxes.append(union(places) if places else _empty_row(table, boxes))
    text = "\n".join(rows)
    region = Region(page=page, bbox=table.bbox, boxes=tuple(boxes), start=start, end=start + len(text))
    return text, Table(rows=table.rows, columns=table.columns, cells=tuple(cells)), (region,)


def _cell(reading: CellReading, page: int, start: int) -> Cell:
    return Cell(
        row=reading.row,
        column=reading.column,
        row_span=reading.row_span,
        column_span=reading.column_span,
        header=reading.header,
        text=reading.text,
        page=page,
        bbox=reading.bbox,
        boxes=reading.boxes,
        start=start,
        end=start + len(reading.text),
    )


def _empty_row(table: TableReading, above: Sequence[Box]) -> Box:
    """A box without height for a row without text, below the row above."""
    height = above[-1][3] if above else table.bbox[1]
    return (table.bbox[0], height, table.bbox[2], height)
