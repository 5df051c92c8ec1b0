"""What is around a passage in its document: the passages before and after it, its section or table, its header rows.

Only passages with the same flags are added: what no reader of the document sees is not put beside what he does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from retrieval.context.parts import Part, shares_table
from retrieval.model import Chunk
from retrieval.ports import ChunkStore

READ_AHEAD = 4
"""How many chunk records are read at once when a section or table is followed."""

MAX_TABLE_CHUNKS = 400
"""How far back the beginning of a table is looked for."""

_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_PRINTED_VALUE = re.compile(r"<td[^>]*>[^<]")


class Surroundings:
    """Of the passages of one request. Reads each record once."""

    def __init__(self, store: ChunkStore, tenant: str) -> None:
        self._store = store
        self._tenant = tenant
        self._known: dict[tuple[str, str], dict[int, Chunk | None]] = {}

    def note(self, chunks: Iterable[Chunk]) -> None:
        """Records that were read already."""
        for chunk in chunks:
            self._known.setdefault((chunk.document_id, chunk.parse_id), {})[chunk.ordinal] = chunk

    def neighbours(self, core: Chunk, count: int) -> Iterator[Chunk]:
        """Up to `count` passages before and after on the same or an adjoining page, nearest first."""
        self._read(core, range(core.ordinal - count, core.ordinal + count + 1))

        def near(_: Chunk, chunk: Chunk) -> bool:
            return abs(chunk.page - core.page) <= 1 and abs(chunk.ordinal - core.ordinal) <= count

        yield from self._outward(core, near)

    def parent(self, core: Chunk) -> Iterator[Chunk]:
        """The rest of the table that the passage is cut out of, else of its section, nearest first; of a document
        without sections, the rest of the page. Without an end of its own: the caller takes what it has room for."""
        if self._is_cut(core):
            return self._outward(core, lambda edge, chunk: shares_table(*sorted((edge, chunk), key=_ordinal)))
        if core.section_path:
            depth = len(core.section_path)
            return self._outward(core, lambda _, chunk: chunk.section_path[:depth] == core.section_path)
        return self._outward(core, lambda _, chunk: chunk.page == core.page)

    def header_rows(self, core: Chunk) -> Part | None:
        """The header rows of the table that the passage begins in the middle of, or of its own first table; None where
        it has no table or the table no header."""
        first = core
        for _ in range(MAX_TABLE_CHUNKS):
            before = self._chunk(core, first.ordinal - 1) if _begins_inside_table(first) else None
            if before is None or not shares_table(before, first):
                break
            first = before
        return _header_part(first, of_last_table=first is not core)

    def _is_cut(self, core: Chunk) -> bool:
        before = self._chunk(core, core.ordinal - 1) if _begins_inside_table(core) else None
        if before is not None and shares_table(before, core):
            return True
        after = self._chunk(core, core.ordinal + 1) if core.spans and core.spans[-1].cell is not None else None
        return after is not None and shares_table(core, after)

    def _outward(self, core: Chunk, belongs: Callable[[Chunk, Chunk], bool]) -> Iterator[Chunk]:
        """Chunks on both sides by turns, each side until one does not belong; `belongs` is asked with the last chunk
        taken on that side and the next one."""
        edges: dict[int, Chunk] = {1: core, -1: core}
        while edges:
            for step in list(edges):
                chunk = self._chunk(core, edges[step].ordinal + step)
                if chunk is None or chunk.flags != core.flags or not belongs(edges[step], chunk):
                    del edges[step]
                    continue
                edges[step] = chunk
                yield chunk

    def _chunk(self, core: Chunk, ordinal: int) -> Chunk | None:
        known = self._known.setdefault((core.document_id, core.parse_id), {})
        if ordinal not in known:
            ahead = range(ordinal, ordinal + READ_AHEAD) if ordinal > core.ordinal else range(ordinal, core.ordinal)
            self._read(core, ahead if len(ahead) <= READ_AHEAD else range(ordinal - READ_AHEAD + 1, ordinal + 1))
        return known[ordinal]

    def _read(self, core: Chunk, ordinals: range) -> None:
        known = self._known.setdefault((core.document_id, core.parse_id), {})
        wanted = [ordinal for ordinal in ordinals if ordinal not in known]
        if not wanted:
            return
        known.update(dict.fromkeys(wanted))
        readable = [ordinal for ordinal in wanted if ordinal >= 0]
        for chunk in self._store.read_ordinals(self._tenant, core.document_id, core.parse_id, readable):
            known[chunk.ordinal] = chunk


def _begins_inside_table(chunk: Chunk) -> bool:
    """Its first text is a cell that is not of a first row: what saves reading the record before it."""
    cell = chunk.spans[0].cell if chunk.spans else None
    return cell is not None and cell[0] > 0


def _ordinal(chunk: Chunk) -> int:
    return chunk.ordinal


def _header_part(chunk: Chunk, *, of_last_table: bool) -> Part | None:
    """The header rows of the table that ends the chunk, or of its first one, where they are in the chunk's view."""
    if chunk.table is None:
        return None
    cells = [(number, span) for number, span in enumerate(chunk.spans) if span.cell is not None]
    tables: list[list[int]] = []
    for place, (number, span) in enumerate(cells):
        follows = place > 0 and cells[place - 1][0] == number - 1 and cells[place - 1][1].cell < span.cell  # type: ignore[operator]
        if not follows:
            tables.append([])
        tables[-1].append(number)
    if not tables:
        return None
    spans = [chunk.spans[number] for number in tables[-1 if of_last_table else 0]]
    rows = {span.cell[0] for span in spans if span.cell is not None}
    headers = _header_row_count(chunk)
    if min(rows) != 0 or not headers or not _is_view_of(chunk, {span.quote for span in spans}):
        return None
    of_header = [span for span in spans if span.cell is not None and span.cell[0] < headers]
    return Part(chunk=chunk, start=of_header[0].start, end=of_header[-1].end) if of_header else None


def _header_row_count(chunk: Chunk) -> int:
    """Rows at the top of the view without a printed cell that is no header."""
    count = 0
    for row in _ROW.findall(chunk.table.html if chunk.table else ""):
        if _PRINTED_VALUE.search(row):
            break
        count += 1
    return count


def _is_view_of(chunk: Chunk, quotes: set[str]) -> bool:
    """A chunk shows one table: the largest it holds. Is it the one with these cells?"""
    first = next((row for row in chunk.table.cells if any(row)), ()) if chunk.table else ()
    return any(first) and all(" ".join(text.split()) in quotes for text in first if text)
