"""Ends a worker that has stopped consuming, so that it is started anew.

Celery's consumer can lose its subscription when Redis comes back, and then sits idle beside a full queue (celery issues
8030 and 10297). What gives it away: messages wait, children are free, and none of them is given one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection

from ingestion.dispatch import BrokerUnavailable, MessageBroker
from ingestion.model import WorkQueue

STALLED_SECONDS = 30.0
_LOOK_SECONDS = 2.0

_log = logging.getLogger(__name__)


class Watchdog:
    """`is_idle` says whether a child is free; `end` is called once, from a thread of this object's own."""

    def __init__(
        self,
        broker: MessageBroker,
        queues: Collection[WorkQueue],
        is_idle: Callable[[], bool],
        end: Callable[[], None],
        *,
        stalled_seconds: float = STALLED_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._queues = queues
        self._is_idle = is_idle
        self._end = end
        self._stalled_seconds = stalled_seconds
        self._clock = clock
        self._well_at = clock()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def note_turn(self) -> None:
        """A message came in: the worker consumes."""
        self._well_at = self._clock()

    def is_stalled(self) -> bool:
        """Whether messages have waited beside an idle worker for so long. To be asked every few seconds."""
        try:
            stuck = self._is_idle() and any(self._broker.waiting(queue) for queue in self._queues)
        except BrokerUnavailable:
            stuck = False
        if not stuck:
            self._well_at = self._clock()
        return self._clock() - self._well_at >= self._stalled_seconds

    def _watch(self) -> None:
        while not self.is_stalled():
            time.sleep(_LOOK_SECONDS)
        _log.error("Messages wait, and this worker takes none: it ends, to be started again.")
        self._end()
