"""What the commands of `sourcespan eval` share: asking with one configuration, storing it, and telling the result."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import typer

from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.gate import Gate
from retrieval.evaluation.outcomes import Comparison, Outcome, Summary, compare, summarise
from retrieval.evaluation.questions import Question
from retrieval.evaluation.trec import run_lines
from services.cli.eval_output import asking_shown
from services.cli.output import counted, err, plain
from services.client import Client, Json, Refused
from services.evaluation.asking import Asked, Measure, ask_all, measured_by_places
from services.evaluation.options import DEFAULTS, Options, laid_over
from services.evaluation.record import question_set_of, record_of, rounded
from services.failures import Failure

_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is asked, where, and whether it is stored. `collections` None: all that the key may read."""

    client: Client
    questions: Sequence[Question]
    file: Path
    collections: Sequence[str] | None
    clients: int = 1
    store: bool = True
    measured_by: Measure = measured_by_places


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One configuration's outcomes. `id` None: not stored."""

    asked: Asked
    summary: Summary
    options: Options
    id: str | None

    @property
    def outcomes(self) -> list[Outcome]:
        return self.asked.outcomes

    def document(self) -> Json:
        """For programs."""
        return {
            "id": self.id,
            "request": self.options,
            "stopped": self.asked.stopped,
            "index_version": self.asked.index_version,
            "summary": rounded(msgspec.to_builtins(self.summary)),
            "outcomes": rounded(msgspec.to_builtins(self.outcomes)),
        }


def evaluate(setup: Setup, options: Mapping[str, Any], name: str) -> Finished:
    """Ask all questions with these options, and store the evaluation (also one that was stopped)."""
    wanted = laid_over(DEFAULTS, options)
    request = wanted if setup.collections is None else wanted | {"collections": list(setup.collections)}
    with asking_shown(len(setup.questions), name) as show:
        asked = ask_all(
            setup.client, setup.questions, request, show=show, clients=setup.clients, measured_by=setup.measured_by
        )
    if asked.stopped is not None:
        err.print(plain(f"Stopped after {len(asked.outcomes)} of {len(setup.questions)} questions: {asked.stopped}"))
    if not asked.outcomes:
        raise typer.Exit(_INTERRUPTED)
    summary = summarise(asked.outcomes)
    identity = _store(setup, wanted, name, asked, summary) if setup.store else None
    return Finished(asked=asked, summary=summary, options=wanted, id=identity)


def _store(setup: Setup, options: Options, name: str, asked: Asked, summary: Summary) -> str | None:
    """The id; None where the key may not write, which is said."""
    record = record_of(
        name=name,
        collections=setup.collections,
        question_set=question_set_of(setup.file, len(setup.questions)),
        request=options,
        outcomes=asked.outcomes,
        summary=summary,
        stopped=asked.stopped,
        index_version=asked.index_version,
    )
    try:
        return str(setup.client.store_evaluation(record)["id"])
    except Refused as refused:
        if refused.kind != "forbidden":
            raise
        err.print(plain("Not stored: the key may not write. Leave it at that with --no-store.", "yellow"))
        return None


def both(before: Finished, after: Finished) -> Comparison:
    return compare(before.outcomes, after.outcomes)


def comparison_document(comparison: Comparison) -> Json:
    document: Json = rounded(msgspec.to_builtins(comparison))
    return document


def write_run(path: Path, rankings: Mapping[str, Sequence[str]]) -> None:
    """A TREC run. Raises `Failure`."""
    try:
        path.write_text("".join(run_lines(rankings)), encoding="utf-8")
    except OSError as error:
        raise Failure(f"The run cannot be written to {path}: {error.strerror}.") from None


def write_document(path: Path, document: object) -> None:
    """JSON for programs, in a file. Raises `Failure`."""
    try:
        path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(f"The results cannot be written to {path}: {error.strerror}.") from None


def readable(error: UnreadableSet) -> Failure:
    return Failure(str(error), hint="What such a file looks like: docs/evaluation.md.")


def end(finished: Sequence[Finished], gate: Gate | None) -> None:
    """Leave with the exit code that says how it went: 130 interrupted, 1 below the gate or with failed requests."""
    short = gate.shortfalls(finished[-1].summary) if gate is not None else []
    for sentence in short:
        err.print(plain(f"Below the gate: {sentence}.", "red"))
    if gate is not None and not short:
        err.print(plain(f"The gate is met: {counted(len(gate.requirements), 'requirement')}.", "green"))
    reasons = {run.asked.stopped for run in finished}
    if "interrupted" in reasons:
        raise typer.Exit(_INTERRUPTED)
    if short or reasons != {None} or any(run.summary.failed for run in finished):
        raise typer.Exit(1)
