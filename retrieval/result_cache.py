"""Answers that were given before, kept while nothing has changed that could change them.

An answer is found again only for the same request, by someone who may see the same, while the catalog is as it was:
its revision moves with every publication, deletion, permission, attribute and profile. When it moves, all that is
remembered is let go at once, so that no text of a deleted document stays in memory either.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

import msgspec

from retrieval.model import Principal
from retrieval.options import RetrieveQuery
from retrieval.ports import Pin
from retrieval.results import RetrievedPassage, RetrieveResult

DEFAULT_BYTES = 64 * 1024 * 1024
_BYTES_PER_SPAN = 600
_BYTES_PER_RESULT = 2_000
_BYTES_PER_ANSWER = 8_000

Key = bytes


def cache_key(query: RetrieveQuery, principal: Principal) -> Key:
    """What makes two requests the same: all of the query, and all that decides what the caller may see."""
    sees = (principal.tenant, sorted(principal.groups), sorted(principal.scopes))
    return hashlib.sha256(msgspec.json.encode((query, sees), order="deterministic")).digest()


class ResultCache:
    """Least recently used goes first; bounded by an estimate of its bytes. Thread-safe."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._guard = threading.Lock()
        self._revision: tuple[int, ...] | None = None
        self._answers: OrderedDict[Key, tuple[RetrieveResult, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key, pin: Pin) -> RetrieveResult | None:
        with self._guard:
            if not self._is_current(pin) or key not in self._answers:
                return None
            self._answers.move_to_end(key)
            return self._answers[key][0]

    def put(self, key: Key, pin: Pin, result: RetrieveResult) -> None:
        """Remember what was answered at this pin. What lacks something (`degraded`) is not kept: it may be whole the
        next time."""
        if result.degraded:
            return
        size = _bytes_of(result)
        with self._guard:
            if not self._is_current(pin) or size > self._max_bytes:
                return
            self._bytes += size - self._answers.pop(key, (None, 0))[1]
            self._answers[key] = result, size
            while self._bytes > self._max_bytes:
                self._bytes -= self._answers.popitem(last=False)[1][1]

    def _is_current(self, pin: Pin) -> bool:
        """Whether what is remembered is of the pin's revision; a later one empties the cache first."""
        if pin.revision is None:
            return False
        if self._revision is None or pin.revision > self._revision:
            self._revision = pin.revision
            self._answers.clear()
            self._bytes = 0
        return pin.revision == self._revision


def _bytes_of(result: RetrieveResult) -> int:
    return _BYTES_PER_ANSWER + sum(_bytes_of_passage(passage) for passage in result.results)


def _bytes_of_passage(passage: RetrievedPassage) -> int:
    characters = sum(len(block.text) for block in passage.content) + sum(len(span.quote) for span in passage.spans)
    table = 0 if passage.table is None else 2 * len(passage.table.html)
    # A character of Python takes one to four bytes.
    return _BYTES_PER_RESULT + _BYTES_PER_SPAN * len(passage.spans) + 2 * (characters + table)
