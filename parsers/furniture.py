"""Running headers and footers: lines at the outer edge of pages that come again on other pages.

A line is furniture when

* the same text (numbers aside) stands at the same height in the outer band of at least three pages (of all pages in a
  shorter document), or
* it is a page number by itself at the very edge, or a small line there that stands well apart from the body, or
* it is the first or last line of its page, wherever that is, and a number that counts up with the pages, alone or with
  the same words each time (files made from web pages have their page numbers behind the last line).

Only an unbroken run of such lines from the edge inwards counts, so a heading that repeats in the body stays body.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum

from parsers.reading import Block, LineReading, PageReading

# The outer bands of a page in which furniture stands, and the thinner ones for lone page numbers.
_BAND = 0.12
_NUMBER_BAND = 0.085
_APART_BAND = 0.075
# A line stands apart when it is this much smaller than the body and this many of its sizes away from the next line.
_APART_SIZE = 0.93
_APART_DISTANCE = 1.5
_PAGES = 3
# Lines at each edge that are looked at, and how far (points) a header may move from page to page.
_LINES = 6
_SAME_HEIGHT = 4.0
_LONGEST = 200

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)
_FIRST_NUMBER, _LAST_NUMBER = re.compile(r"^\d{1,4}\b"), re.compile(r"\b\d{1,4}$")
_PAGE_NUMBER = re.compile(
    r"(?:page\s+)?[-–—|]?\s*(?:[A-Z]-?)?(?:\d{1,4}|[ivxlc]{1,7})\s*[-–—|]?(?:\s*(?:of|/)\s*\d{1,4})?", re.IGNORECASE
)


class Edge(StrEnum):
    TOP = "top"
    BOTTOM = "bottom"


LineKey = tuple[int, int, int]  # page number, position of the block, position of the line in it


def find_furniture(pages: Sequence[PageReading], body_size: float) -> dict[LineKey, Edge]:
    """Which lines of the document are running headers (`TOP`) and footers (`BOTTOM`)."""
    found: dict[LineKey, Edge] = {}
    for edge in Edge:
        edges = {page.number: _edge_lines(page, edge) for page in pages}
        repeated = _repeated(edges, edge, min(_PAGES, max(2, len(pages)))) | _counting(pages, edge)
        for page in pages:
            lines = edges[page.number] or _outermost(page, edge)
            apart = _standing_apart(lines, page, edge, body_size)
            for key, line in lines:
                if key not in repeated and key not in apart and not _is_lone_number(line, page, edge):
                    break
                found[key] = edge
    return found


def _standing_apart(
    lines: Sequence[tuple[LineKey, LineReading]], page: PageReading, edge: Edge, body_size: float
) -> set[LineKey]:
    """Small lines at one height at the very edge, with white between them and the rest of the page."""
    if not lines:
        return set()
    outer = lines[0][1]
    level = [(key, line) for key, line in lines if abs(line.bbox[1] - outer.bbox[1]) < outer.size]
    if _depth(outer, page, edge) > _APART_BAND * page.height:
        return set()
    if any(line.size > _APART_SIZE * body_size or line.mark for _, line in level):
        return set()
    keys = {key for key, _ in level}
    for position, block in enumerate(page.blocks):
        for index, line in _upright_lines(block):
            gap = line.bbox[1] - outer.bbox[3] if edge is Edge.TOP else outer.bbox[1] - line.bbox[3]
            if (page.number, position, index) not in keys and gap < _APART_DISTANCE * outer.size:
                return set()
    return keys


def _edge_lines(page: PageReading, edge: Edge) -> list[tuple[LineKey, LineReading]]:
    """The outermost lines of a page inside the band, from the edge inwards."""
    lines = [
        ((page.number, position, index), line)
        for position, block in enumerate(page.blocks)
        for index, line in _upright_lines(block)
        if _depth(line, page, edge) <= _BAND * page.height
    ]
    lines.sort(key=lambda entry: (_depth(entry[1], page, edge), entry[0]))
    return lines[:_LINES]


def _outermost(page: PageReading, edge: Edge) -> list[tuple[LineKey, LineReading]]:
    """The one line nearest to the edge, however far it is."""
    lines = [
        ((page.number, position, index), line)
        for position, block in enumerate(page.blocks)
        for index, line in _upright_lines(block)
    ]
    return [min(lines, key=lambda entry: (_depth(entry[1], page, edge), entry[0]))] if lines else []


def _counting(pages: Sequence[PageReading], edge: Edge) -> set[LineKey]:
    """Outermost lines of the same words with a number at a constant distance from the number of their page."""
    alike: dict[tuple[str, str, int], list[LineKey]] = defaultdict(list)
    for page in pages:
        for key, line in _outermost(page, edge):
            for number in _numbers_at_ends(line.text):
                words = line.text[: number.start()], line.text[number.end() :]
                alike[*words, page.number - int(number.group())].append(key)
    return {key for keys in alike.values() if len(keys) >= _PAGES for key in keys}


def _numbers_at_ends(text: str) -> list[re.Match[str]]:
    found = [match for pattern in (_FIRST_NUMBER, _LAST_NUMBER) if (match := pattern.search(text)) is not None]
    return found[:1] if len(found) > 1 and found[0].span() == found[1].span() else found


def _upright_lines(block: Block) -> Iterable[tuple[int, LineReading]]:
    return ((index, line) for index, line in enumerate(block.lines) if line.upright)


def _depth(line: LineReading, page: PageReading, edge: Edge) -> float:
    return line.bbox[3] if edge is Edge.TOP else page.height - line.bbox[1]


def _repeated(edges: dict[int, list[tuple[LineKey, LineReading]]], edge: Edge, pages_needed: int) -> set[LineKey]:
    """Keys of lines whose text comes again at the same height on enough pages."""
    alike: dict[str, list[tuple[float, LineKey]]] = defaultdict(list)
    for lines in edges.values():
        for key, line in lines:
            if len(line.text) <= _LONGEST:
                height = line.bbox[3] if edge is Edge.TOP else line.bbox[1]
                alike[_DIGITS.sub("#", line.text)].append((height, key))
    repeated: set[LineKey] = set()
    for places in alike.values():
        places.sort()
        group: list[tuple[float, LineKey]] = []
        for place in [*places, (float("inf"), (0, 0, 0))]:
            if group and place[0] - group[-1][0] > _SAME_HEIGHT:
                if len({key[0] for _, key in group}) >= pages_needed:
                    repeated.update(key for _, key in group)
                group = []
            group.append(place)
    return repeated


def _is_lone_number(line: LineReading, page: PageReading, edge: Edge) -> bool:
    return _depth(line, page, edge) <= _NUMBER_BAND * page.height and _PAGE_NUMBER.fullmatch(line.text) is not None
