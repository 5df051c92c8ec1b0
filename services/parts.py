"""Composition: which implementation stands behind each port, made from the settings. Only processes call these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ingestion.artefacts import Artefacts, ChunkFileStore
from ingestion.catalog import Catalog
from ingestion.pipeline import PipelineParts
from ingestion.visibility import CatalogVisibility
from parsers.isolation import IsolatedParser
from parsers.rendering import IsolatedRenderer
from retrieval.answers.answerer import Answerer
from retrieval.embedding import TokenCounter, load_embedder
from retrieval.engine import Retriever
from retrieval.ports import Embedder
from retrieval.rerank import Rerankers
from retrieval.result_cache import ResultCache
from services.answers import StoredDocuments, open_answer_model
from services.api.parts import ApiParts
from services.index_parts import LiveIndex, connect_index, other_indexes
from services.parse_pool import ParsePool
from services.profile import open_blobs, open_secrets
from services.settings import Settings
from services.vision import open_vision

_WAITING_PARSES = 16


def open_catalog(settings: Settings) -> Catalog:
    return Catalog.open(settings.catalog_url, versions_kept=settings.versions_kept)


def make_embedder(settings: Settings) -> Embedder:
    return load_embedder(
        settings.embedding_model,
        settings.embedding_runtime,
        threads=settings.embedding_threads,
        cache_dir=settings.embedding_dir,
    )


@contextmanager
def api_parts(settings: Settings) -> Iterator[ApiParts]:
    """What the API answers with; closed at the end."""
    with ExitStack() as closing:
        catalog = closing.enter_context(open_catalog(settings))
        live = LiveIndex.of(catalog)
        settings = live.lay_over(settings)
        index = connect_index(settings, live.record)
        closing.callback(index.close)
        renderer = IsolatedRenderer(settings.parse_limits)
        closing.callback(renderer.close)
        blobs = open_blobs(settings)
        parses = ParsePool(
            settings.parse_limits,
            parsers=settings.parse_requests,
            waiting=_WAITING_PARSES,
            seconds=settings.parse_request_seconds,
            scratch=blobs.incoming,
            vision=closing.enter_context(open_vision(settings)),
        )
        closing.callback(parses.close)
        artefacts = Artefacts(blobs)
        embedder = make_embedder(settings)
        retriever = Retriever(
            index,
            embedder,
            CatalogVisibility(catalog),
            ChunkFileStore(blobs),
            count_tokens=TokenCounter(settings.embedding_model),
            rerankers=Rerankers(settings.allowed_rerank_models),
            cache=ResultCache(settings.result_cache_bytes) if settings.result_cache_bytes else None,
        )
        model = closing.enter_context(open_answer_model(settings))
        yield ApiParts(
            settings=settings,
            catalog=catalog,
            blobs=blobs,
            artefacts=artefacts,
            retriever=retriever,
            answerer=Answerer(retriever, embedder, StoredDocuments(artefacts), model),
            renderer=renderer,
            parses=parses,
            secrets=open_secrets(settings),
            index=index,
        )


@contextmanager
def worker_parts(settings: Settings) -> Iterator[PipelineParts]:
    """What a worker works with; closed at the end."""
    with ExitStack() as closing:
        catalog = closing.enter_context(open_catalog(settings))
        live = LiveIndex.of(catalog)
        settings = live.lay_over(settings)
        index = connect_index(settings, live.record)
        closing.callback(index.close)
        vision = closing.enter_context(open_vision(settings))
        parser = closing.enter_context(IsolatedParser(settings.parse_limits, vision=vision))
        yield PipelineParts(
            catalog=catalog,
            blobs=open_blobs(settings),
            index=index,
            embedder=make_embedder(settings),
            parser=parser,
            secrets=open_secrets(settings),
            options=settings.parse_options,
            switches=live.switches,
            other_indexes=other_indexes(settings, catalog, live.record),
        )
