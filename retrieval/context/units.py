"""What is never cut: the sentences and the table rows of a passage."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.answers.sentences import sentence_ranges
from retrieval.model import Chunk

Range = tuple[int, int]


def units_of(chunk: Chunk) -> list[Range]:
    """The passage's sentences and table rows as ranges of canonical text, in order, without white space around them.

    A line that holds cells is a row; the other text is divided into sentences.
    """
    units: list[Range] = []
    prose_from: int | None = None
    for start, end in _lines(chunk):
        if _has_cells(chunk, start, end):
            if prose_from is not None:
                units += _sentences(chunk, prose_from, start)
                prose_from = None
            units.append(_printed(chunk, start, end))
        elif prose_from is None:
            prose_from = start
    if prose_from is not None:
        units += _sentences(chunk, prose_from, chunk.end)
    return [(start, end) for start, end in units if start < end]


def _sentences(chunk: Chunk, start: int, end: int) -> list[Range]:
    text = chunk.text[start - chunk.start : end - chunk.start]
    return [(start + first, start + last) for first, last in sentence_ranges(text)]


def _lines(chunk: Chunk) -> Iterator[Range]:
    start = chunk.start
    for line in chunk.text.split("\n"):
        yield start, start + len(line)
        start += len(line) + 1


def _has_cells(chunk: Chunk, start: int, end: int) -> bool:
    return any(span.cell is not None and span.start < end and start < span.end for span in chunk.spans)


def _printed(chunk: Chunk, start: int, end: int) -> Range:
    text = chunk.text[start - chunk.start : end - chunk.start]
    return start + len(text) - len(text.lstrip()), start + len(text.rstrip())
