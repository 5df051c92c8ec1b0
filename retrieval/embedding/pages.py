"""What is indexed of a page as a whole: its words for BM25, and the vector of its sketch.

A sketch is what a reader's glance takes in: the title, the headings, the labels of table rows without their numbers,
and the first prose. A page that answers a question is often found by it where none of its passages is: a balance
sheet's passages are numbers, its sketch says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from retrieval.model import Chunk
from retrieval.tokens import ENGLISH, tokenize

SKETCH_CHARACTERS = 900
"""About what the embedding model reads."""

PROSE_CHARACTERS = 240

_FIGURES = re.compile(r"[\d.,()$€£¥%—–-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePassages:
    """The passages of one page, in order."""

    page: int
    chunks: tuple[Chunk, ...]


def pages_of(chunks: Sequence[Chunk]) -> list[PagePassages]:
    """The chunks of one document by page, in the order of the pages; pages without a chunk are not there."""
    ordered = sorted(chunks, key=lambda chunk: (chunk.page, chunk.ordinal))
    return [
        PagePassages(page=page, chunks=tuple(of_page)) for page, of_page in groupby(ordered, lambda chunk: chunk.page)
    ]


def page_sketch(page: PagePassages, title: str) -> str:
    """A few lines of text that stand for the page; never shown, only embedded."""
    lines = dict.fromkeys(line for line in (title, *_headings(page), *_labels(page)) if line)
    prose = next((chunk.text for chunk in page.chunks if chunk.table is None), "")
    return "\n".join((*lines, " ".join(prose.split())[:PROSE_CHARACTERS]))[:SKETCH_CHARACTERS].strip()


def page_tokens(page: PagePassages, title: str, language: str = ENGLISH) -> tuple[str, ...]:
    """Lexical tokens of the title, the headings and all text of the page, and new words of the rows' header names."""
    headings = dict.fromkeys(part for chunk in page.chunks for part in chunk.section_path)
    tokens = tokenize("\n".join([title, *headings, *(chunk.text for chunk in page.chunks)]), language)
    known = set(tokens)
    in_rows = dict.fromkeys(token for chunk in page.chunks for token in tokenize(chunk.row_context, language))
    return (*tokens, *(token for token in in_rows if token not in known))


def _headings(page: PagePassages) -> Iterator[str]:
    """The last two of each section path: those above them are the same on many pages."""
    for chunk in page.chunks:
        yield from chunk.section_path[-2:]


def _labels(page: PagePassages) -> Iterator[str]:
    for chunk in page.chunks:
        for row in chunk.table.cells if chunk.table is not None else ():
            label = next((cell for cell in row if cell.strip()), "")
            yield " ".join(_FIGURES.sub(" ", label).split())
