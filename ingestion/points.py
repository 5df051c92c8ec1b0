"""A document as points of the index: one per chunk, one per page, and one for its title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.chunking import point_id
from parsers.model import Document
from retrieval.embedding.contextual import chunk_tokens, embed_chunks, title_tokens
from retrieval.embedding.pages import PagePassages, page_sketch, page_tokens, pages_of
from retrieval.facts import DocumentFacts, one_line
from retrieval.model import AttributeValue, Chunk, IndexPoint, Locator, PointKind, PointPayload
from retrieval.ports import Embedder
from retrieval.tokens import language_code

_TITLE_NAME = "title"


class Described(Protocol):
    """What points say of their document: a job knows it, and the catalog of a document that is live."""

    @property
    def tenant(self) -> str: ...

    @property
    def collection(self) -> str: ...

    @property
    def document_id(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    @property
    def attributes(self) -> Mapping[str, AttributeValue]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """The chunks of a parse, and where their records lie."""

    chunks: Sequence[Chunk]
    locators: Sequence[Locator]


def title_line(title: str, facts: DocumentFacts, attributes: Mapping[str, AttributeValue]) -> str:
    """The one line that stands for a document: the title that its file's name gives, what is known of it, and the
    values of its attributes that are words or dates."""
    values = [value for value in attributes.values() if isinstance(value, str)]
    return one_line(title, facts.title, facts.organisation, facts.kind, *facts.periods, *values)


def point_ids(document_id: str, parse_id: str, chunks: Sequence[Chunk]) -> set[str]:
    """The ids of all points of a parse: they follow from its chunks."""
    names: list[int | str] = [chunk.ordinal for chunk in chunks]
    names += [_page_name(page.page) for page in pages_of(chunks)]
    return {point_id(document_id, parse_id, name) for name in (*names, _TITLE_NAME)}


def _page_name(page: int) -> str:
    return f"page {page}"


class DocumentPoints:
    """The points of one parse of a document, numbered: chunks, then pages, then the title."""

    def __init__(self, job: Described, document: Document, passages: Passages, facts: DocumentFacts) -> None:
        self._title = job.title
        self._line = title_line(job.title, facts, job.attributes)
        self._passages = passages
        self._pages = pages_of(passages.chunks)
        self._language = language_code(document.document.language)
        self._parse = document.parse_id
        self._common = PointPayload(
            kind=PointKind.CHUNK,
            tenant=job.tenant,
            collection=job.collection,
            document=job.document_id,
            version=job.sha256,
            parse=document.parse_id,
            attributes=dict(job.attributes),
        )

    def __len__(self) -> int:
        return len(self._passages.chunks) + len(self._pages) + 1

    def page_of(self, number: int) -> int:
        """The page of the document that the point belongs to; 0 for the title's."""
        return self._payload(number).page

    def ids(self) -> set[str]:
        return point_ids(self._common.document, self._parse, self._passages.chunks)

    def vectors(self, embedder: Embedder, batch: int) -> Iterator[NDArray[np.float32]]:
        """The vectors of all points in order, some `batch` at a time."""
        chunks = self._passages.chunks
        sketches = [*(page_sketch(page, self._title) for page in self._pages), self._line]
        return chain(
            (embed_chunks(embedder, chunks[at : at + batch], self._title) for at in range(0, len(chunks), batch)),
            (embedder.embed(sketches[at : at + batch]) for at in range(0, len(sketches), batch)),
        )

    def title_vector(self, embedder: Embedder) -> NDArray[np.float32]:
        """That of the last point alone."""
        (vector,) = embedder.embed([self._line])
        return np.asarray(vector)

    def point(self, number: int, vector: NDArray[np.float32]) -> IndexPoint:
        return IndexPoint(
            id=self._id(number), vector=vector.tolist(), tokens=self._tokens(number), payload=self._payload(number)
        )

    def _id(self, number: int) -> str:
        payload = self._payload(number)
        names: dict[PointKind, int | str] = {
            PointKind.CHUNK: payload.ordinal,
            PointKind.PAGE: _page_name(payload.page),
            PointKind.TITLE: _TITLE_NAME,
        }
        return point_id(payload.document, payload.parse, names[payload.kind])

    def _page(self, number: int) -> PagePassages | None:
        position = number - len(self._passages.chunks)
        return self._pages[position] if 0 <= position < len(self._pages) else None

    def _tokens(self, number: int) -> tuple[str, ...]:
        if number < len(self._passages.chunks):
            return chunk_tokens(self._passages.chunks[number], self._title, self._language)
        page = self._page(number)
        if page is not None:
            return page_tokens(page, self._title, self._language)
        return title_tokens(self._line, self._language)

    def _payload(self, number: int) -> PointPayload:
        if number < len(self._passages.chunks):
            chunk = self._passages.chunks[number]
            return replace(
                self._common,
                ordinal=chunk.ordinal,
                page=chunk.page,
                element_types=chunk.element_types,
                locator=self._passages.locators[number],
            )
        page = self._page(number)
        if page is None:
            return replace(self._common, kind=PointKind.TITLE)
        return replace(
            self._common,
            kind=PointKind.PAGE,
            page=page.page,
            element_types=tuple(dict.fromkeys(kind for chunk in page.chunks for kind in chunk.element_types)),
            chunks=tuple((chunk.ordinal, self._passages.locators[chunk.ordinal]) for chunk in page.chunks),
        )
