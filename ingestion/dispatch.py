"""Telling the broker of jobs that wait: the outbox is read, messages are sent, and lost ones are sent again.

At most `WINDOW` messages a queue are under way, since a message is a turn and not a job (see `catalog.outbox`): what
waits beyond that waits in the catalog, where priority and fairness are decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ingestion.catalog import Catalog
from ingestion.model import WorkQueue

WINDOW = 128
"""More than the workers of a large cluster finish between two looks."""

OVERDUE_SECONDS = 3.0


class BrokerUnavailable(Exception):
    """The broker does not answer: jobs wait in the outbox."""


class MessageBroker(Protocol):
    """Brings messages to workers, and may lose them. Every method raises BrokerUnavailable."""

    def send(self, queue: WorkQueue, job_ids: Sequence[str]) -> None: ...

    def waiting(self, queue: WorkQueue) -> int:
        """Messages of the queue that no worker has been given yet."""
        ...


class Dispatcher:
    """Several may run at once; then some messages are sent twice, which harms nothing."""

    def __init__(self, catalog: Catalog, broker: MessageBroker) -> None:
        self._outbox = catalog.outbox
        self._broker = broker

    def dispatch(self) -> int:
        """Send what is due; how many messages. Raises BrokerUnavailable and CatalogBusy; both lose nothing."""
        return sum(self._send(queue) + self._send_again(queue) for queue in WorkQueue)

    def _send(self, queue: WorkQueue) -> int:
        room = WINDOW - len(self._outbox.sent(queue, WINDOW))
        return self._tell(queue, self._outbox.unsent(queue, room)) if room > 0 else 0

    def _send_again(self, queue: WorkQueue) -> int:
        """Where the broker holds fewer messages than jobs it was told of, some were lost (or their worker was, before
        it could claim): as many are sent again, no more, so that messages cannot pile up."""
        overdue = self._outbox.sent(queue, WINDOW, seconds_ago=OVERDUE_SECONDS)
        if not overdue:
            return 0
        lost = len(overdue) - self._broker.waiting(queue)
        return self._tell(queue, overdue[:lost]) if lost > 0 else 0

    def _tell(self, queue: WorkQueue, job_ids: list[str]) -> int:
        """Marked only when sent: a crash between the two sends again."""
        if job_ids:
            self._broker.send(queue, job_ids)
            self._outbox.mark_sent(job_ids)
        return len(job_ids)
