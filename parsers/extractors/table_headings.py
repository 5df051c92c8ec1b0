"""Where a table begins and ends: the headings above its figures, totals and notes below, the next table's heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from parsers.content import Word
from parsers.extractors.table_figures import FigureColumn, extend, first_figure, fits, is_body, only_years, value_edge
from parsers.extractors.table_lattice import Line
from parsers.extractors.table_rows import TextRow
from parsers.extractors.table_values import is_year

# In font sizes: rows further apart are not of one table; rows of a heading stand closer.
LARGEST_GAP = 3.2
_HEADER_GAP = 2.6
_HEADER_ROWS = 12
# More words than this in a row that reaches over the columns are running text.
HEADING_WORDS = 9
# A heading centred over the columns may begin this far (font sizes) before the first figure, a title further left.
_HEADING_OVERHANG = 7.0
# The last label may have this many lines above the one with its figures.
_LABEL_LINES = 2
# A drawn heading may be followed by this many rows less one without figures: "Assets", "Current assets".
_LABELS_BELOW_HEADING = 5
# The title of a table: whatever is printed below it is a table of its own.
_TITLE = re.compile(
    r"(?:table|exhibit|schedule|chart|figure|tabelle|tableau)\s+(?:[A-Z]+-?)?\d+[-.\d]*[a-z]?(?:[.:—–-]|$|\s+\S)", re.I
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(slots=True)
class Region:
    """Rows that may be a table; the first `header_rows` of them are its heading. `framed`: rules enclose them."""

    rows: list[TextRow]
    header_rows: int = 0
    framed: bool = False


def with_header(region: Region, rows: Sequence[TextRow]) -> Region:
    """The region with its heading rows counted, and with those that stand above it among the page's `rows`."""
    first = next((n for n, row in enumerate(region.rows) if is_body(row) and not only_years(row)), None)
    if first is None:
        return Region(rows=[*_first_of_texts(region.rows, rows), *region.rows], framed=region.framed)
    inner = [number for number, row in enumerate(region.rows[:first]) if _stands_over(row, region.rows[first:])]
    if inner:
        return Region(rows=region.rows, header_rows=inner[-1] + 1, framed=region.framed)
    top = region.rows[0].top
    above = [row for row in rows if row.bottom <= top + 1.0]
    header = header_above([*above, region.rows[0]], len(above), 0, region.rows)
    return Region(rows=[*header, *region.rows], header_rows=len(header), framed=region.framed)


def _first_of_texts(inside: Sequence[TextRow], rows: Sequence[TextRow]) -> list[TextRow]:
    """The row right above a table of texts that has a short text over each of its columns, or none."""
    above = [row for row in rows if row.bottom <= inside[0].top + 1.0][-1:]
    return [
        row
        for row in above
        if len(row.segments) == max(len(each.segments) for each in inside) >= 2
        and len(row.words) <= HEADING_WORDS
        and inside[0].top - row.bottom <= _HEADER_GAP * row.size
    ]


def headed_by_rule(region: Region, rules: Sequence[Line]) -> Region:
    """The region without those of its heading rows that are labels below a rule: they head a part of the body."""
    count = region.header_rows
    left, right = min(row.left for row in region.rows), max(row.right for row in region.rows)
    edge = value_edge(region.rows)
    while count > 1 and region.rows[count - 1].right <= edge:
        above, row = region.rows[count - 2], region.rows[count - 1]
        if not any(
            above.middle < rule.at < row.middle and min(rule.end, right) - max(rule.start, left) > 0.5 * (right - left)
            for rule in rules
        ):
            break
        count -= 1
    labels_only = all(row.right <= edge for row in region.rows[count : region.header_rows])
    return Region(rows=region.rows, header_rows=count if labels_only else region.header_rows, framed=region.framed)


def with_totals(region: Region, rows: Sequence[TextRow]) -> Region:
    """The region with the rows right below it whose figures stand in its columns: totals below the last rule."""
    columns: list[FigureColumn] = []
    for row in region.rows:
        if is_body(row):
            extend(columns, row)
    added: list[TextRow] = []
    waiting: list[TextRow] = []
    last = region.rows[-1]
    for row in rows:
        if not columns or row.top < last.bottom - 0.3 * last.size:
            continue
        if row.top - last.bottom > 1.5 * row.size or len(waiting) > _LABEL_LINES:
            break
        if is_body(row) and fits(columns, row):
            added += [*waiting, row]
            waiting = []
        elif len(row.segments) == 1 and row.right <= columns[0].left:
            waiting.append(row)
        else:
            break
        last = row
    return Region(rows=[*region.rows, *added], header_rows=region.header_rows, framed=region.framed)


def trimmed(rows: Sequence[TextRow]) -> list[TextRow]:
    """Rows without what follows the last one that has columns: notes, page numbers, whatever stands far below."""
    kept: list[TextRow] = []
    for row in rows:
        body_ended = kept and row.top - kept[-1].bottom > LARGEST_GAP * 1.5 * max(row.size, kept[-1].size)
        if body_ended and not any(is_body(following) for following in rows[len(kept) :]):
            break
        kept.append(row)
    while kept and len(kept[-1].segments) < 2:
        kept.pop()
    return kept


def divided(rows: Sequence[TextRow]) -> list[list[TextRow]]:
    """Cut rows where a new table begins: at running text that reaches over the columns, at a second heading."""
    firsts = sorted(left for row in rows if is_body(row) and (left := first_figure(row)) is not None)
    if not firsts:
        return [list(rows)]
    edge = firsts[len(firsts) // 4]
    parts: list[list[TextRow]] = [[]]
    for number, row in enumerate(rows):
        running_text = len(row.words) > HEADING_WORDS and row.right > edge + 2 * row.size > row.left
        if len(row.segments) == 1 and (running_text or is_title(row)):
            parts.append([])
            continue
        if any(is_body(before) and not only_years(before) for before in parts[-1]) and _heading_begins(
            rows, number, edge
        ):
            parts.append(_taken_back(parts[-1], edge))
        parts[-1].append(row)
    return [part for part in parts if sum(1 for row in part if len(row.segments) >= 2) >= 2]


def _taken_back(part: list[TextRow], edge: float) -> list[TextRow]:
    """Take the rows off the end of `part` that stand over the figures only: upper lines of the headings that follow."""
    taken: list[TextRow] = []
    while part and part[-1].left > edge - part[-1].size and not part[-1].values and not is_title(part[-1]):
        taken.insert(0, part.pop())
    return taken


def is_title(row: TextRow) -> bool:
    """Whether a row is the numbered title of a table: `Table 4: Mean scores`."""
    return row.segments[0].words[0].text[:1].isupper() and _TITLE.match(row.segments[0].text) is not None


def _heading_begins(rows: Sequence[TextRow], start: int, edge: float) -> bool:
    """Whether the rows from `start` to the next figures head columns: two rows over them, or one that names years."""
    headings = 0
    for number, row in enumerate(rows[start:], start=start):
        over = [segment for segment in row.segments if segment.left > edge - 4 * row.size]
        if any(segment.value and not is_year(segment.text) for segment in row.segments):
            return False
        if len(over) >= 2:
            headings += 1
        elif number == start:
            return False
        if headings >= 2 or sum(1 for segment in over if _YEAR.search(segment.text)) >= 2:
            return True
    return False


def heads_a_body(bottom: float, words: Sequence[Word], rows: Sequence[TextRow]) -> bool:
    """Whether `words`, none a figure, stand right above figures: a drawn heading of a table that is not drawn."""
    inside = {id(word) for word in words}
    segments = [segment for row in rows for segment in row.segments if id(segment.words[0]) in inside]
    if any(segment.value and not is_year(segment.text) for segment in segments):
        return False
    for row in [row for row in rows if row.top >= bottom - 0.4 * row.size][:_LABELS_BELOW_HEADING]:
        if row.top - bottom > 2.0 * row.size:
            return False
        if is_body(row):
            return True
        bottom = row.bottom
    return False


def _stands_over(row: TextRow, body: Sequence[TextRow]) -> bool:
    over = any(segment.right > value_edge(body) for segment in row.segments)
    return over or _beside_labels(row, _labels_end(body))


def header_above(rows: Sequence[TextRow], start: int, floor: int, body: Sequence[TextRow]) -> list[TextRow]:
    """Rows above the first row of figures that stand over its columns."""
    edge, labels_end = value_edge(body), _labels_end(body)
    header: list[TextRow] = []
    below = rows[start]
    for row in reversed(rows[max(floor, start - _HEADER_ROWS) : start]):
        if below.top - row.bottom > _HEADER_GAP * max(row.size, below.size):
            break
        crosses = [s for s in row.segments if s.left < edge - row.size and s.right > edge + row.size]
        over = [s for s in row.segments if s.right > edge]
        if len(row.segments) == 1 and is_title(row):
            break
        if (
            len(row.segments) == 1
            and crosses
            and (len(row.words) > 5 or row.left < edge - _HEADING_OVERHANG * row.size)
        ):
            break
        if any(len(segment.words) > HEADING_WORDS for segment in row.segments):
            break
        if not over and len(row.words) > HEADING_WORDS:
            break
        header.insert(0, row)
        below = row
    while (
        header
        and not any(segment.right > edge for segment in header[0].segments)
        and not _beside_labels(header[0], labels_end)
    ):
        header.pop(0)
    return header


def _labels_end(body: Sequence[TextRow]) -> float:
    """Where the labels of the rows of figures end at the right."""
    return max((row.segments[0].right for row in body if is_body(row)), default=float("inf"))


def _beside_labels(row: TextRow, labels_end: float) -> bool:
    """Whether a row has a heading for the labels and one right of all of them, in the middle of a wide column."""
    return len(row.segments) >= 2 and row.segments[1].left > labels_end
