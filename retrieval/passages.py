"""From ranked candidates to the passages that are cited: which passage stands for a page, and its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from retrieval.errors import IndexFault
from retrieval.model import Chunk, Locator, PointKind, PointPayload
from retrieval.ports import ChunkStore
from retrieval.tokens import tokenize


def read_passages(
    store: ChunkStore,
    tenant: str,
    payloads: Sequence[PointPayload],
    *,
    tokens: Sequence[str] = (),
    element_types: Sequence[str] | None = None,
) -> list[Chunk]:
    """The passage of each payload, in order; one read per chunk file.

    A page is stood for by that of its passages (of those with one of the `element_types`) that has the most different
    `tokens` of the question; of equals, the first. Raises `IndexFault` where the index and the records disagree.
    """
    wanted: dict[tuple[str, str], dict[int, Locator]] = {}
    for payload in payloads:
        wanted.setdefault((payload.document, payload.parse), {}).update(_locators(payload))
    chunks: dict[tuple[str, str, int], Chunk] = {}
    for (document, parse), locators in wanted.items():
        for chunk in store.read(tenant, document, parse, list(locators.values())):
            chunks[chunk.document_id, chunk.parse_id, chunk.ordinal] = chunk
    try:
        return [_passage(payload, chunks, frozenset(tokens), element_types) for payload in payloads]
    except KeyError as error:
        raise IndexFault("A point of the index leads to the record of another passage.") from error


def _passage(
    payload: PointPayload,
    chunks: Mapping[tuple[str, str, int], Chunk],
    tokens: frozenset[str],
    element_types: Sequence[str] | None,
) -> Chunk:
    if payload.kind is not PointKind.PAGE:
        return chunks[payload.document, payload.parse, payload.ordinal]
    of_page = [chunks[payload.document, payload.parse, ordinal] for ordinal, _ in payload.chunks]
    fitting = [
        chunk for chunk in of_page if element_types is None or not set(element_types).isdisjoint(chunk.element_types)
    ]
    # `max` keeps the first of equals.
    return max(fitting or of_page, key=lambda chunk: len(tokens.intersection(tokenize(chunk.text + chunk.row_context))))


def _locators(payload: PointPayload) -> dict[int, Locator]:
    """Those of the passages that the point stands for, by ordinal."""
    if payload.kind is PointKind.PAGE and payload.chunks:
        return dict(payload.chunks)
    if payload.locator is None:
        raise IndexFault("A passage in the index does not say where its record lies.")
    return {payload.ordinal: payload.locator}
