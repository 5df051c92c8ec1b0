"""Asking a question set: one `POST /v1/retrieve` per question, measured as it comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from retrieval.evaluation.measures import CitedHit, document_names, folded, measure
from retrieval.evaluation.outcomes import Outcome
from retrieval.evaluation.questions import Question
from services.client import Client, ClientError, ConnectionBroke, Json, NoService, Refused
from services.evaluation.options import DEFAULTS, depth_of, laid_over
from services.failures import Failure

_PAUSES_SECONDS = (0.5, 2.0)
_BUSY = frozenset({429, 503})
_SECONDS_BETWEEN_LOOKS = 0.25

Progress = Callable[[int], None]
Measure = Callable[[Question, Sequence[Json], int], Mapping[str, float]]


@dataclass(slots=True, kw_only=True)
class Asked:
    """What came back until now. `stopped`: why not all questions were asked; `results`: the results of each question
    that was answered, best first, reduced to what a run file needs (their documents' source)."""

    outcomes: list[Outcome] = field(default_factory=list)
    results: dict[str, list[str]] = field(default_factory=dict)
    index_version: str | None = None
    stopped: str | None = None


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
    client: Client,
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
    asked = Asked()
    found: dict[str, Outcome] = {}
    pool = ThreadPoolExecutor(clients, thread_name_prefix="ask")
    running: set[Future[tuple[Outcome, Json]]] = set()
    for question in questions:
        wanted = laid_over(laid_over(DEFAULTS, options), question.request)
        running.add(pool.submit(_ask, client, question, wanted, measured_by))
    try:
        while running:
            done, running = wait(running, timeout=_SECONDS_BETWEEN_LOOKS, return_when=FIRST_COMPLETED)
            for future in done:
                outcome, answer = future.result()
                found[outcome.id] = outcome
                if outcome.error is None:
                    asked.index_version = answer["index_version"]
                    asked.results[outcome.id] = [result["document"]["source_uri"] for result in answer["results"]]
            show(len(found))
    except KeyboardInterrupt:
        asked.stopped = "interrupted"
    except Failure as error:
        if not found:
            raise
        asked.stopped = str(error)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    asked.outcomes = [found[question.id] for question in questions if question.id in found]
    return asked


def _ask(client: Client, question: Question, options: Mapping[str, Any], measured_by: Measure) -> tuple[Outcome, Json]:
    request = {**options, "query": question.query}
    depth = depth_of(options)
    answer: Json | None = None
    error: str | None = None
    started = time.perf_counter()
    for pause in (*_PAUSES_SECONDS, None):
        started = time.perf_counter()
        try:
            answer = client.retrieve(request)
            break
        except Refused as refused:
            if refused.status < 500 and refused.status not in _BUSY:
                raise _wrong_request(question, refused) from None
            error = refused.kind or f"status {refused.status}"
        except NoService:
            raise
        except ClientError as broke:
            if pause is None and isinstance(broke, ConnectionBroke):
                raise
            error = type(broke).__name__
        if pause is not None:
            time.sleep(pause)
    seconds = time.perf_counter() - started
    if answer is None:
        return _outcome(question, {"results": []}, depth, measured_by, error=error), {}
    return _outcome(question, answer, depth, measured_by, round_trip_ms=1000 * seconds), answer


def _outcome(
    question: Question,
    answer: Json,
    depth: int,
    measured_by: Measure,
    *,
    round_trip_ms: float | None = None,
    error: str | None = None,
) -> Outcome:
    return Outcome(
        id=question.id,
        type=question.type,
        answerable=question.answerable,
        measures=measured_by(question, answer["results"], depth),
        answerability=(answer.get("answerability") or {}).get("score"),
        round_trip_ms=round_trip_ms,
        service_ms=(answer.get("timings_ms") or {}).get("total"),
        cpu_seconds=(answer.get("usage") or {}).get("cpu_seconds"),
        error=error,
    )


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
