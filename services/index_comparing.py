"""One question set asked of two indexes of the same catalog, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from ingestion.artefacts import ChunkFileStore
from ingestion.catalog import Catalog
from ingestion.catalog.indexes import IndexRecord
from ingestion.visibility import CatalogVisibility
from retrieval.embedding import TokenCounter
from retrieval.engine import Retriever
from retrieval.errors import IndexUnavailable
from retrieval.model import Principal
from retrieval.ports import VectorIndex
from retrieval.rerank import Rerankers
from services.api.encoding import encode_retrieve_answer
from services.api.request_context import RequestContext
from services.api.schemas.retrieve import RetrieveRequest
from services.client import Json
from services.failures import Failure
from services.index_parts import connect_index, is_readable, open_index
from services.parts import make_embedder
from services.profile import open_blobs
from services.settings import Settings

_CONTEXT = RequestContext(request_id="compare", trace_id="0" * 32)


class IndexAsker:
    """Answers requests of the retrieve contract like the API would, from one index."""

    def __init__(self, retriever: Retriever, tenant: str) -> None:
        self._retriever = retriever
        self._principal = Principal(id="index compare", tenant=tenant, scopes=frozenset({"read"}))

    def retrieve(self, request: Json) -> Json:
        query = RetrieveRequest.model_validate(request).to_query()
        result = self._retriever.retrieve(query, self._principal)
        answer: Json = json.loads(encode_retrieve_answer(result, query, _CONTEXT))
        return answer


@contextmanager
def asking(settings: Settings, catalog: Catalog, record: IndexRecord, tenant: str) -> Iterator[IndexAsker]:
    """Raises `Failure` for an index that this version cannot read."""
    if not is_readable(record):
        raise Failure("That index was made by another version of this software and cannot be asked.")
    with_model = settings.model_copy(update={"embedding_model": record.embedding_model})
    index = _reached(settings, record)
    try:
        retriever = Retriever(
            index,
            make_embedder(with_model),
            CatalogVisibility(catalog),
            ChunkFileStore(open_blobs(settings)),
            count_tokens=TokenCounter(with_model.embedding_model),
            rerankers=Rerankers(settings.allowed_rerank_models),
        )
        yield IndexAsker(retriever, tenant)
    finally:
        index.close()


def _reached(settings: Settings, record: IndexRecord) -> VectorIndex:
    """Opened here, or through its owner where a service has it open."""
    if settings.is_cluster:
        return connect_index(settings, record)
    try:
        return open_index(settings, record)
    except IndexUnavailable:
        return connect_index(settings, record)
