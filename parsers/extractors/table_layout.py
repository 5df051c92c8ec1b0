"""Tables where a layout model sees them, in the columns that it sees; rows, spans and headings from the words."""

from __future__ import annotations

from itertools import pairwise

from parsers import prices
from parsers.content import PageContent
from parsers.extractors.base import ExtractedTable, Extraction, PageRegion
from parsers.extractors.table_columns import Columns
from parsers.extractors.table_grid import framed_table
from parsers.extractors.table_places import in_box
from parsers.extractors.table_rows import rows_of
from parsers.layout import LayoutKind, LayoutRegion

# Words may stand this far (points) over the edge of a column that the model gives.
_OVER_EDGE = 1.0


class TableLayoutExtractor:
    """Reads each table region of the layout as one table. Needs the layout; without one it proposes nothing."""

    name = "table_layout"
    version = "1"
    price = prices.TABLE_GRID

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        seen = region.layout.regions if region.layout is not None else ()
        tables = tuple(
            table for place in seen if place.kind is LayoutKind.TABLE and place.columns for table in _read(page, place)
        )
        return Extraction(tables=tables, confidence=max((table.confidence for table in tables), default=0.0))


def _read(page: PageContent, place: LayoutRegion) -> list[ExtractedTable]:
    inside = in_box(page, place.bbox)
    return framed_table(inside, _columns(inside, place)) if inside.lines else []


def _columns(page: PageContent, place: LayoutRegion) -> Columns:
    """The columns between the model's lines, each as wide as the text that stands in it alone."""
    segments = [segment for row in rows_of(page.lines, lambda _: True) for segment in row.segments]
    edges = (place.bbox[0] - _OVER_EDGE, *place.columns, place.bbox[2] + _OVER_EDGE)
    extents = []
    for left, right in pairwise(edges):
        own = [s for s in segments if left - _OVER_EDGE <= s.left and s.right <= right + _OVER_EDGE]
        extents.append((min(s.left for s in own), max(s.right for s in own)) if own else (left, right))
    return Columns(extents=extents)
