"""Slices of passages, each with the spans that name it: `document.text[start:end] == text` stays true of every one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.model import Chunk, Span, TableView

_ROWS_BEGIN, _ROWS_END = "<table>", "</table>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`[start, end)` of canonical text inside one chunk, beginning and ending with printed characters."""

    chunk: Chunk
    start: int
    end: int

    @classmethod
    def whole(cls, chunk: Chunk) -> Part:
        return cls(chunk=chunk, start=chunk.start, end=chunk.end)

    @property
    def is_whole(self) -> bool:
        return (self.start, self.end) == (self.chunk.start, self.chunk.end)

    @property
    def text(self) -> str:
        return self.chunk.text[self.start - self.chunk.start : self.end - self.chunk.start]

    def spans(self) -> tuple[Span, ...]:
        """The chunk's spans, cut to this part."""
        if self.is_whole:
            return self.chunk.spans
        cut = (_cut(span, self.start, self.end) for span in self.chunk.spans)
        return tuple(span for span in cut if span is not None)


def joined(parts: Sequence[Part]) -> tuple[Part, ...]:
    """In the order of the text; parts of one chunk with nothing but white space between them become one."""
    ordered: list[Part] = []
    for part in sorted(parts, key=lambda part: (part.start, part.end)):
        if ordered and ordered[-1].chunk.id == part.chunk.id:
            before = ordered[-1]
            offset = part.chunk.start
            if not part.chunk.text[max(0, before.end - offset) : max(0, part.start - offset)].strip():
                ordered[-1] = replace(before, end=max(before.end, part.end))
                continue
        ordered.append(part)
    return tuple(ordered)


def table_of(parts: Sequence[Part], core: Chunk) -> TableView | None:
    """The core's table with the rows that the parts before and after it add; None where its own part was cut."""
    at = next((place for place, part in enumerate(parts) if part.chunk.id == core.id and part.is_whole), None)
    if at is None or core.table is None:
        return None
    first = last = at
    while first > 0 and _continues(parts[first - 1], parts[first]):
        first -= 1
    while last + 1 < len(parts) and _continues(parts[last], parts[last + 1]):
        last += 1
    views = [part.chunk.table for part in parts[first : last + 1] if part.chunk.table is not None]
    rows = "".join(view.html.removeprefix(_ROWS_BEGIN).removesuffix(_ROWS_END) for view in views)
    return TableView(html=_ROWS_BEGIN + rows + _ROWS_END, cells=tuple(row for view in views for row in view.cells))


def _continues(before: Part, after: Part) -> bool:
    """The table that ends the one part goes on in the other."""
    return (
        before.is_whole
        and after.is_whole
        and before.chunk.ordinal + 1 == after.chunk.ordinal
        and shares_table(before.chunk, after.chunk)
    )


def shares_table(before: Chunk, after: Chunk) -> bool:
    """A table is cut between these neighbouring chunks."""
    if not (before.spans and after.spans and before.element_ids and after.element_ids):
        return False
    cells = before.spans[-1].cell is not None and after.spans[0].cell is not None
    return cells and before.element_ids[-1] == after.element_ids[0]


def _cut(span: Span, start: int, end: int) -> Span | None:
    first, last = max(span.start, start), min(span.end, end)
    quote = span.quote[first - span.start : last - span.start] if first < last else ""
    stripped = quote.strip()
    if not stripped:
        return None
    first += len(quote) - len(quote.lstrip())
    last = first + len(stripped)
    if (first, last) == (span.start, span.end):
        return span
    return replace(span, start=first, end=last, quote=stripped, boxes=_boxes(span, first, last))


def _boxes(span: Span, start: int, end: int) -> tuple[tuple[float, float, float, float], ...]:
    """Those of the lines that the range touches; all where the span's boxes are not one per line."""
    if span.quote.count("\n") + 1 != len(span.boxes):
        return span.boxes
    first = span.quote.count("\n", 0, start - span.start)
    return span.boxes[first : first + span.quote.count("\n", start - span.start, end - span.start) + 1]
