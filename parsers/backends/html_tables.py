"""Tables of HTML: the grid with its spans, told apart from tables that only lay out a page.

Pages, mails and filings use `table` for columns, bullets and spacing. What is a table of data is told from its own
words (`th`, `caption`, `role`) and else from its shape: more than one row and column, and short cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from parsers.backends.html_grid import GridCell, compact, mark_headers, place
from parsers.model import Derivation, ElementKind, Flag
from parsers.plain_text import clean_text
from parsers.reading import Block, CellReading, FigureReading, LinkReading, TableReading, TypedText

_PRESENTATION = frozenset({"presentation", "none"})
_LONG_CELL = 600
_SHORT_ROW = 120
_MOST_NESTING = 1 / 3  # of the cells of a table of data hold a table in turn
_MOST_SLOTS = 4_000_000
_MARKER = re.compile(r"[•●▪■◦○‣▸►➢✓❖∙·\uf0b7\uf0a7o*–—☐☑☒-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]|\*{1,3}|[†‡§¶]")
_STRUCTURED = frozenset({ElementKind.HEADING, ElementKind.TITLE, ElementKind.CODE})


@dataclass(slots=True, kw_only=True)
class CellContent:
    """A cell as it stands in the source; `blocks` are what it holds, `bold` whether all its text is."""

    attributes: Mapping[str, str]
    header: bool
    blocks: list[Block] = field(default_factory=list)
    bold: bool = False


@dataclass(slots=True, kw_only=True)
class TableContent:
    """A table while it is read. `hidden`: the page does not show it."""

    attributes: Mapping[str, str]
    hidden: bool
    rows: list[list[CellContent]] = field(default_factory=list)
    in_head: bool = False

    def open_part(self, tag: str) -> None:
        if tag == "tr":
            self.rows.append([])
        else:
            self.in_head = tag == "thead"

    def close_part(self, tag: str) -> None:
        if tag == "thead":
            self.in_head = False

    def add(self, attributes: Mapping[str, str], *, header: bool) -> None:
        if not self.rows:
            self.rows.append([])
        self.rows[-1].append(CellContent(attributes=attributes, header=header or self.in_head))

    def end_cell(self, blocks: list[Block], *, bold: bool) -> None:
        cell = self.rows[-1][-1]
        cell.blocks, cell.bold = blocks, bold


def blocks_of_table(table: TableContent, derivation: Derivation) -> list[Block]:
    """The table as a table, as list items where it only sets bullets apart, or as what its cells hold in turn."""
    cells = place(table.rows, lambda cell: _flat_text(cell.blocks, hidden=table.hidden))
    filled = [cell for cell in cells if cell.text]
    if not filled:
        return [block for row in table.rows for cell in row for block in cell.blocks]
    if not _says_layout(table):
        if not _says_data(table):
            items = _bullets(cells, derivation)
            if items:
                return items
        if _says_data(table) or _looks_like_data(filled):
            reading = _reading(cells, table, derivation)
            if reading.rows * reading.columns <= _MOST_SLOTS:
                return [Block(table=reading), *_beside(table)]
    return [block for row in table.rows for cell in row for block in cell.blocks]


def _says_layout(table: TableContent) -> bool:
    return table.attributes.get("role", "") in _PRESENTATION


def _says_data(table: TableContent) -> bool:
    if table.attributes.get("role") in ("table", "grid", "treegrid") or table.attributes.get("summary"):
        return True
    headers = [cell for row in table.rows for cell in row if cell.header]
    everything = sum(len(row) for row in table.rows)
    return bool(headers) and everything > 1 and not any(_holds_structure(cell) for row in table.rows for cell in row)


def _holds_structure(cell: CellContent) -> bool:
    """A heading or code among other things: a part of a page, and not the value of a cell."""
    structured = any(block.typed is not None and block.typed.kind in _STRUCTURED for block in cell.blocks)
    return structured and len(cell.blocks) > 2


def _holds_table(cell: CellContent) -> bool:
    return any(block.table is not None for block in cell.blocks)


def _looks_like_data(filled: Sequence[GridCell[CellContent]]) -> bool:
    rows, columns = {cell.row for cell in filled}, {cell.column for cell in filled}
    if len(columns) < 2:
        return False
    if any(_holds_structure(cell.source) for cell in filled):
        return False
    nesting = sum(_holds_table(cell.source) for cell in filled)
    if nesting > _MOST_NESTING * len(filled):
        return False
    if len(rows) < 2:
        return sum(len(cell.text) for cell in filled) <= _SHORT_ROW and len(filled) > 2
    return max(len(cell.text) for cell in filled) <= _LONG_CELL or len(rows) > 4


def _bullets(cells: Sequence[GridCell[CellContent]], derivation: Derivation) -> list[Block]:
    """Rows that are each a bullet or number and its text: list items, as filings set them. Else nothing."""
    rows: dict[int, list[GridCell[CellContent]]] = {}
    for cell in cells:
        if cell.text:
            rows.setdefault(cell.row, []).append(cell)
    if not all(len(row) == 2 and _MARKER.fullmatch(row[0].text) and len(row[1].text) > 1 for row in rows.values()):
        return []
    items: list[Block] = []
    for row in rows.values():
        marker, text = row[0].text, row[1].text
        links = _shifted(_links(row[1].source.blocks), len(marker) + 1)
        item = TypedText(
            kind=ElementKind.LIST_ITEM, text=f"{marker} {text}", level=0, links=links, derivation=derivation
        )
        items.append(Block(typed=item))
        items += [block for cell in row for block in cell.source.blocks if _is_beside(block)]
    return items


def _reading(cells: list[GridCell[CellContent]], table: TableContent, derivation: Derivation) -> TableReading:
    if not any(cell.header for row in table.rows for cell in row):
        cells = mark_headers(compact(cells))
    rows = max(cell.row + cell.row_span for cell in cells)
    columns = max(cell.column + cell.column_span for cell in cells)
    return TableReading(
        bbox=None,
        rows=rows,
        columns=columns,
        cells=tuple(
            CellReading(
                row=cell.row,
                column=cell.column,
                row_span=cell.row_span,
                column_span=cell.column_span,
                header=cell.header,
                text=cell.text,
                bbox=None,
                links=_links(cell.source.blocks, hidden=table.hidden),
            )
            for cell in sorted(cells, key=lambda cell: (cell.row, cell.column))
        ),
        derivation=derivation,
        flags=(Flag.HIDDEN,) if table.hidden else (),
    )


def _beside(table: TableContent) -> Iterator[Block]:
    """What the cells hold that is not part of the table's text: hidden text, and pictures that lie in the file."""
    for row in table.rows:
        for cell in row:
            for block in cell.blocks:
                if _is_beside(block) and not (table.hidden and block.typed is not None):
                    figure = block.figure
                    yield block if figure is None else Block(figure=_without_alt(figure))


def _is_beside(block: Block) -> bool:
    if block.typed is not None:
        return bool(block.typed.flags)
    return block.figure is not None and block.figure.image is not None


def _without_alt(figure: FigureReading) -> FigureReading:
    return replace(figure, alt="")


def _flat_text(blocks: Sequence[Block], *, hidden: bool) -> str:
    """What a cell holds, on one line."""
    return " ".join(text for block in blocks if (text := _text_of(block, hidden=hidden)))


def _text_of(block: Block, *, hidden: bool) -> str:
    if block.typed is not None:
        return "" if block.typed.flags and not hidden else _on_one_line(block.typed)
    if block.table is not None:
        return " ".join(cell.text for cell in block.table.cells if cell.text)
    return block.figure.alt if block.figure is not None else ""


def _on_one_line(typed: TypedText) -> str:
    return clean_text(typed.text) if typed.kind is ElementKind.CODE else typed.text.replace("\n", " ")


def _links(blocks: Sequence[Block], *, hidden: bool = False) -> tuple[LinkReading, ...]:
    """The links of a cell at their places in its flat text, in which a line break is a blank."""
    links: list[LinkReading] = []
    position = 0
    for block in blocks:
        text = _text_of(block, hidden=hidden)
        if text and block.typed is not None:
            links += _shifted(block.typed.links, position)
        position += len(text) + 1 if text else 0
    return tuple(links)


def _shifted(links: Sequence[LinkReading], by: int) -> tuple[LinkReading, ...]:
    return tuple(LinkReading(start=link.start + by, end=link.end + by, target=link.target) for link in links)
