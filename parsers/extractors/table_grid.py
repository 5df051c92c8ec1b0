"""Tables from words and drawn lines alone: no layout model, no rendering.

Drawn grids come first (`table_lattice`), then what stands between rules of one width, then figures in columns
(`table_regions`); the white space gives the columns that no line draws (`table_columns`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from parsers.content import PageContent, Word
from parsers.extractors.base import ExtractedTable, Extraction, PageRegion
from parsers.extractors.table_cells import GridCell, to_reading, without_empty_tracks
from parsers.extractors.table_columns import (
    Columns,
    infer_columns,
    merge_rows,
    place_rows,
    span_part_headings,
    to_cells,
)
from parsers.extractors.table_heading_cells import arrange_headings
from parsers.extractors.table_headings import (
    Region,
    divided,
    headed_by_rule,
    heads_a_body,
    trimmed,
    with_header,
    with_totals,
)
from parsers.extractors.table_lattice import Lattice, Line, cells_of, find_lattices, join_rules
from parsers.extractors.table_places import breaks_inside, with_words, without_other_regions
from parsers.extractors.table_quality import confidence_of, mark_headers
from parsers.extractors.table_regions import framed_regions, value_regions
from parsers.extractors.table_rows import Segment, TextRow, rows_of
from parsers.layout import Layout
from parsers.line_boxes import Neighbourhood, union
from parsers.model import Box

_LEAST_CONFIDENCE = 0.2
_POOR_SHARE = 0.2
_TORN_SHARE = 0.03
_BESIDE_SHARE = 0.4
_WIDE_GAP = 1.5
# Sides of a stroked grid and of the filled areas inside it differ by no more than this (points).
_SAME_FRAME = 6.0


class TableGridExtractor:
    """Finds tables by their drawn grid, their rules, or by figures that stand in columns."""

    name = "table_grid"
    version = "1"
    price = 0.01

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        """Propose the tables of a page whose middle lies in `region`. What a layout model calls text is no table."""
        left, top, right, bottom = region.bbox
        found = find_tables(page) if region.layout is None else _between_texts(page, region.layout)
        tables = tuple(
            table
            for table in found
            if left <= (table.bbox[0] + table.bbox[2]) / 2 <= right
            and top <= (table.bbox[1] + table.bbox[3]) / 2 <= bottom
        )
        return Extraction(tables=tables, confidence=max((table.confidence for table in tables), default=0.0))


def find_tables(page: PageContent) -> list[ExtractedTable]:
    """Propose tables, from top to bottom; no two share a word. Confidence is 0 to 1, see `table_quality`."""
    return _Finder(page).run()


def _between_texts(page: PageContent, layout: Layout) -> list[ExtractedTable]:
    """The tables made of the words that the layout model counts to tables, none on both sides of a text it sees."""
    page = without_other_regions(page, layout)
    tables: list[ExtractedTable] = []
    for table in find_tables(page):
        breaks = breaks_inside(page, layout, table.bbox, table.words)
        if not breaks:
            tables.append(table)
            continue
        for top, bottom in pairwise([float("-inf"), *breaks, float("inf")]):
            part = {id(word): word for word in table.words if top <= (word.bbox[1] + word.bbox[3]) / 2 < bottom}
            tables += find_tables(with_words(page, partial(_is_among, part)))
    return tables


def _is_among(words: Mapping[int, Word], word: Word) -> bool:
    return id(word) in words


def framed_table(page: PageContent, columns: Columns | None = None) -> list[ExtractedTable]:
    """All words of `page` as one table, if it looks like one at all; `columns` where they are known."""
    finder = _Finder(page)
    finder.take_all(columns)
    return finder.tables


class _Finder:
    """The words of one page that no table has taken yet, and the tables so far."""

    def __init__(self, page: PageContent) -> None:
        self._page = page
        self._rules = join_rules(page.rulings)
        self._taken: set[int] = set()
        self._neighbourhood = Neighbourhood(word.bbox for word in page.words)
        self.tables: list[ExtractedTable] = []
        self._free_rows: tuple[int, list[TextRow]] = (-1, [])

    def run(self) -> list[ExtractedTable]:
        everything = find_lattices(self._page.rulings)
        stroked = find_lattices([rule for rule in self._page.rulings if not rule.edge])
        # A word processor fills the ground of each printed line: where lines draw the grid, filled areas say nothing.
        for lattice in [grid for grid in stroked if _draws_all(grid, everything)] + everything:
            if len(lattice.xs) > 2 and len(lattice.ys) > 2:
                self._take_lattice(lattice, repair=False)
        # Sides of filled areas are no lines to repair a grid with: shading stops where a row is not shaded.
        for lattice in stroked:
            self._take_lattice(lattice, repair=True)
        for region, extent in framed_regions(self._rows(), self._rules):
            left, right = extent
            inside = {id(w) for row in region.rows for w in row.words if left <= (w.bbox[0] + w.bbox[2]) / 2 <= right}
            rows = self._rows_in((left, region.rows[0].top, right, region.rows[-1].bottom), inside)
            self._take_framed([row for row in rows if self._free(row)])
        for region in value_regions(self._rows()):
            self._take_region(region)
        return sorted(self.tables, key=lambda table: (table.bbox[1], table.bbox[0]))

    def take_all(self, columns: Columns | None) -> None:
        self._take_region(with_header(Region(rows=list(self._rows()), framed=True), ()), columns=columns)

    def _rows(self) -> list[TextRow]:
        """The rows of the words not taken yet."""
        if self._free_rows[0] != len(self._taken):
            rows = rows_of(self._page.lines, lambda word: id(word) not in self._taken)
            self._free_rows = (len(self._taken), rows)
        return self._free_rows[1]

    def _goes_on_beside(self, lattice: Lattice) -> bool:
        """Whether it has no labels, and its rows go on beside it: shading of the columns of a wider table."""
        left, top, right, bottom = lattice.bbox
        level = [row for row in self._rows() if top <= row.middle <= bottom]
        beside = sum(1 for row in level if any(s.right < left or (s.value and s.left > right) for s in row.segments))
        firsts = [next((s for s in row.segments if left <= s.middle <= right), None) for row in level]
        labels = sum(1 for first in firsts if first is not None and not first.value)
        return beside >= _BESIDE_SHARE * max(1, len(level)) and labels < _BESIDE_SHARE * len(level)

    def _rows_in(self, box: Box, inside: Container[int]) -> list[TextRow]:
        """The rows of the words whose identity is `inside`; `box` saves looking at lines that have none of them."""
        left, top, right, bottom = box
        lines = [
            line
            for line in self._page.lines
            if line.bbox[1] <= bottom and line.bbox[3] >= top and line.bbox[0] <= right and line.bbox[2] >= left
        ]
        return rows_of(lines, lambda word: id(word) in inside)

    def _free(self, row: TextRow) -> bool:
        return not any(id(word) in self._taken for word in row.words)

    def _take_lattice(self, lattice: Lattice, *, repair: bool) -> None:
        """Take a drawn grid as it is, or with `repair` the region it encloses when its lines don't divide all cells."""
        left, top, right, bottom = lattice.bbox
        words = [
            word
            for word in self._page.words
            if word.bbox[0] < right
            and word.bbox[2] > left
            and word.bbox[1] < bottom
            and word.bbox[3] > top
            and id(word) not in self._taken
        ]
        cells = cells_of(lattice, words)
        inside = {id(word) for cell in cells for word in cell.words}
        held = [word for word in words if id(word) in inside]
        if not inside or heads_a_body(lattice.ys[-1], held, self._rows()):
            return
        rows = self._rows_in(lattice.bbox, inside)
        if not repair and self._goes_on_beside(lattice):
            return
        cells = split_spanning(cells, rows, lattice.xs)
        columns_missing = len(lattice.xs) == 2 or _columns_missing(cells, rows)
        rows_missing = _rows_missing(cells, rows)
        if not (columns_missing or rows_missing):
            self._propose(mark_headers(without_empty_tracks(cells)), drawn=True)
        elif repair and (len(lattice.ys) > 3 or len(lattice.xs) > 2):
            columns = None if columns_missing else Columns(extents=list(pairwise(lattice.xs)))
            self._take_framed(rows, rules=lattice.across, columns=columns)

    def _take_framed(
        self, rows: Sequence[TextRow], *, rules: Sequence[Line] | None = None, columns: Columns | None = None
    ) -> None:
        """Take what rules enclose: one table, or several if headings in between say so."""
        for part in divided(rows) if columns is None else [list(rows)]:
            region = Region(rows=trimmed(part) if columns is None else part, framed=True)
            if region.rows:
                around = self._rows()
                self._take_region(with_header(with_totals(region, around), around), rules=rules, columns=columns)

    def _take_region(
        self, region: Region, *, rules: Sequence[Line] | None = None, columns: Columns | None = None
    ) -> None:
        if not region.rows:
            return
        rules = self._rules if rules is None else rules
        region = headed_by_rule(region, rules)
        columns = columns or infer_columns(region.rows[region.header_rows :])
        if columns is None:
            return
        placed = place_rows(region, columns)
        headings = arrange_headings(placed[: region.header_rows], columns, rules)
        body = merge_rows(placed[region.header_rows :], columns, rules)
        span_part_headings(body, columns)
        merged = [*headings, *body]
        self._propose(mark_headers(to_cells(merged, columns)), drawn=False, framed=region.framed)

    def _propose(self, cells: Sequence[GridCell], *, drawn: bool, framed: bool = False) -> None:
        confidence = confidence_of(cells, drawn=drawn, framed=framed)
        if confidence < _LEAST_CONFIDENCE:
            return
        words: tuple[Word, ...] = tuple(word for cell in cells for word in cell.words)
        self._taken.update(id(word) for word in words)
        self.tables.append(
            ExtractedTable(
                bbox=union(word.bbox for word in words),
                rows=max(cell.row + cell.row_span for cell in cells),
                columns=max(cell.column + cell.column_span for cell in cells),
                cells=tuple(to_reading(cell, self._neighbourhood) for cell in cells),
                words=words,
                confidence=confidence,
            )
        )


def _draws_all(stroked: Lattice, everything: Sequence[Lattice]) -> bool:
    """Whether a grid of stroked lines reaches as far as the grid that filled areas help to draw."""
    left, top, right, bottom = stroked.bbox
    return any(
        left <= (grid.bbox[0] + grid.bbox[2]) / 2 <= right
        and top <= (grid.bbox[1] + grid.bbox[3]) / 2 <= bottom
        and max(left - grid.bbox[0], top - grid.bbox[1], grid.bbox[2] - right, grid.bbox[3] - bottom) <= _SAME_FRAME
        for grid in everything
    )


def split_spanning(cells: Sequence[GridCell], rows: Sequence[TextRow], xs: Sequence[float]) -> list[GridCell]:
    """Divide a cell over several columns that holds a segment in each of at least two: its lines were not drawn."""
    segments: dict[int, list[Segment]] = {}
    owner = {id(word): number for number, cell in enumerate(cells) for word in cell.words}
    for row in rows:
        for segment in row.segments:
            segments.setdefault(owner[id(segment.words[0])], []).append(segment)
    divided: list[GridCell] = []
    for number, cell in enumerate(cells):
        held = segments.get(number, [])
        columns = [bisect_right(xs, segment.middle) - 1 for segment in held]
        own = range(cell.column, cell.column + cell.column_span)
        one_each = len(set(columns)) >= max(2, len(held)) and all(column in own for column in columns)
        if not one_each or not any(part.value for part in held):
            divided.append(cell)
            continue
        for column in own:
            words = tuple(w for part, at in zip(held, columns, strict=True) if at == column for w in part.words)
            divided.append(replace(cell, column=column, column_span=1, words=words))
    return divided


def _columns_missing(cells: Sequence[GridCell], rows: Sequence[TextRow]) -> bool:
    """Whether the grid's columns are not the table's: several figures in a cell, or a currency sign alone in one."""
    owner = {id(word): number for number, cell in enumerate(cells) for word in cell.words}
    crowded = {
        owner[id(left.words[-1])]
        for row in rows
        for left, right in pairwise(row.segments)
        if right.left - left.right > _WIDE_GAP * row.size
        and owner[id(left.words[-1])] == owner[id(right.words[0])]
        and (left.value or right.value)
    }
    torn = {
        owner[id(segment.words[0])]
        for row in rows
        for segment in row.segments
        if segment.value and len({owner[id(word)] for word in segment.words}) > 1
    }
    filled = sum(1 for cell in cells if cell.words)
    return len(crowded) > _POOR_SHARE * filled or len(torn) > _TORN_SHARE * filled


def _rows_missing(cells: Sequence[GridCell], rows: Sequence[TextRow]) -> bool:
    """Whether cells of the grid hold several rows: figures under each other."""
    owner = {id(word): number for number, cell in enumerate(cells) for word in cell.words}
    figures: dict[int, int] = {}
    for row in rows:
        for segment in row.segments:
            if segment.value:
                number = owner[id(segment.words[0])]
                figures[number] = figures.get(number, 0) + 1
    stacked = sum(1 for count in figures.values() if count > 1)
    return stacked > _POOR_SHARE * sum(1 for cell in cells if cell.words)
