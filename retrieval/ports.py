"""What retrieval needs from others: an index, an embedder, what may be seen, and the records of chunks.

Each Protocol has one contract suite under tests/contract that every implementation passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.facts import DocumentFacts
from retrieval.hits import Hits
from retrieval.model import Chunk, IndexPoint, IndexQuery, Locator, Principal, SearchFilter
from retrieval.profile import CollectionProfile


class Embedder(Protocol):
    """Texts in, vectors of length 1 out. `model_id` names the model and its weights; runtimes of one model share it."""

    @property
    def model_id(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def runtime(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape `(len(texts), dimension)`, rows in the order of the texts, each of L2 length 1. Thread-safe."""
        ...


class VectorIndex(Protocol):
    """Dense and BM25 search over points. Raises `IndexUnavailable` or `IndexFault` only."""

    def upsert(self, points: Sequence[IndexPoint]) -> None:
        """Write or replace points by id. At most 256 at once. Durable against a crash after `flush`."""
        ...

    def search(self, queries: Sequence[IndexQuery], *, seconds: float | None = None) -> list[Hits]:
        """One list per query, best first, ties broken by id.

        `seconds`: how long the caller waits (None: as long as the index is given). Where the answer comes over a
        connection, `IndexUnavailable` is raised after that."""
        ...

    def count(self, where: SearchFilter) -> int:
        """Exact number of points."""
        ...

    def ids(self, where: SearchFilter) -> set[str]:
        """Ids of all points that match."""
        ...

    def delete(self, where: SearchFilter) -> None: ...

    def flush(self) -> None:
        """Everything written before is on disk when this returns."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """What a hit says of its document."""

    id: str
    collection: str
    version: str
    title: str
    source_uri: str
    media_type: str
    updated_at: str
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    facts: DocumentFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The catalog's state that one query sees: hits are checked against this epoch.

    `revision` changes with everything in the catalog that can change an answer (a publication, a deletion, a
    permission, an attribute, a profile); None where that is not known, and nothing may be remembered.
    """

    epoch: int
    revision: tuple[int, ...] | None = None


class Visibility(Protocol):
    """Who may see what, implemented on the catalog by `ingestion`."""

    def pin(self) -> Pin: ...

    def scope(
        self, principal: Principal, collections: Sequence[str] | None, document_ids: Sequence[str] | None
    ) -> SearchFilter:
        """The filter every query of this principal carries. Unknown or forbidden names raise
        `retrieval.errors.UnknownCollection`; nothing visible gives a filter that matches nothing."""
        ...

    def attribute_schemas(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[Mapping[str, str]]:
        """The attribute schema of each collection that `scope` would search: attribute name to one of "string",
        "integer", "number", "boolean", "date". Raises like `scope`."""
        ...

    def languages(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[str]:
        """The languages of the documents that `scope` would search (ISO 639-1), for stemming. Raises like `scope`."""
        ...

    def profiles(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[CollectionProfile]:
        """What each collection that `scope` would search has of a profile and a glossary; those that have neither may
        be left out. Raises like `scope`."""
        ...

    def visible(
        self, pin: Pin, principal: Principal, parses: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], DocumentView]:
        """Of the `(document, parse)` pairs, those live at the pinned epoch and, by the latest state of the catalog,
        not deleted and permitted."""
        ...


class ChunkStore(Protocol):
    """Reads chunk records back."""

    def read(self, tenant: str, document: str, parse: str, locators: Sequence[Locator]) -> list[Chunk]: ...

    def read_ordinals(self, tenant: str, document: str, parse: str, ordinals: Sequence[int]) -> list[Chunk]:
        """The passages of a parse by their place in it, in the order asked for; ordinals that it has not are left
        out."""
        ...
