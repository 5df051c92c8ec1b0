"""Citations: a stateless name for a range of one Parse's canonical text, and the places where that text is printed.

A citation id holds everything needed to resolve it, so making one writes nothing. It ends in a checksum: an id that a
model or a person mistyped is refused, and never leads to another place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parsers.model import FURNITURE, Box, Document, Element, Page, Region
from retrieval.errors import InvalidQuery
from retrieval.model import Span

_PREFIX = "cit_"
_DOCUMENT_ID = re.compile(r"doc_([0-9a-f]{24})")
_PARSE_ID = re.compile(r"prs_([0-9a-f]{24})")
_BODY = struct.Struct(">12s12sII")
_CHECK_BYTES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationKey:
    """What a citation id says: `[start, end)` of the canonical text of one Parse of one document."""

    document_id: str
    parse_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """How the text came to be: the Parse, the Elements, and what extracted them, with the least confidence."""

    parse_id: str
    element_ids: tuple[str, ...]
    parser: str
    parser_version: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A verified quote with its places: `quote == document.text[key.start:key.end]`; `spans` in order."""

    id: str
    key: CitationKey
    quote: str
    spans: tuple[Span, ...]
    element_types: tuple[str, ...]
    section_path: tuple[str, ...]
    lineage: Lineage


def citation_id(document_id: str, parse_id: str, start: int, end: int) -> str:
    """URL-safe (letters, digits, `-`, `_`), 52 characters. `ValueError` for ids or ranges that cannot exist.

    >>> citation_id("doc_" + "0" * 24, "prs_" + "1" * 24, 10, 25)[:8]
    'cit_AAAA'
    """
    document, parse = _DOCUMENT_ID.fullmatch(document_id), _PARSE_ID.fullmatch(parse_id)
    if document is None or parse is None or not 0 <= start < end < 2**32:
        raise ValueError(f"no citation can be made of {document_id!r}, {parse_id!r}, {start}, {end}")
    body = _BODY.pack(bytes.fromhex(document[1]), bytes.fromhex(parse[1]), start, end)
    return _PREFIX + base64.urlsafe_b64encode(body + _check(body)).decode("ascii")


def parse_citation_id(value: str) -> CitationKey:
    """The key that `citation_id` was made of; `InvalidQuery` for anything that it did not make."""
    try:
        if not value.startswith(_PREFIX):
            raise ValueError("no prefix")
        raw = base64.b64decode(value[len(_PREFIX) :].encode("ascii"), altchars=b"-_", validate=True)
        body = raw[:-_CHECK_BYTES]
        document, parse, start, end = _BODY.unpack(body)
    except (ValueError, binascii.Error, struct.error) as error:
        raise InvalidQuery("This is not a citation id.", field="citation_id") from error
    if raw[-_CHECK_BYTES:] != _check(body) or start >= end:
        raise InvalidQuery("This citation id is damaged: its checksum is wrong.", field="citation_id")
    return CitationKey(document_id=f"doc_{document.hex()}", parse_id=f"prs_{parse.hex()}", start=start, end=end)


def resolve(document: Document, key: CitationKey) -> Citation:
    """The citation in its document. `InvalidQuery` if the range or the Parse is not this document's."""
    if document.parse_id != key.parse_id:
        raise InvalidQuery("The citation belongs to another parse.", field="citation_id")
    if not 0 <= key.start < key.end <= len(document.text):
        raise InvalidQuery("The citation points outside the document's text.", field="citation_id")
    elements = elements_of(document, key.start, key.end)
    if not elements:
        raise InvalidQuery("The citation covers no text.", field="citation_id")
    derivations = [element.derivation for element in elements]
    return Citation(
        id=citation_id(key.document_id, key.parse_id, key.start, key.end),
        key=key,
        quote=document.text[key.start : key.end],
        spans=spans_of(document, key.start, key.end),
        element_types=tuple(dict.fromkeys(str(element.kind) for element in elements)),
        section_path=elements[0].section_path,
        lineage=Lineage(
            parse_id=key.parse_id,
            element_ids=tuple(element.id for element in elements),
            parser="+".join(dict.fromkeys(derivation.extractor for derivation in derivations)),
            parser_version="+".join(dict.fromkeys(derivation.version for derivation in derivations)),
            confidence=min(derivation.confidence for derivation in derivations),
        ),
    )


def elements_of(document: Document, start: int, end: int) -> tuple[Element, ...]:
    """The elements that have text in `[start, end)`, in order.

    Headers and footers only where the range touches no body text: a passage that runs over a page's end does not
    quote the page number. Elements are sorted by range and do not overlap (`parsers.model`).
    """
    first = bisect_right(document.elements, start, key=lambda element: element.end)
    last = bisect_left(document.elements, end, lo=first, key=lambda element: element.start)
    touched = [element for element in document.elements[first:last] if element.start < element.end]
    body = tuple(element for element in touched if element.kind not in FURNITURE)
    return body or tuple(touched)


def spans_of(document: Document, start: int, end: int) -> tuple[Span, ...]:
    """Where `[start, end)` of the canonical text is printed: every span on one page, in the order of the text.

    Of a text element one span per region, with the boxes of the lines touched (a line that the range cuts keeps
    its whole box); of a table one span per cell that has text in the range, with the boxes of its lines. Spans begin
    and end with printed characters, white space around them is left out. Text without geometry gives spans without
    boxes.
    """
    return tuple(
        span
        for element in elements_of(document, start, end)
        for span in _spans_of_element(document, element, start, end)
    )


def _spans_of_element(document: Document, element: Element, start: int, end: int) -> Iterator[Span]:
    if element.table is not None:
        # Cells are in the order of their text, as elements are.
        cells = element.table.cells
        first_cell = bisect_right(cells, start, key=lambda cell: cell.end)
        for cell in cells[first_cell : bisect_left(cells, end, lo=first_cell, key=lambda cell: cell.start)]:
            boxes = cell.boxes or (() if cell.bbox is None else (cell.bbox,))
            yield from _span(
                document, cell.page, max(start, cell.start), min(end, cell.end), boxes, (cell.row, cell.column)
            )
    elif element.regions:
        for region in element.regions:
            first, last = _printed(document.text, max(start, region.start), min(end, region.end))
            if first < last:
                yield from _span(document, region.page, first, last, _line_boxes(document.text, region, first, last))
    else:
        yield from _span(document, element.page, max(start, element.start), min(end, element.end), ())


def _span(
    document: Document, page: int, start: int, end: int, boxes: Sequence[Box], cell: tuple[int, int] | None = None
) -> Iterator[Span]:
    start, end = _printed(document.text, start, end)
    if start < end:
        properties = _page(document, page)
        yield Span(
            start=start,
            end=end,
            page=page,
            page_size=(properties.width, properties.height),
            boxes=tuple(boxes),
            cell=cell,
            quote=document.text[start:end],
        )


def _line_boxes(text: str, region: Region, start: int, end: int) -> tuple[Box, ...]:
    """The boxes of the region's lines from the one that holds `start` to the one that holds the last character."""
    if text.count("\n", region.start, region.end) + 1 != len(region.boxes):
        return region.boxes
    first = text.count("\n", region.start, start)
    return region.boxes[first : first + text.count("\n", start, end) + 1]


def _printed(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space at its ends; empty if there is nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _page(document: Document, number: int) -> Page:
    if 0 < number <= len(document.pages) and document.pages[number - 1].number == number:
        return document.pages[number - 1]
    return next(page for page in document.pages if page.number == number)


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK_BYTES]
