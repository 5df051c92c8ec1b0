"""An endpoint that speaks the protocol of /v1/chat/completions over HTTP on loopback and keeps what it was sent."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the endpoint says: a status, a body (JSON unless it is bytes), headers; `hang` seconds before it."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: float = 0.0


def completion(text: object, *, finish: str = "stop", usage: object = None) -> Reply:
    """An answer as the protocol has it."""
    counted = {"prompt_tokens": 1_000, "completion_tokens": 200, "total_tokens": 1_200} if usage is None else usage
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return Reply(body={"id": "c1", "object": "chat.completion", "choices": [choice], "usage": counted})


@dataclass(slots=True, kw_only=True)
class Endpoint:
    """The running endpoint: its address, the replies that are left (the last one for ever), the requests so far."""

    url: str = ""
    replies: list[Reply]
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def serving(*replies: Reply) -> Iterator[Endpoint]:
    """The endpoint on a free port of loopback."""
    endpoint = Endpoint(replies=list(replies))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.requests.append(json.loads(body))
            endpoint.paths.append(self.path)
            endpoint.keys.append(self.headers.get("Authorization"))
            reply = endpoint.next_reply()
            endpoint.ending.wait(reply.hang)
            content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked may have given up
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield endpoint
    finally:
        endpoint.ending.set()
        server.shutdown()
        thread.join()
        server.server_close()
