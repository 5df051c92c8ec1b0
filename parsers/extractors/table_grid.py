"""Tables from words and drawn lines alone: no layout model, no rendering."""

from __future__ import annotations

from parsers.content import PageContent
from parsers.extractors.base import ExtractedTable, Extraction, PageRegion
from parsers.extractors.table_cells import GridCell, to_reading
from parsers.extractors.table_lattice import cells_of, find_lattices
from parsers.line_boxes import Neighbourhood, union


class TableGridExtractor:
    """Finds tables by their drawn grid, or by numbers and words that stand in columns."""

    name = "table_grid"
    version = "1"
    price = 0.01

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        """Find the tables of a page whose centre lies in `region`."""
        left, top, right, bottom = region.bbox
        tables = tuple(
            table
            for table in find_tables(page)
            if left <= (table.bbox[0] + table.bbox[2]) / 2 <= right
            and top <= (table.bbox[1] + table.bbox[3]) / 2 <= bottom
        )
        return Extraction(tables=tables, confidence=max((table.confidence for table in tables), default=0.0))


def find_tables(page: PageContent) -> list[ExtractedTable]:
    """Propose tables, from top to bottom; no two share a word."""
    neighbourhood = Neighbourhood(word.bbox for word in page.words)
    found = []
    for lattice in find_lattices(page.rulings):
        cells = cells_of(lattice, page.words)
        filled = sum(1 for cell in cells if cell.words)
        columns = {cell.column for cell in cells if cell.words}
        rows = {cell.row for cell in cells if cell.words}
        if filled >= 4 and len(columns) >= 2 and len(rows) >= 2:
            found.append(_extracted(cells, neighbourhood, confidence=round(filled / len(cells), 3)))
    return found


def _extracted(cells: list[GridCell], neighbourhood: Neighbourhood, *, confidence: float) -> ExtractedTable:
    words = tuple(word for cell in cells for word in cell.words)
    return ExtractedTable(
        bbox=union(word.bbox for word in words),
        rows=max(cell.row + cell.row_span for cell in cells),
        columns=max(cell.column + cell.column_span for cell in cells),
        cells=tuple(to_reading(cell, neighbourhood) for cell in cells),
        words=words,
        confidence=confidence,
    )
