"""What searches read most of an index, in memory beside the engine: words, ids, what filters look at, and payloads.

A cache of the shard and nothing more: it is loaded from it, a bit at a time, and every write goes to both. With it a
list of 200 by words over 100,000 passages costs 1.3 ms of CPU instead of 17, most of which the engine spends on reading
payloads back, on the IDF of what the caller may see, and on filtering.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from retrieval.hits import Hits, Scores
from retrieval.index.codec import pack_payload
from retrieval.index.postings import MAX_ROWS, Postings
from retrieval.index.rows import Rows
from retrieval.model import IndexQuery, PointKind, PointPayload

# Dead rows are kept until there are as many as live ones, and not fewer than this.
_DEAD_ROWS = 10_000


class Mirror:
    """Not thread-safe. Holds at most `MAX_ROWS` points of a kind, dead ones included."""

    def __init__(self) -> None:
        self._rows = {kind: Rows(kind) for kind in PointKind}
        self._postings = {kind: Postings() for kind in PointKind}

    @property
    def full(self) -> bool:
        return any(len(rows) >= MAX_ROWS for rows in self._rows.values())

    @property
    def worn(self) -> bool:
        """Whether so many rows are dead that a new mirror is worth loading."""
        return any(len(rows.dead) > max(rows.live, _DEAD_ROWS) for rows in self._rows.values())

    def __contains__(self, id: str) -> bool:
        return any(id in rows for rows in self._rows.values())

    def add(self, id: str, tokens: Sequence[str], payload: PointPayload) -> None:
        """A new point, or what a point is from now on."""
        for kind, rows in self._rows.items():
            if kind is not payload.kind:
                rows.remove(id)
        row = self._rows[payload.kind].append(id, payload, pack_payload(payload), len(tokens))
        self._postings[payload.kind].add(row, tokens)

    def remove(self, ids: Iterable[str]) -> None:
        for id in ids:
            for rows in self._rows.values():
                rows.remove(id)

    def by_words(self, query: IndexQuery) -> Hits:
        """Raises `rows.NotInMemory` for a filter that only the engine can answer."""
        rows = self._rows[query.kind]
        found, corpus = rows.select(query.filter), rows.select(query.corpus)
        return self._postings[query.kind].search(
            query.tokens or (), rows, found=found, corpus=corpus, limit=query.limit
        )

    def best(self, query: IndexQuery, ids: Iterable[UUID], scores: Scores) -> Hits:
        """The list of the best of these points. Raises `KeyError` for one that is not here."""
        rows = self._rows[query.kind]
        return rows.best(rows.rows_of(ids), scores, query.limit)
