"""A worker process: takes jobs from the catalog, one at a time, with as little of the processor as others leave."""

from __future__ import annotations

import logging
import os
import socket

from ingestion.worker import Worker
from services.index_parts import ending_at_switch
from services.parts import worker_parts
from services.processes.role import RoleContext

log = logging.getLogger(__name__)


def run(context: RoleContext) -> int:
    _step_back(context.settings.worker_nice)
    name = f"{socket.gethostname()}-{os.getpid()}-{context.number}"
    with ending_at_switch(context.settings), worker_parts(context.settings) as parts:
        Worker(parts, name, lease_seconds=context.settings.lease_seconds).run(context.stop)
    return 0


def _step_back(niceness: int) -> None:
    """Requests come first: workers and their children are niced, and scheduled as work nobody waits for."""
    os.nice(niceness)
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError as error:
        log.info("The scheduler's batch class is not available here: %s", error.strerror)
