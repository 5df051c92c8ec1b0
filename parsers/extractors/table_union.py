"""PyMuPDF's fusion of the layout model's grids with drawn ones; of its result the places of the cells are taken.

The text of its cells is garbled where characters stand close, so each cell gets the page's own words that stand in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parsers import prices
from parsers.backends.mupdf import pymupdf
from parsers.content import PageContent, Word
from parsers.extractors.base import ExtractedTable, Extraction, PageRegion
from parsers.extractors.table_cells import GridCell, to_reading, without_empty_tracks
from parsers.extractors.table_quality import confidence_of
from parsers.layout import Layout, LayoutKind, LayoutRegion
from parsers.line_boxes import Neighbourhood, union

_USED = (LayoutKind.TABLE, LayoutKind.PICTURE)


class _Nowhere:
    """Takes what PyMuPDF has to say about errors, which may quote the document, instead of standard output."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


pymupdf.set_messages(stream=_Nowhere())


@dataclass(frozen=True, slots=True, kw_only=True)
class _GridLines:
    """The lines that part a table, from its upper left corner, under the names that PyMuPDF looks for."""

    h_lines: tuple[float, ...]
    v_lines: tuple[float, ...]


class TableUnionExtractor:
    """Asks PyMuPDF, with the layout of the page. Needs both, and proposes nothing for a page that is turned."""

    name = "pymupdf_union"
    version = "1"
    price = prices.TABLE_UNION

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        native = page.source.native if page.source is not None else None
        if native is None or region.layout is None or native.rotation:
            return Extraction(confidence=0.0)
        tables = tuple(_read(page, native, region.layout))
        return Extraction(tables=tables, confidence=max((table.confidence for table in tables), default=0.0))


def _read(page: PageContent, native: Any, layout: Layout) -> list[ExtractedTable]:
    native.layout_information = [_raw(region) for region in layout.regions if region.kind in _USED]
    try:
        found = native.find_tables(union=True, refine=True)
    finally:
        native.layout_information = None
    neighbourhood = Neighbourhood(word.bbox for word in page.words)
    taken: set[int] = set()
    tables = [_table(page, table.placements or [], taken, neighbourhood) for table in (found.tables if found else [])]
    return [table for table in tables if table is not None]


def _raw(region: LayoutRegion) -> dict[str, Any]:
    left, top = region.bbox[:2]
    lines = _GridLines(
        h_lines=tuple(place - top for place in region.rows), v_lines=tuple(place - left for place in region.columns)
    )
    grid = lines if region.rows or region.columns else None
    return {"group_bbox": list(region.bbox), "class_name": region.kind.value, "table_grid": grid}


def _table(
    page: PageContent, placements: Sequence[Sequence[Any]], taken: set[int], neighbourhood: Neighbourhood
) -> ExtractedTable | None:
    cells: list[GridCell] = []
    covered: set[tuple[int, int]] = set()
    for row, placed in enumerate(placements):
        column = 0
        for cell in placed:
            while (row, column) in covered:
                column += 1
            covered.update((row + r, column + c) for r in range(cell.rowspan) for c in range(cell.colspan))
            words = _words_in(page, cell.bbox, taken) if cell.bbox else ()
            cells.append(
                GridCell(
                    row=row,
                    column=column,
                    row_span=cell.rowspan,
                    column_span=cell.colspan,
                    header=cell.tag == "th",
                    words=words,
                )
            )
            column += cell.colspan
    words = tuple(word for cell in cells for word in cell.words)
    if not words:
        return None
    cells = without_empty_tracks(cells)
    return ExtractedTable(
        bbox=union(word.bbox for word in words),
        rows=max(cell.row + cell.row_span for cell in cells),
        columns=max(cell.column + cell.column_span for cell in cells),
        cells=tuple(to_reading(cell, neighbourhood) for cell in cells),
        words=words,
        confidence=confidence_of(cells, drawn=False, framed=True),
    )


def _words_in(page: PageContent, box: Sequence[float], taken: set[int]) -> tuple[Word, ...]:
    words = tuple(
        word
        for word in page.words
        if id(word) not in taken
        and box[0] <= (word.bbox[0] + word.bbox[2]) / 2 < box[2]
        and box[1] <= (word.bbox[1] + word.bbox[3]) / 2 < box[3]
    )
    taken.update(id(word) for word in words)
    return words
