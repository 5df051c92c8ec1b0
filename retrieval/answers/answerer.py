"""From a question to an answer: retrieve, decide whether there is one, then quote it or have a model write it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from retrieval.answers.checked import checked_sentences
from retrieval.answers.extractive import extract
from retrieval.answers.model import AnswerResult, AnswerSentence, AnswerUsage
from retrieval.answers.prompt import messages_for
from retrieval.answers.units import Documents, Source, sources_of, units_of
from retrieval.engine import Retriever
from retrieval.errors import EmbeddingFailed, InvalidQuery
from retrieval.model import Principal
from retrieval.options import OutputFormat, RetrieveQuery
from retrieval.ports import Embedder
from retrieval.results import Degradation, RetrieveResult

EXTRACTIVE = "extractive"
"""The name to ask for where no model shall write."""

FOUND_FROM = 0.2
"""Answerability below which the answer is "not found". Low: a wrong "not found" hides what the passages would show, a
quote that does not answer is seen to be one."""


class ModelUnavailable(Exception):
    """The model gave no answer; the message says why, without any text. `usage`: what that cost all the same."""

    def __init__(self, message: str, *, code: str = "model_unavailable", usage: AnswerUsage | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.usage = usage or AnswerUsage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a model wrote."""

    text: str
    usage: AnswerUsage


class AnswerModel(Protocol):
    """A language model that an operator configured. Raises `ModelUnavailable` only."""

    @property
    def name(self) -> str: ...

    @property
    def most_characters(self) -> int:
        """Of the messages of one request."""
        ...

    def write(self, messages: Sequence[Mapping[str, str]]) -> Written: ...


class Answerer:
    """Thread-safe where its parts are."""

    def __init__(
        self, retriever: Retriever, embedder: Embedder, documents: Documents, model: AnswerModel | None = None
    ) -> None:
        self._retriever = retriever
        self._embedder = embedder
        self._documents = documents
        self._model = model

    def answer(self, query: RetrieveQuery, principal: Principal, *, model: str | None = None) -> AnswerResult:
        """The answer with what was retrieved for it. `model`: None for the configured one (without one: the documents'
        own sentences), or `EXTRACTIVE`. A model that fails is stood in for by the documents' sentences, and `degraded`
        says so.

        Raises what `Retriever.retrieve` does, and `InvalidQuery` for a model that is not configured.
        """
        writer = self._writer(model)
        if query.output_format is not OutputFormat.NATIVE:
            raise InvalidQuery("An answer has its own format: leave output_format out.", field="output_format")
        retrieved = self._retriever.retrieve(query, principal)
        started, cpu = time.perf_counter(), time.thread_time()
        written = self._answered(query.query, retrieved, principal.tenant, writer)
        elapsed = round((time.perf_counter() - started) * 1000, 3)
        timings = dict(retrieved.timings_ms)
        return replace(
            written,
            usage=replace(
                retrieved.usage,
                cpu_seconds=round(retrieved.usage.cpu_seconds + time.thread_time() - cpu, 6),
                money_usd=retrieved.usage.money_usd + written.model_usage.cost_usd,
            ),
            timings_ms={**timings, "answer": elapsed, "total": round(timings.get("total", 0.0) + elapsed, 3)},
        )

    def _writer(self, model: str | None) -> AnswerModel | None:
        if model in (None, *([self._model.name] if self._model is not None else [])):
            return self._model
        if model == EXTRACTIVE:
            return None
        raise InvalidQuery("There is no such model; leave it out, or ask for `extractive`.", field="model")

    def _answered(
        self, question: str, retrieved: RetrieveResult, tenant: str, writer: AnswerModel | None
    ) -> AnswerResult:
        empty = AnswerResult(
            sentences=(),
            model=None,
            retrieved=retrieved,
            degraded=retrieved.degraded,
            usage=retrieved.usage,
            model_usage=AnswerUsage(),
            timings_ms={},
        )
        score = retrieved.answerability.score
        if score is not None and score < FOUND_FROM:
            return empty
        sources = sources_of(retrieved.results, self._documents, tenant)
        if not sources:
            return empty
        if writer is None:
            return self._extracted(question, sources, empty)
        messages, shown = messages_for(question, sources, writer.most_characters)
        try:
            if not shown:
                raise ModelUnavailable("No passage is short enough for the model.", code="model_context")
            written = writer.write(messages)
        except ModelUnavailable as error:
            said = Degradation(code=error.code, message=f"{error} The answer is made of the documents' own sentences.")
            failed = replace(empty, degraded=(*empty.degraded, said), model_usage=error.usage)
            return self._extracted(question, sources, failed)
        sentences = checked_sentences(written.text, shown)
        return replace(empty, sentences=sentences, model=writer.name, model_usage=written.usage)

    def _extracted(self, question: str, sources: Sequence[Source], empty: AnswerResult) -> AnswerResult:
        units = units_of(sources)
        try:
            sentences: tuple[AnswerSentence, ...] = extract(question, units, self._embedder)
        except EmbeddingFailed:
            said = Degradation(code="dense_unavailable", message="The embedding model failed: words alone chose.")
            sentences = extract(question, units, None)
            return replace(empty, sentences=sentences, degraded=(*empty.degraded, said))
        return replace(empty, sentences=sentences)
