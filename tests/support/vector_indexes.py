"""Points, questions and every kind of `VectorIndex`, for the tests of the index."""

from __future__ import annotations

import math
import shutil
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from qdrant_client import QdrantClient, models
from qdrant_client.http.models import QueryResponse

from retrieval.index.edge import EdgeIndex
from retrieval.index.owner import serve
from retrieval.index.payloads import TEXT_KEYS
from retrieval.index.remote import RemoteIndex
from retrieval.model import (
    EVERYONE,
    AllOf,
    AttributeValue,
    IndexPoint,
    IndexQuery,
    Locator,
    PointKind,
    PointPayload,
    SearchFilter,
)

EVERYTHING = AllOf(filters=())
DIMENSION = 4


def point_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def point(
    number: int,
    text: str = "",
    vector: Sequence[float] | None = None,
    *,
    kind: PointKind = PointKind.CHUNK,
    tenant: str = "acme",
    collection: str = "reports",
    document: str = "doc_1",
    version: str = "v1",
    parse: str = "prs_1",
    access: tuple[str, ...] = (EVERYONE,),
    element_types: tuple[str, ...] = ("paragraph",),
    **attributes: AttributeValue,
) -> IndexPoint:
    return IndexPoint(
        id=point_id(number),
        vector=None if vector is None else list(vector),
        tokens=tuple(text.split()),
        payload=PointPayload(
            kind=kind,
            tenant=tenant,
            collection=collection,
            document=document,
            version=version,
            parse=parse,
            access=access,
            ordinal=number,
            page=number // 2 + 1,
            element_types=element_types,
            locator=Locator(offset=number * 10, length=10),
            attributes=attributes,
        ),
    )


def lexical(text: str, *, limit: int = 10, where: SearchFilter = EVERYTHING, corpus: SearchFilter | None = None) -> Any:
    return IndexQuery(limit=limit, filter=where, corpus=where if corpus is None else corpus, tokens=tuple(text.split()))


def dense(vector: Sequence[float], *, limit: int = 10, where: SearchFilter = EVERYTHING) -> IndexQuery:
    return IndexQuery(limit=limit, filter=where, corpus=where, vector=list(vector))


def lucene_scores(documents: dict[str, Sequence[str]], query: Sequence[str]) -> dict[str, float]:
    """BM25 as Lucene has it (k1 1.2, b .75, idf ln(1 + (N - n + .5) / (n + .5))), over documents with a token."""
    documents = {name: tokens for name, tokens in documents.items() if tokens}
    if not documents:
        return {}
    mean = sum(map(len, documents.values())) / len(documents)
    counts = {name: Counter(tokens) for name, tokens in documents.items()}
    scores: dict[str, float] = {}
    for term in set(query):
        holders = [name for name in documents if counts[name][term]]
        idf = math.log(1 + (len(documents) - len(holders) + 0.5) / (len(holders) + 0.5))
        for name in holders:
            count = counts[name][term]
            norm = 1.2 * (0.25 + 0.75 * len(documents[name]) / mean)
            scores[name] = scores.get(name, 0.0) + idf * count * 2.2 / (count + norm)
    return scores


class LocalServer(QdrantClient):
    """The client's local mode, completed by what a server does and it does not: text queries over tokens that are
    separated by white space, and with a corpus."""

    def __init__(self) -> None:
        super().__init__(":memory:")

    def query_batch_points(self, collection_name: str, requests: Sequence[models.QueryRequest], **more: Any) -> Any:
        return [
            self._text_query(collection_name, request)
            if isinstance(request.query, models.TextQuery)
            else super(LocalServer, self).query_batch_points(collection_name, [request], **more)[0]
            for request in requests
        ]

    def _text_query(self, collection: str, request: models.QueryRequest) -> QueryResponse:
        assert request.using in TEXT_KEYS
        assert isinstance(request.params.idf, models.IdfCorpusParams)
        assert request.query.text.scoring.bm25 == models.Bm25Params(k=1.2, b=0.75)
        corpus = self._matching(collection, request.params.idf.corpus)
        wanted = self._matching(collection, request.filter)
        scores = lucene_scores(
            {name: record.payload.get(request.using, "").split() for name, record in corpus.items()},
            request.query.text.query.split(),
        )
        hits = [
            models.ScoredPoint(id=name, version=0, score=score, payload={"record": wanted[name].payload["record"]})
            for name, score in scores.items()
            if name in wanted
        ]
        hits.sort(key=lambda hit: -hit.score)
        return QueryResponse(points=hits[: request.limit])

    def _matching(self, collection: str, where: models.Filter | None) -> dict[str, Any]:
        records, _ = self.scroll(collection, scroll_filter=where, limit=100_000)
        return {str(record.id): record for record in records}


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a local socket, wherever the tests run."""
    folder = Path(tempfile.mkdtemp(prefix="idx", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(make_index: Callable[[], Any], socket_path: Path) -> Iterator[RemoteIndex]:
    """A connection to an index that a thread of this process serves."""
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as owner, closing(RemoteIndex(socket_path)) as remote:
        done = owner.submit(lambda: serve(make_index(), socket_path, stop))
        try:
            yield remote
        finally:
            stop.set()
            done.result(timeout=30)


@contextmanager
def served_edge(folder: Path) -> Iterator[RemoteIndex]:
    with served(lambda: EdgeIndex(folder / "index", DIMENSION), folder / "run" / "index.sock") as remote:
        yield remote
