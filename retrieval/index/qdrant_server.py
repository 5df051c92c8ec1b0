"""`VectorIndex` on a Qdrant server, through `qdrant-client`. Needs Qdrant 1.17 or later (text queries with BM25)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException

from retrieval.errors import IndexFault, IndexUnavailable, RetrievalError
from retrieval.hits import Hits
from retrieval.index.filters import of_kind, translate
from retrieval.index.payloads import (
    BM25_B,
    BM25_K,
    KEYWORD_KEYS,
    MAX_BATCH,
    MAX_ORDERED_KEYS,
    RECORD,
    TEXT_KEYS,
    TIE_SLACK,
    TOKENS_OF,
    VECTOR_OF,
    batches,
    check_query,
    check_vector,
    cut_inside_a_tie,
    decode_payload,
    encode_payload,
    ordered_keys,
)
from retrieval.model import IndexPoint, IndexQuery, ScoredPoint, SearchFilter

_SCROLL_PAGE = 10_000


class QdrantDialect:
    """The conditions of a Qdrant server."""

    def nothing(self) -> Any:
        return models.HasIdCondition(has_id=[])

    def texts(self, key: str, values: Sequence[str]) -> Any:
        if len(values) == 1:
            return models.FieldCondition(key=key, match=models.MatchValue(value=values[0]))
        return models.FieldCondition(key=key, match=models.MatchAny(any=list(values)))

    def numbers(self, key: str, *, gt: float | None, gte: float | None, lt: float | None, lte: float | None) -> Any:
        return models.FieldCondition(key=key, range=models.Range(gt=gt, gte=gte, lt=lt, lte=lte))

    def present(self, key: str) -> Any:
        return models.Filter(must_not=[models.IsEmptyCondition(is_empty=models.PayloadField(key=key))])

    def every(self, conditions: Sequence[Any]) -> Any:
        return models.Filter(must=list(conditions))

    def some(self, conditions: Sequence[Any]) -> Any:
        return models.Filter(should=list(conditions))

    def none_of(self, condition: Any) -> Any:
        return models.Filter(must_not=[condition])


_DIALECT = QdrantDialect()


class QdrantServerIndex:
    """One collection of a server, made if there is none; as thread-safe as the client. `close` closes the client.

    Every write waits until the server has applied it to its log, so `flush` has nothing left to do. Raises `IndexFault`
    when the collection has vectors of another dimension.
    """

    def __init__(self, client: QdrantClient, collection: str, dimension: int) -> None:
        self._client = client
        self._collection = collection
        self._dimension = dimension
        with _server_errors():
            if not client.collection_exists(collection):
                self._create()
            description = client.get_collection(collection)
        vectors = description.config.params.vectors
        sizes = {name: vector.size for name, vector in vectors.items()} if isinstance(vectors, dict) else {}
        if any(sizes.get(name) != dimension for name in VECTOR_OF.values()):
            found = ", ".join(f"{name} of dimension {size}" for name, size in sorted(sizes.items())) or "none"
            raise IndexFault(f"The collection {collection!r} has vectors {found}, not all of dimension {dimension}.")
        self._ordered = set(description.payload_schema) - {*KEYWORD_KEYS, *TEXT_KEYS}

    @property
    def dimension(self) -> int:
        return self._dimension

    def upsert(self, points: Sequence[IndexPoint]) -> None:
        for batch in batches(points, MAX_BATCH):
            payloads = [encode_payload(point) for point in batch]
            records = [self._record(point, payload) for point, payload in zip(batch, payloads, strict=True)]
            for key in sorted(ordered_keys(payloads) - self._ordered)[: MAX_ORDERED_KEYS - len(self._ordered)]:
                self._create_payload_index(key, models.PayloadSchemaType.FLOAT)
                self._ordered.add(key)
            with _server_errors():
                self._client.upsert(self._collection, points=records, wait=True)

    def search(self, queries: Sequence[IndexQuery], *, seconds: float | None = None) -> list[Hits]:
        for query in queries:
            check_query(query, self._dimension)
        asked = [number for number, query in enumerate(queries) if query.tokens != ()]
        limits = [query.limit + TIE_SLACK for query in queries]
        answers = self._query([_request(queries[number], limits[number]) for number in asked], seconds)
        found = [Hits.of([]) for _ in queries]
        for number, answer in zip(asked, answers, strict=True):
            query, fetched = queries[number], limits[number]
            while cut_inside_a_tie([hit.score for hit in answer], query.limit, fetched):
                fetched *= 4
                (answer,) = self._query([_request(query, fetched)], seconds)
            found[number] = Hits.of(_ranked_hits(answer, query.limit))
        return found

    def count(self, where: SearchFilter) -> int:
        with _server_errors():
            return self._client.count(self._collection, count_filter=_filter(where), exact=True).count

    def ids(self, where: SearchFilter) -> set[str]:
        wanted, offset, found = _filter(where), None, set[str]()
        while True:
            with _server_errors():
                page, offset = self._client.scroll(
                    self._collection,
                    scroll_filter=wanted,
                    limit=_SCROLL_PAGE,
                    offset=offset,
                    with_payload=False,
                    with_vectors=False,
                )
            found.update(str(record.id) for record in page)
            if offset is None:
                return found

    def delete(self, where: SearchFilter) -> None:
        with _server_errors():
            self._client.delete(self._collection, points_selector=_filter(where), wait=True)

    def flush(self) -> None:
        return

    def close(self) -> None:
        with _server_errors():
            self._client.close()

    def _create(self) -> None:
        self._client.create_collection(
            self._collection,
            vectors_config={
                name: models.VectorParams(size=self._dimension, distance=models.Distance.COSINE)
                for name in VECTOR_OF.values()
            },
        )
        for key in KEYWORD_KEYS:
            self._create_payload_index(key, models.PayloadSchemaType.KEYWORD)
        tokens = models.TextIndexParams(
            type=models.TextIndexType.TEXT,
            tokenizer=models.TokenizerType.WHITESPACE,
            lowercase=False,
            scoring=True,
        )
        for key in TEXT_KEYS:
            self._create_payload_index(key, tokens)

    def _create_payload_index(self, key: str, schema: Any) -> None:
        with _server_errors():
            self._client.create_payload_index(self._collection, key, field_schema=schema, wait=True)

    def _record(self, point: IndexPoint, payload: dict[str, Any]) -> models.PointStruct:
        vectors: dict[str, Any] = {}
        if point.vector is not None:
            check_vector(point.vector, self._dimension)
            vectors[VECTOR_OF[point.payload.kind]] = list(point.vector)
        with _server_errors():
            return models.PointStruct(id=point.id, vector=vectors, payload=payload)

    def _query(self, requests: list[models.QueryRequest], seconds: float | None) -> list[list[models.ScoredPoint]]:
        if not requests:
            return []
        whole_seconds = None if seconds is None else math.ceil(seconds)
        with _server_errors():
            answers = self._client.query_batch_points(self._collection, requests=requests, timeout=whole_seconds)
        return [answer.points for answer in answers]


@contextmanager
def _server_errors() -> Iterator[None]:
    try:
        yield
    except RetrievalError:
        raise
    except (ResponseHandlingException, httpx.TransportError, ConnectionError) as error:
        raise IndexUnavailable(f"The Qdrant server cannot be reached: {error}") from error
    except (ApiException, ValueError, RuntimeError, NotImplementedError) as error:
        raise IndexFault(f"The Qdrant server answered with an error: {error}") from error


def _filter(where: SearchFilter) -> models.Filter:
    with _server_errors():
        condition = translate(where, _DIALECT)
        return condition if isinstance(condition, models.Filter) else models.Filter(must=[condition])


def _request(query: IndexQuery, limit: int) -> models.QueryRequest:
    found = _filter(of_kind(query.kind, query.filter))
    shared: dict[str, Any] = {"limit": limit, "filter": found, "with_payload": [RECORD]}
    if query.vector is not None:
        return models.QueryRequest(query=list(query.vector), using=VECTOR_OF[query.kind], **shared)
    text = models.TextQueryInput(
        query=" ".join(query.tokens or ()),
        scoring=models.Bm25Scoring(bm25=models.Bm25Params(k=BM25_K, b=BM25_B)),
    )
    return models.QueryRequest(
        query=models.TextQuery(text=text),
        using=TOKENS_OF[query.kind],
        params=models.SearchParams(idf=models.IdfCorpusParams(corpus=_filter(of_kind(query.kind, query.corpus)))),
        **shared,
    )


def _ranked_hits(answer: Sequence[models.ScoredPoint], limit: int) -> list[ScoredPoint]:
    best = sorted(answer, key=lambda hit: (-hit.score, str(hit.id)))[:limit]
    return [
        ScoredPoint(id=str(hit.id), score=float(hit.score), payload=decode_payload((hit.payload or {})[RECORD]))
        for hit in best
    ]
