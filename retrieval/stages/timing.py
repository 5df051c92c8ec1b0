"""How long the stages took, and what each did."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from retrieval.results import PlanStep


class StageLog:
    """Collects one plan step per run of a stage, and the milliseconds of each stage by name."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._steps: list[PlanStep] = []
        self._milliseconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[dict[str, Any]]:
        """Times the block; what it puts into the dict becomes the details of the stage's plan step."""
        details: dict[str, Any] = {}
        started = time.perf_counter()
        yield details
        elapsed = (time.perf_counter() - started) * 1000
        self._milliseconds[name] = self._milliseconds.get(name, 0.0) + elapsed
        self._steps.append(PlanStep(stage=name, details=details))

    def plan(self) -> tuple[PlanStep, ...]:
        return tuple(self._steps)

    def timings_ms(self) -> dict[str, float]:
        """By stage, and "total" since this log was made; rounded to microseconds."""
        total = (time.perf_counter() - self._started) * 1000
        return {name: round(value, 3) for name, value in {**self._milliseconds, "total": total}.items()}
