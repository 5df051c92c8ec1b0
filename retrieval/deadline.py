"""How much time a request has, and what it can still afford.

A deadline never empties an answer: what is needed for one (scope, one search by words, reading, citing) is always done,
what makes it better is left out when the time is short, and said in `degraded`.
"""

from __future__ import annotations

import math
import time

# What a stage takes on one slow core with some reserve, in milliseconds. On 14,000 passages of filings: a question is
# embedded in 9 to 15, page lists take 5.
EMBED_MS = 30.0
PAGE_LISTS_MS = 15.0
CONTEXT_MS = 10.0

LEAST_SEARCH_SECONDS = 1.0
"""What the index is given at least: without its answer there is none."""


class Deadline:
    """Counts from its making. `milliseconds` None: no limit."""

    __slots__ = ("_ends",)

    def __init__(self, milliseconds: float | None = None) -> None:
        self._ends = math.inf if milliseconds is None else time.monotonic() + milliseconds / 1000

    def left_ms(self) -> float:
        """Milliseconds left, 0 at the least; infinite without a limit."""
        return max(0.0, (self._ends - time.monotonic()) * 1000)

    def affords(self, milliseconds: float) -> bool:
        return self.left_ms() >= milliseconds

    def search_seconds(self) -> float | None:
        """How long the index may take; None without a limit."""
        left = self.left_ms()
        return None if math.isinf(left) else max(LEAST_SEARCH_SECONDS, left / 1000)
