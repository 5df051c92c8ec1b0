"""From what each question yielded to what is told of all of them, and of two runs beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from retrieval.evaluation.intervals import Estimate, PairedDifference, estimates, paired, separation

DECIDING = ("hit@5", "ndcg@10", "mrr")
"""The measures by which a question counts as won or lost: the first one that both runs have."""

MEASURES = (
    *("hit@1", "hit@3", "hit@5", "hit@10", "hit@20", "mrr", "ndcg@10"),
    *("recall@5", "recall@10", "recall@20", "recall@100", "document@1", "document@5"),
    *("page_precision@5", "span@1", "span@5", "span_precision@5", "span_recall@5"),
)  # fmt: skip
"""In the order in which they are shown."""

_NEITHER = (math.nan, math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one question yielded. `measures` is empty where the question has no gold. `answerability`: the service's own
    score, None where it gave none. `round_trip_ms` is the caller's clock, `service_ms` and `cpu_seconds` the
    service's. `error`: why there is no answer, which then counts as one without hits."""

    id: str
    type: str
    answerable: bool
    measures: Mapping[str, float] = field(default_factory=dict)
    answerability: float | None = None
    round_trip_ms: float | None = None
    service_ms: float | None = None
    cpu_seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds; `cpu_ms` is the mean CPU time of a request in the service's answering process."""

    round_trip_p50: float
    round_trip_p95: float
    service_p50: float | None
    service_p95: float | None
    cpu_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """`overall` and, of each type of question, `by_type`: measure → estimate. `answerability`: area under the ROC curve
    of the service's score, None without scores or without questions of both kinds."""

    questions: int
    answerable: int
    failed: int
    overall: Mapping[str, Estimate]
    by_type: Mapping[str, Mapping[str, Estimate]]
    answerability: Estimate | None
    latency: Latency | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs on the questions that both have. `won` and `lost` by the measure `decided_by`; `left_out` counts
    questions that only one of them has."""

    differences: Mapping[str, PairedDifference]
    decided_by: str | None
    won: tuple[str, ...]
    lost: tuple[str, ...]
    left_out: int


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    measured = [outcome for outcome in outcomes if outcome.measures]
    kinds = sorted({outcome.type for outcome in measured})
    return Summary(
        questions=len(outcomes),
        answerable=sum(outcome.answerable for outcome in outcomes),
        failed=sum(outcome.error is not None for outcome in outcomes),
        overall=_estimates(measured),
        by_type={kind: _estimates([outcome for outcome in measured if outcome.type == kind]) for kind in kinds},
        answerability=separation(_scores(outcomes, answerable=True), _scores(outcomes, answerable=False)),
        latency=_latency(outcomes),
    )


def compare(before: Sequence[Outcome], after: Sequence[Outcome]) -> Comparison:
    """The second run against the first, question by question."""
    old = {outcome.id: outcome.measures for outcome in before}
    new = {outcome.id: outcome.measures for outcome in after}
    common = [key for key in old if key in new]
    names = _names([{name: 0.0 for name in old[key] if name in new[key]} for key in common])
    before_columns, after_columns = _both(old, new, common, names)
    differences = dict(zip(names, paired(before_columns, after_columns), strict=True)) if names else {}
    decided_by = next((name for name in DECIDING if name in differences), next(iter(differences), None))
    moved = [(key, new[key].get(decided_by, 0.0) - old[key].get(decided_by, 0.0)) for key in common if decided_by]
    return Comparison(
        differences=differences,
        decided_by=decided_by,
        won=tuple(key for key, by in moved if by > 0),
        lost=tuple(key for key, by in moved if by < 0),
        left_out=len(old.keys() ^ new.keys()),
    )


_Rows = Mapping[str, Mapping[str, float]]


def _both(old: _Rows, new: _Rows, keys: Sequence[str], names: Sequence[str]) -> tuple[list[list[float]], ...]:
    """The columns of both runs, NaN where either lacks the measure."""
    pairs = [
        [(old[key][name], new[key][name]) if name in old[key] and name in new[key] else _NEITHER for key in keys]
        for name in names
    ]
    return tuple([[pair[side] for pair in column] for column in pairs] for side in (0, 1))


def _estimates(outcomes: Sequence[Outcome]) -> dict[str, Estimate]:
    names = _names([outcome.measures for outcome in outcomes])
    if not names:
        return {}
    columns = [[outcome.measures.get(name, math.nan) for outcome in outcomes] for name in names]
    return dict(zip(names, estimates(columns), strict=True))


def _names(rows: Sequence[Mapping[str, float]]) -> list[str]:
    """All measures of the rows, the known ones first and in their order."""
    found = dict.fromkeys(name for row in rows for name in row)
    return [name for name in MEASURES if name in found] + [name for name in found if name not in MEASURES]


def _scores(outcomes: Sequence[Outcome], *, answerable: bool) -> list[float]:
    chosen = (outcome for outcome in outcomes if outcome.answerable is answerable)
    return [outcome.answerability for outcome in chosen if outcome.answerability is not None]


def _latency(outcomes: Sequence[Outcome]) -> Latency | None:
    answered = [outcome for outcome in outcomes if outcome.error is None]
    trips = [outcome.round_trip_ms for outcome in answered if outcome.round_trip_ms is not None]
    if not trips:
        return None
    service = [outcome.service_ms for outcome in answered if outcome.service_ms is not None]
    cpu = [outcome.cpu_seconds for outcome in answered if outcome.cpu_seconds is not None]
    return Latency(
        round_trip_p50=percentile(trips, 50),
        round_trip_p95=percentile(trips, 95),
        service_p50=percentile(service, 50) if service else None,
        service_p95=percentile(service, 95) if service else None,
        cpu_ms=1000 * sum(cpu) / len(cpu) if cpu else None,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` per cent of them do not exceed (nearest rank).

    >>> percentile([4, 1, 3, 2], 50), percentile([1], 95)
    (2, 1)
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)]
