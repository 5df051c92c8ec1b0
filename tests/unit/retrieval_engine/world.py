"""A small searchable world: a real index in a folder, an embedder of words, and a catalog and chunk files in memory."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.embedding.contextual import chunk_tokens, embed_chunks, title_tokens
from retrieval.engine import Retriever
from retrieval.errors import EmbeddingFailed, UnknownCollection
from retrieval.hits import Hits
from retrieval.index.edge import EdgeIndex
from retrieval.model import (
    AllOf,
    Chunk,
    IndexPoint,
    IndexQuery,
    Locator,
    Match,
    PointKind,
    PointPayload,
    Principal,
    SearchFilter,
    Span,
)
from retrieval.ports import DocumentView, Pin
from retrieval.profile import CollectionProfile
from retrieval.tokens import tokenize

DIMENSION = 64
PRINCIPAL = Principal(id="key_1", tenant="t1", business_unit="research")
PARSE = "prs_" + "ab" * 12


def document_id(name: str) -> str:
    return "doc_" + hashlib.sha256(name.encode()).hexdigest()[:24]


class WordEmbedder:
    """A vector is the sum of one random direction per word: texts that share words are near."""

    model_id = "words@1"
    dimension = DIMENSION
    runtime = "test"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.broken = False

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self.broken:
            raise EmbeddingFailed("The model is broken.")
        self.calls.append(list(texts))
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            for token in tokenize(text) or [""]:
                seed = int.from_bytes(hashlib.sha256(token.encode()).digest()[:4], "big")
                vectors[row] += np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


class CountingIndex(EdgeIndex):
    """The real index; remembers what was searched."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, DIMENSION)
        self.searches: list[list[IndexQuery]] = []

    def search(self, queries: Sequence[IndexQuery], *, seconds: float | None = None) -> list[Hits]:
        self.searches.append(list(queries))
        return super().search(queries, seconds=seconds)


@dataclass
class Catalog:
    """The visibility port in memory: `live` are the pairs that may be seen."""

    live: dict[tuple[str, str], DocumentView] = field(default_factory=dict)
    schemas: dict[str, Mapping[str, str]] = field(default_factory=dict)
    revision: tuple[int, ...] | None = None
    profiled: list[CollectionProfile] = field(default_factory=list)

    def pin(self) -> Pin:
        return Pin(epoch=7, revision=self.revision)

    def scope(
        self, principal: Principal, collections: Sequence[str] | None, document_ids: Sequence[str] | None
    ) -> SearchFilter:
        parts: list[SearchFilter] = [Match(key="tenant", values=(principal.tenant,))]
        if collections is not None:
            for name in collections:
                if name not in self.schemas:
                    raise UnknownCollection(name)
            parts.append(Match(key="collection", values=tuple(collections)))
        if document_ids is not None:
            parts.append(Match(key="document", values=tuple(document_ids)))
        return AllOf(filters=tuple(parts))

    def languages(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[str]:
        return ("en",)

    def profiles(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[CollectionProfile]:
        return [profile for profile in self.profiled if collections is None or profile.collection in collections]

    def attribute_schemas(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[Mapping[str, str]]:
        return [schema for name, schema in self.schemas.items() if collections is None or name in collections]

    def visible(
        self, pin: Pin, principal: Principal, parses: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], DocumentView]:
        return {pair: self.live[pair] for pair in parses if pair in self.live}


class ChunkFiles:
    """Chunk records by parse; the offset of a locator is the chunk's place."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], list[Chunk]] = {}
        self.reads = 0

    def read(self, tenant: str, document: str, parse: str, locators: Sequence[Locator]) -> list[Chunk]:
        self.reads += 1
        return [self.records[tenant, document, parse][locator.offset] for locator in locators]

    def read_ordinals(self, tenant: str, document: str, parse: str, ordinals: Sequence[int]) -> list[Chunk]:
        self.reads += 1
        records = {chunk.ordinal: chunk for chunk in self.records[tenant, document, parse]}
        return [records[ordinal] for ordinal in ordinals if ordinal in records]


class World:
    """`add` indexes a document of passages; `retriever` answers over all of them."""

    def __init__(self, folder: Path) -> None:
        self.index = CountingIndex(folder / "index")
        self.embedder = WordEmbedder()
        self.catalog = Catalog()
        self.files = ChunkFiles()
        self.retriever = Retriever(
            self.index, self.embedder, self.catalog, self.files, count_tokens=lambda text: len(text.split())
        )

    def add(
        self,
        name: str,
        passages: Sequence[tuple[int, str]],
        *,
        title: str = "",
        tenant: str = "t1",
        collection: str = "demo",
        parse: str = PARSE,
        kinds: Sequence[str] = ("paragraph",),
        attributes: Mapping[str, str | int | float | bool] | None = None,
        live: bool = True,
    ) -> str:
        """`passages`: page and text of each chunk. Gives the document's id."""
        document = document_id(f"{tenant}/{collection}/{name}")
        self.catalog.schemas.setdefault(collection, {"year": "integer", "company": "string"})
        chunks = [
            make_chunk(document, parse, number, page, text, kinds) for number, (page, text) in enumerate(passages)
        ]
        self.files.records[tenant, document, parse] = chunks
        common = PointPayload(
            kind=PointKind.CHUNK,
            tenant=tenant,
            collection=collection,
            document=document,
            version="v" + parse[-4:],
            parse=parse,
            attributes=dict(attributes or {}),
        )
        self.index.upsert(self._points(chunks, title, common))
        if live:
            self.catalog.live[document, parse] = DocumentView(
                id=document,
                collection=collection,
                version="v" + parse[-4:],
                title=title or name,
                source_uri=name,
                media_type="application/pdf",
                updated_at="2025-01-01T00:00:00+00:00",
                attributes=dict(attributes or {}),
            )
        return document

    def _points(self, chunks: Sequence[Chunk], title: str, common: PointPayload) -> list[IndexPoint]:
        vectors = embed_chunks(self.embedder, chunks, title)
        points = [
            IndexPoint(
                id=str(uuid.uuid5(uuid.NAMESPACE_OID, chunk.id)),
                vector=vectors[number].tolist(),
                tokens=chunk_tokens(chunk, title),
                payload=replace(
                    common,
                    ordinal=chunk.ordinal,
                    page=chunk.page,
                    element_types=chunk.element_types,
                    locator=Locator(offset=number, length=1),
                ),
            )
            for number, chunk in enumerate(chunks)
        ]
        named = IndexPoint(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{common.document} {common.parse} title")),
            vector=None,
            tokens=title_tokens(title),
            payload=replace(common, kind=PointKind.TITLE),
        )
        return [*points, named]


def make_chunk(
    document: str, parse: str, ordinal: int, page: int, text: str, kinds: Sequence[str] = ("paragraph",)
) -> Chunk:
    start = 1000 * ordinal
    digest = hashlib.sha256(f"{document} {parse} {ordinal}".encode()).hexdigest()
    span = Span(
        start=start,
        end=start + len(text),
        page=page,
        page_size=(612.0, 792.0),
        boxes=((1.0, 2.0, 3.0, 4.0),),
        quote=text,
    )
    return Chunk(
        id=f"chk_{digest[:24]}",
        document_id=document,
        version="v" + parse[-4:],
        parse_id=parse,
        ordinal=ordinal,
        page=page,
        start=start,
        end=start + len(text),
        text=text,
        spans=(span,),
        element_ids=(f"el_{digest[:20]}",),
        element_types=tuple(kinds),
        parser="text_layer",
        parser_version="1",
        confidence=0.9,
    )
