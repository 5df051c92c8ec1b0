"""The index owner: the only process that opens the embedded index."""

from __future__ import annotations

import logging

from retrieval.index.owner import serve
from services.index_parts import open_index
from services.processes.role import RoleContext

log = logging.getLogger(__name__)


def run(context: RoleContext) -> int:
    index = open_index(context.settings)
    log.info("The index is open.")
    serve(index, context.settings.index_socket, context.stop)
    log.info("The index is written and closed.")
    return 0
