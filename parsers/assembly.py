"""Drafts become the Document: canonical text, offsets, regions, ids, section paths."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from parsers.drafts import Draft, make_drafts
from parsers.line_boxes import union
from parsers.model import (
    FURNITURE,
    Box,
    Cell,
    Element,
    ElementKind,
    ImageReference,
    Link,
    Page,
    Region,
    Role,
    Table,
    TextSource,
)
from parsers.reading import CellReading, FigureReading, LinkReading, PageReading, TableReading, TypedText
from parsers.turning import Turned, turn_back, turned_size

_SEPARATOR = "\n\n"
_SECTIONS = frozenset({ElementKind.TITLE, ElementKind.HEADING})


def assemble_elements(pages: Sequence[PageReading], parse_id: str) -> tuple[str, tuple[Element, ...], dict[str, bytes]]:
    """The canonical text, its elements, and their pictures by SHA-256; `pages` are those that were read. Pure."""
    drafts = make_drafts(pages)
    builder = _Builder(parse_id, {draft.name: place for place, draft in enumerate(drafts) if draft.name is not None})
    drafts.reverse()
    while drafts:  # each is let go as its element is made: of thousands of pages, only one of the two fits
        builder.add(drafts.pop())
    turned = {
        page.number: Turned(width=page.width, height=page.height, quarter_turns=page.quarter_turns, skew=page.skew)
        for page in pages
        if page.quarter_turns or page.skew
    }
    return builder.text, turn_back(builder.elements, turned), builder.images


def element_id(parse_id: str, ordinal: int) -> str:
    """`el_` and 20 hexadecimal digits, from the parse and the element's place in it."""
    return "el_" + hashlib.sha256(f"{parse_id}\0{ordinal}".encode()).hexdigest()[:20]


def model_page(reading: PageReading) -> Page:
    """The page as the Document keeps it."""
    source = TextSource.NONE if reading.failed else reading.text_source
    width, height = turned_size(reading.width, reading.height, reading.quarter_turns)
    return Page(
        number=reading.number,
        width=width,
        height=height,
        rotation=reading.rotation,
        text_source=source,
        name=reading.name,
    )


class _Builder:
    """Appends elements to the canonical text, and keeps the headings above the next one.

    `places` says which element each named table and figure becomes, for captions that come before theirs.
    """

    def __init__(self, parse_id: str, places: Mapping[tuple[int, int], int]) -> None:
        self.elements: list[Element] = []
        self.images: dict[str, bytes] = {}
        self._parse_id = parse_id
        self._places = places
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[tuple[int, str, str]] = []  # level, text, element id

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, draft: Draft) -> None:
        identity = element_id(self._parse_id, len(self.elements))
        start = self._length + (len(_SEPARATOR) if self._length else 0)
        table: Table | None = None
        if draft.tables:
            text, table, regions = _table_text(draft.tables, start)
        elif draft.typed is not None:
            text, regions = _typed_text(draft.typed, draft.page, start)
        elif draft.figure is not None:
            start = start if draft.figure.lines or draft.figure.alt else self._length
            text, regions = _figure_text(draft, draft.figure, start)
        else:
            text, regions = _line_text(draft, start)
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
            parent=None if furniture else self._parent(draft),
            table=table,
            role=_role(draft),
            flags=draft.flags,
            links=_links(draft, table, start),
            image=self._keep_image(draft.figure),
            derivation=draft.derivation,
        )
        self._append(element)
        if draft.kind in _SECTIONS and level is not None:
            self._sections.append((level, " ".join(text.split()), identity))

    def _parent(self, draft: Draft) -> str | None:
        """The table or figure of a caption, or else the heading above."""
        place = None if draft.caption_of is None else self._places.get(draft.caption_of)
        if place is not None:
            return element_id(self._parse_id, place)
        return self._sections[-1][2] if self._sections else None

    def _keep_image(self, figure: FigureReading | None) -> ImageReference | None:
        if figure is None or figure.image is None:
            return None
        image = figure.image
        sha256 = image.sha256
        if sha256 is None:
            sha256 = hashlib.sha256(image.data).hexdigest()
            self.images[sha256] = image.data
        return ImageReference(sha256=sha256, media_type=image.media_type, width=image.width, height=image.height)

    def _append(self, element: Element) -> None:
        if element.text:
            if self._length:
                self._parts.append(_SEPARATOR)
            self._parts.append(element.text)
            self._length = element.end
        self.elements.append(element)


def _role(draft: Draft) -> Role | None:
    if draft.typed is not None:
        return draft.typed.role
    return Role.ALT_TEXT if draft.figure is not None and draft.figure.alt and not draft.figure.lines else None


def _links(draft: Draft, table: Table | None, start: int) -> tuple[Link, ...]:
    if draft.typed is not None:
        return _moved(draft.typed.links, start)
    if table is None:
        return ()
    readings = {(row, cell.column): cell.links for row, cell in _cells_of(draft.tables) if cell.links}
    placed = (cell for cell in table.cells if (cell.row, cell.column) in readings)
    return tuple(link for cell in placed for link in _moved(readings[cell.row, cell.column], cell.start))


def _cells_of(parts: Sequence[tuple[int, TableReading]]) -> Iterator[tuple[int, CellReading]]:
    """The cells of a table with their rows in it."""
    first_row = 0
    for _, part in parts:
        for cell in part.cells:
            yield first_row + cell.row, cell
        first_row += part.rows


def _moved(links: Sequence[LinkReading], start: int) -> tuple[Link, ...]:
    return tuple(Link(start=start + link.start, end=start + link.end, target=link.target) for link in links)


def _typed_text(typed: TypedText, page: int, start: int) -> tuple[str, tuple[Region, ...]]:
    region = Region(page=page, bbox=typed.bbox, boxes=(), start=start, end=start + len(typed.text))
    return typed.text, (region,)


def _figure_text(draft: Draft, figure: FigureReading, start: int) -> tuple[str, tuple[Region, ...]]:
    """The printed labels, or else what the file says the picture shows."""
    lines = figure.lines
    text = "\n".join(line.text for line in lines) if lines else figure.alt
    boxes = tuple(line.bbox for line in lines)
    return text, (Region(page=draft.page, bbox=figure.bbox, boxes=boxes, start=start, end=start + len(text)),)


def _line_text(draft: Draft, start: int) -> tuple[str, tuple[Region, ...]]:
    """Lines joined by a newline; one region per run."""
    texts: list[str] = []
    regions: list[Region] = []
    position = start
    for page, run in zip(draft.run_pages, draft.runs, strict=True):
        text = "\n".join(line.text for line in run)
        boxes = tuple(line.bbox for line in run)
        regions.append(Region(page=page, bbox=union(boxes), boxes=boxes, start=position, end=position + len(text)))
        texts.append(text)
        position += len(text) + 1
    return "\n".join(texts), tuple(regions)


def _table_text(parts: Sequence[tuple[int, TableReading]], start: int) -> tuple[str, Table, tuple[Region, ...]]:
    """Cells of a row joined by a tab, rows by a newline; a cell's text stands where the cell begins.

    `parts` are the pages of the table and what stands on each, already with the same columns; one region each.
    """
    columns = max(table.columns for _, table in parts)
    texts: list[str] = []
    cells: list[Cell] = []
    regions: list[Region] = []
    position, first_row = start, 0
    for page, table in parts:
        text, boxes = _part_text(table, columns, page, position, first_row, cells)
        regions.append(Region(page=page, bbox=table.bbox, boxes=boxes, start=position, end=position + len(text)))
        texts.append(text)
        position += len(text) + 1
        first_row += table.rows
    names = parts[0][1].column_names
    joined = Table(rows=first_row, columns=columns, cells=tuple(cells), column_names=names)
    return "\n".join(texts), joined, tuple(regions)


def _part_text(
    table: TableReading, columns: int, page: int, position: int, first_row: int, cells: list[Cell]
) -> tuple[str, tuple[Box, ...]]:
    by_place = {(cell.row, cell.column): cell for cell in table.cells}
    rows: list[str] = []
    boxes: list[Box] = []
    placed = table.bbox is not None and any(cell.bbox is not None for cell in table.cells)
    for row in range(table.rows):
        texts: list[str] = []
        places: list[Box] = []
        for column in range(columns):
            reading = by_place.get((row, column))
            texts.append(reading.text if reading else "")
            if reading is not None:
                cells.append(_cell(reading, page, position, first_row))
                if reading.bbox is not None and reading.text:
                    places.append(reading.bbox)
            position += len(texts[-1]) + 1
        rows.append("\t".join(texts))
        if placed and table.bbox is not None:
            boxes.append(union(places) if places else _empty_row(table.bbox, boxes))
    return "\n".join(rows), tuple(boxes)


def _cell(reading: CellReading, page: int, start: int, first_row: int) -> Cell:
    return Cell(
        row=first_row + reading.row,
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
        address=reading.address,
        formula=reading.formula,
        value=reading.value,
    )


def _empty_row(table: Box, above: Sequence[Box]) -> Box:
    """A box without height for a row without text, below the row above."""
    height = above[-1][3] if above else table[1]
    return (table[0], height, table[2], height)
