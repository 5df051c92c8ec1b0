"""A document → its chunks, along its structure.

A chunk is one contiguous range of canonical text on one page, of about `TARGET` word pieces. It begins and ends where
elements do; a paragraph that is too long is split between printed lines (a box holds one line, and a span must not
share it), a table between rows (never inside one).
Small neighbours go together, a heading goes with what follows it, page headers and footers are in no chunk, and every
other element is covered. The number of chunks decides the cost of embedding, so they are filled up.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingestion.passage_images import images_of_chunks
from ingestion.table_text import TableText, row_ranges, rows_between
from ingestion.wordpieces import count_pieces
from parsers.model import FURNITURE, Document, Element, ElementKind, Role
from retrieval.citations import spans_of
from retrieval.model import Chunk

TARGET = 195
"""Word pieces of a chunk. The model reads 256; passages of 180 to 200 did best on filings."""

LIMIT = 225
"""Word pieces that a chunk may have so that no tiny one is left over, and so that it still fits the model."""

SMALL = 110
"""A chunk with fewer goes on into the next section or table of its page, instead of standing alone."""

LEFTOVER = 48
"""A last chunk of a page with fewer is joined to the one before it, within LIMIT."""

MAX_HEADER_PART = 160
"""Characters of the title, or of one heading, in a context header."""

_LINE_END = re.compile(r"\n")
_HEADINGS = frozenset({ElementKind.TITLE, ElementKind.HEADING})


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text of one element on one page that is not divided any further."""

    start: int
    end: int
    page: int
    size: int
    element: Element

    @property
    def is_lead(self) -> bool:
        """A heading, which must not be parted from what follows."""
        return self.element.kind in _HEADINGS


def chunk_document(document: Document, *, document_id: str, title: str) -> list[Chunk]:
    """The chunks in reading order. The same document, id and title give the same chunks."""
    tables = {element.id: TableText(element.table) for element in document.elements if element.table is not None}
    chunks = [
        _chunk(document, pieces, tables, document_id=document_id, title=title, ordinal=ordinal)
        for ordinal, pieces in enumerate(_grouped(document))
    ]
    images = images_of_chunks(document, chunks)
    return [replace(chunk, images=images[chunk.id]) if chunk.id in images else chunk for chunk in chunks]


def chunk_key(document_id: str, parse_id: str, ordinal: int | str) -> bytes:
    """What the ids of a chunk and of its point are made of."""
    return hashlib.sha256(f"{document_id}\0{parse_id}\0{ordinal}".encode()).digest()


def point_id(document_id: str, parse_id: str, ordinal: int | str) -> str:
    """The id of the index point of a chunk (or, by name, of another point of the parse)."""
    return str(uuid.UUID(bytes=chunk_key(document_id, parse_id, ordinal)[:16]))


def _grouped(document: Document) -> Iterator[list[_Piece]]:
    for stretch in _stretches(document):
        groups = list(_fill(stretch))
        if len(groups) > 1 and _size(groups[-1]) < LEFTOVER and _size(groups[-2]) + _size(groups[-1]) <= LIMIT:
            groups[-2:] = [groups[-2] + groups[-1]]
        yield from groups


def _stretches(document: Document) -> Iterator[list[list[_Piece]]]:
    """Elements (as pieces) with nothing between them that must not be in a chunk: one page, no header or footer, and
    nothing that a reader sees together with what he does not."""
    stretch: list[list[_Piece]] = []
    for element in document.elements:
        if element.kind in FURNITURE or element.role is Role.NAVIGATION:
            if stretch:
                yield stretch
            stretch = []
            continue
        for part in _by_page(_pieces(document.text, element)):
            before = stretch[-1][-1] if stretch else part[0]
            if (before.page, before.element.flags) != (part[0].page, element.flags):
                yield stretch
                stretch = []
            stretch.append(part)
    if stretch:
        yield stretch


def _fill(stretch: list[list[_Piece]]) -> Iterator[list[_Piece]]:
    """Fill chunks from the elements of a stretch, in order."""
    current: list[_Piece] = []
    for element in stretch:
        for number, piece in enumerate(element):
            whole = _size(element[number:])
            ends = _size(current) + piece.size > TARGET
            if number == 0:
                # A section, and an element that does not fit as a whole, begins a chunk of its own if the chunk before
                # it is worth one.
                ends |= _body_size(current) >= SMALL and (piece.is_lead or _size(current) + whole > TARGET)
            if current and ends:
                finished, current = _end_before(current, piece)
                if finished:
                    yield finished
            current.append(piece)
    if current:
        yield current


def _end_before(current: list[_Piece], piece: _Piece) -> tuple[list[_Piece], list[_Piece]]:
    """What is finished, and what goes on with `piece`: the headings before it, if they fit with it."""
    leads = _trailing_leads(current)
    if _size(leads) + piece.size > LIMIT:
        return current, []
    return current[: len(current) - len(leads)], leads


def _trailing_leads(pieces: list[_Piece]) -> list[_Piece]:
    count = 0
    while count < len(pieces) and pieces[-1 - count].is_lead:
        count += 1
    return pieces[len(pieces) - count :]


def _size(pieces: Sequence[_Piece]) -> int:
    return sum(piece.size for piece in pieces)


def _body_size(pieces: list[_Piece]) -> int:
    """Without the headings at the end, which go with what follows."""
    return _size(pieces[: len(pieces) - len(_trailing_leads(pieces))])


def _by_page(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    part: list[_Piece] = []
    for piece in pieces:
        if part and part[-1].page != piece.page:
            yield part
            part = []
        part.append(piece)
    if part:
        yield part


def _pieces(text: str, element: Element) -> list[_Piece]:
    """An element as pieces: one per page where it is short, else lines and rows."""
    if element.table is not None:
        ranges = row_ranges(element)
    else:
        ranges = [part for start, end, page in _page_ranges(text, element) for part in _lines(text, start, end, page)]
    return [
        _Piece(start=start, end=end, page=page, size=count_pieces(text[start:end]), element=element)
        for start, end, page in ranges
    ]


def _page_ranges(text: str, element: Element) -> list[tuple[int, int, int]]:
    """The element's printed text on each of its pages, without white space at its ends."""
    if not element.regions:
        bounds = [(element.start, element.page)]
    else:
        bounds = [(element.start, element.regions[0].page)]
        bounds += [
            (region.start, region.page)
            for before, region in zip(element.regions, element.regions[1:], strict=False)
            if region.page != before.page
        ]
    ends = [start for start, _ in bounds[1:]] + [element.end]
    ranges = [(*_printed(text, start, end), page) for (start, page), end in zip(bounds, ends, strict=True)]
    return [(start, end, page) for start, end, page in ranges if start < end]


def _lines(text: str, start: int, end: int, page: int) -> list[tuple[int, int, int]]:
    """The range as a whole if it fits a chunk, else its printed lines; a line that is too long for a chunk
    is cut between words, a word that is, anywhere."""
    if count_pieces(text[start:end]) <= TARGET:
        return [(start, end, page)]
    cuts = [match.end() for match in _LINE_END.finditer(text, start, end)]
    ranges = []
    for first, last in zip([start, *cuts], [*cuts, end], strict=True):
        ranges += [(*part, page) for part in _short_enough(text, *_printed(text, first, last))]
    return ranges


def _short_enough(text: str, start: int, end: int) -> list[tuple[int, int]]:
    if start >= end:
        return []
    if count_pieces(text[start:end]) <= TARGET:
        return [(start, end)]
    middle = (start + end) // 2
    blank = text.rfind(" ", start + 1, middle)
    cut = blank if blank > start + (end - start) // 4 else middle
    return _short_enough(text, *_printed(text, start, cut)) + _short_enough(text, *_printed(text, cut, end))


def _printed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


def _chunk(
    document: Document,
    pieces: list[_Piece],
    tables: Mapping[str, TableText],
    *,
    document_id: str,
    title: str,
    ordinal: int,
) -> Chunk:
    start, end = pieces[0].start, pieces[-1].end
    elements = list({piece.element.id: piece.element for piece in pieces}.values())
    derivations = [element.derivation for element in elements]
    section_path = _section_path(pieces)
    parts = [
        (tables[element.id], rows_between(element, start, end)) for element in elements if element.table is not None
    ]
    largest = max(parts, key=lambda part: len(part[1]), default=None)
    return Chunk(
        id="chk_" + chunk_key(document_id, document.parse_id, ordinal).hex()[:24],
        document_id=document_id,
        version=document.document.sha256,
        parse_id=document.parse_id,
        ordinal=ordinal,
        page=pieces[0].page,
        start=start,
        end=end,
        text=document.text[start:end],
        spans=spans_of(document, start, end),
        element_ids=tuple(element.id for element in elements),
        element_types=tuple(dict.fromkeys(element.kind.value for element in elements)),
        flags=tuple(flag.value for flag in elements[0].flags),
        section_path=section_path,
        context_header=" > ".join(part[:MAX_HEADER_PART] for part in (title, *section_path) if part),
        row_context="\n".join(filter(None, (table.context(rows) for table, rows in parts))),
        table=None if largest is None else largest[0].view(largest[1]),
        parser="+".join(dict.fromkeys(derivation.extractor for derivation in derivations)),
        parser_version="+".join(dict.fromkeys(derivation.version for derivation in derivations)),
        confidence=min(derivation.confidence for derivation in derivations),
    )


def _section_path(pieces: list[_Piece]) -> tuple[str, ...]:
    """Of the section that most of the chunk belongs to (of equals, the first)."""
    sizes: dict[tuple[str, ...], int] = {}
    for piece in pieces:
        sizes[piece.element.section_path] = sizes.get(piece.element.section_path, 0) + piece.size
    return max(sizes, key=lambda path: sizes[path])
