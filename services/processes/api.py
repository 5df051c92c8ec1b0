"""The API process: HTTP on the socket that the supervisor listens on."""

from __future__ import annotations

import os
import socket

import uvicorn

from services.api.app import create_app
from services.failures import Failure
from services.index_parts import ending_at_switch
from services.parts import api_parts
from services.processes.role import RoleContext

_SECONDS_FOR_OPEN_REQUESTS = 10


def run(context: RoleContext) -> int:
    if context.listen is None:
        raise Failure("The API needs a socket to listen on.")
    os.set_inheritable(context.listen, False)
    with ending_at_switch(context.settings), api_parts(context.settings) as parts:
        config = uvicorn.Config(
            create_app(parts),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_SECONDS_FOR_OPEN_REQUESTS,
        )
        # uvicorn takes SIGTERM over: it stops accepting and lets open requests finish
        uvicorn.Server(config).run(sockets=[socket.socket(fileno=context.listen)])
    return 0
