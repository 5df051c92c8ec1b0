"""The tasks: one for each queue. What a turn is worth is decided by `ingestion.worker`."""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import Celery

from ingestion.errors import BlobStoreUnavailable, CatalogBusy, StorageFull
from ingestion.model import WorkQueue
from retrieval.errors import IndexUnavailable
from services.cluster.broker import task_name

OUTAGES = (BlobStoreUnavailable, CatalogBusy, IndexUnavailable, StorageFull)
"""What is away now and will be there again: nothing is lost, and nobody is to be woken."""

_log = logging.getLogger(__name__)

TakeTurn = Callable[[WorkQueue], bool]


def register_tasks(app: Celery, take_turn: TakeTurn) -> None:
    """`take_turn` runs in the children, and works on the job of the queue whose turn it is."""
    for queue in WorkQueue:
        app.task(name=task_name(queue))(_task(queue, take_turn))


def _task(queue: WorkQueue, take_turn: TakeTurn) -> Callable[[str], None]:
    def take(job_id: str) -> None:
        """`job_id` is the job that the turn was asked for; a more urgent one may be worked on instead."""
        try:
            if not take_turn(queue):
                _log.debug("The turn for job %s: nothing to do.", job_id)
        except OUTAGES as error:
            _log.warning("The scheduler gives another turn for job %s: %s", job_id, error)

    return take
