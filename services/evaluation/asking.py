"""Asking a question set: one `POST /v1/retrieve` per question, measured as it comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol

from retrieval.evaluation.measures import CitedHit, document_names, folded, measure
from retrieval.evaluation.outcomes import Outcome
from retrieval.evaluation.questions import Question
from services.client import Client, ConnectionBroke, Json, Refused
from services.evaluation.options import DEFAULTS, depth_of, laid_over
from services.failures import Failure

_PAUSES_SECONDS = (0.5, 2.0)
_BUSY = frozenset({429, 503})
_SERVER_ERRORS = 500
_SECONDS_BETWEEN_LOOKS = 0.25

Progress = Callable[[int], None]


class Asks(Protocol):
    """Whoever answers requests of the retrieve contract: a service's client, or an index in this process."""

    def retrieve(self, request: Json) -> Json: ...


Measure = Callable[[Question, Sequence[Json], int], Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came back. `stopped`: why not all questions were asked; `results`: the results of each question
    that was answered, best first, reduced to what a run file needs (their documents' source)."""

    outcomes: list[Outcome]
    results: dict[str, list[str]]
    index_version: str | None
    stopped: str | None


def measured_by_places(question: Question, results: Sequence[Json], depth: int) -> Mapping[str, float]:
    """The measures of a question set with gold places."""
    return measure(question, [cited_hit(result) for result in results], depth)


def cited_hit(result: Json) -> CitedHit:
    """A result of the retrieve contract as what it claims."""
    document, spans = result["document"], result["spans"]
    return CitedHit(
        document=document["id"],
        names=document_names(document["id"], document["sha256"], document["source_uri"]),
        pages=frozenset(span["page"] for span in spans),
        ranges=tuple((span["start"], span["end"]) for span in spans),
        quotes=tuple(span["quote"] for span in spans),
    )


def ask_all(
    client: Asks,
    questions: Sequence[Question],
    options: Mapping[str, Any],
    *,
    show: Progress,
    clients: int = 1,
    measured_by: Measure = measured_by_places,
) -> Asked:
    """Ask every question, `clients` at a time. Ctrl-C, a service that goes away and a request that is refused for what
    it asks end it early: what was asked until then is given, with `stopped`; the latter two raise a `Failure` where
    nothing was asked yet. A request that fails for another reason counts as an answer without hits."""
    found: dict[str, _Answer] = {}
    stopped: str | None = None
    failure: Failure | None = None
    pool = ThreadPoolExecutor(clients, thread_name_prefix="ask")
    futures: list[Future[_Answer]] = []
    for question in questions:
        wanted = laid_over(laid_over(DEFAULTS, options), question.request)
        futures.append(pool.submit(_ask, client, question, wanted, measured_by))
    running = set(futures)
    try:
        while running and failure is None:
            done, running = wait(running, timeout=_SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED)
            failure = _keep(done, found)
            show(len(found))
    except KeyboardInterrupt:
        stopped = "interrupted"
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    failure = _keep([future for future in futures if not future.cancelled()], found) or failure
    if failure is not None and not found:
        raise failure
    answers = [found[question.id] for question in questions if question.id in found]
    return Asked(
        outcomes=[answer.outcome for answer in answers],
        results={answer.outcome.id: answer.sources for answer in answers if answer.outcome.error is None},
        index_version=next((answer.index_version for answer in answers if answer.index_version), None),
        stopped=stopped or (None if failure is None else str(failure)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What is kept of an answer: the passages of 10,000 questions would fill the memory."""

    outcome: Outcome
    sources: list[str]
    index_version: str | None


def _keep(done: Iterable[Future[_Answer]], found: dict[str, _Answer]) -> Failure | None:
    """Note what came back; the first failure among it."""
    failure = None
    for future in done:
        try:
            answer = future.result()
        except Failure as error:
            failure = failure or error
        else:
            found[answer.outcome.id] = answer
    return failure


def _ask(client: Asks, question: Question, options: Mapping[str, Any], measured_by: Measure) -> _Answer:
    """Repeated where the service is busy or the connection broke. Raises `Failure` where no question can be answered,
    or where this one asks for what cannot be."""
    request = {**options, "query": question.query}
    error = ""
    for pause in (*_PAUSES_SECONDS, None):
        started = time.perf_counter()
        try:
            answer = client.retrieve(request)
        except Refused as refused:
            if refused.status < _SERVER_ERRORS and refused.status not in _BUSY:
                raise _wrong_request(question, refused) from None
            error = refused.kind or f"status {refused.status}"
        except ConnectionBroke:
            if pause is None:
                raise
        else:
            milliseconds = 1000 * (time.perf_counter() - started)
            return _answered(
                question, answer, milliseconds, measured_by(question, answer["results"], depth_of(options))
            )
        if pause is not None:
            time.sleep(pause)
    missed = Outcome(
        id=question.id,
        type=question.type,
        answerable=question.answerable,
        measures=measured_by(question, (), depth_of(options)),
        error=error,
    )
    return _Answer(outcome=missed, sources=[], index_version=None)


def _answered(question: Question, answer: Json, milliseconds: float, measures: Mapping[str, float]) -> _Answer:
    outcome = Outcome(
        id=question.id,
        type=question.type,
        answerable=question.answerable,
        measures=measures,
        answerability=answer["answerability"]["score"],
        round_trip_ms=milliseconds,
        service_ms=answer["timings_ms"]["total"],
        cpu_seconds=answer["usage"]["cpu_seconds"],
    )
    sources = [result["document"]["source_uri"] for result in answer["results"]]
    return _Answer(outcome=outcome, sources=sources, index_version=answer["index_version"])


def _wrong_request(question: Question, refused: Refused) -> Failure:
    where = f"line {question.line} (question {question.id!r})" if question.line else f"question {question.id!r}"
    return Failure(f"The service refused the request of {where}: {refused}", hint=refused.hint)


def unknown_documents(client: Client, questions: Sequence[Question], collections: Sequence[str] | None) -> set[str]:
    """The documents that gold places name and that the collections do not hold. Raises `ClientError`."""
    names: set[str] = set()
    for collection in collections or (None,):
        for document in client.documents(collection):
            names |= document_names(document["id"], document["sha256"], document["source_uri"])
    wanted = {place.document for question in questions for place in question.gold}
    return {name for name in wanted if folded(name) not in names}
