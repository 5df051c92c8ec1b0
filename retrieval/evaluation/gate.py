"""What a run has to reach: a YAML file with scores, and how far a run may fall below them.

    tolerance: 0.045
    scores: {hit@5: 0.9, answerability: 0.8}
    by_type:
      table: {span@5: 0.8}

The same members may stand under `retrieval`, beside what is expected of other parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.outcomes import Summary

ANSWERABILITY = "answerability"
_SECTION = "retrieval"
_MEMBERS = {"tolerance", "scores", "by_type"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """`measured` must be at least `score`. `type` None: over all questions."""

    measure: str
    type: str | None
    score: float

    @property
    def name(self) -> str:
        return self.measure if self.type is None else f"{self.measure} ({self.type})"

    def measured(self, summary: Summary) -> float | None:
        """None where the run has no such measure."""
        if self.measure == ANSWERABILITY and self.type is None:
            return None if summary.answerability is None else summary.answerability.mean
        group = summary.overall if self.type is None else summary.by_type.get(self.type, {})
        return group[self.measure].mean if self.measure in group else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    requirements: tuple[Requirement, ...]
    tolerance: float

    def shortfalls(self, summary: Summary) -> list[str]:
        """A sentence for each requirement that is not met; what was not measured is not met."""
        return [
            f"{wanted.name} was not measured"
            if (measured := wanted.measured(summary)) is None
            else f"{wanted.name} is {measured:.4f}, below {wanted.score:.4f} - {self.tolerance:g}"
            for wanted in self.requirements
            if not self.met(wanted, summary)
        ]

    def met(self, wanted: Requirement, summary: Summary) -> bool:
        measured = wanted.measured(summary)
        return measured is not None and round(measured, 4) >= wanted.score - self.tolerance


def read_gate(path: Path) -> Gate:
    """Raises `UnreadableSet`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableSet(path, f"it cannot be read ({error.strerror or type(error).__name__}).") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise UnreadableSet(path, "not valid YAML.", line=None if mark is None else mark.line + 1) from None
    members = content.get(_SECTION, content) if isinstance(content, dict) else None
    if not isinstance(members, dict) or "scores" not in members or not members.keys() <= _MEMBERS:
        raise UnreadableSet(path, f"it holds an object with {', '.join(sorted(_MEMBERS))}; 'scores' is needed.")
    requirements = list(_requirements(path, members["scores"], None))
    for kind, scores in _mapping(path, members.get("by_type") or {}).items():
        requirements += _requirements(path, scores, str(kind))
    return Gate(requirements=tuple(requirements), tolerance=_number(path, members.get("tolerance", 0)))


def _requirements(path: Path, scores: object, kind: str | None) -> Iterator[Requirement]:
    for measure, score in _mapping(path, scores).items():
        yield Requirement(measure=str(measure), type=kind, score=_number(path, score))


def _mapping(path: Path, value: object) -> Mapping[Any, Any]:
    if not isinstance(value, dict):
        raise UnreadableSet(path, "'scores' and each part of 'by_type' map a measure to a number.")
    return value


def _number(path: Path, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableSet(path, "a score and the tolerance are numbers.")
    return float(value)
