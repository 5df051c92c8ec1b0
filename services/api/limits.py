"""How large a body may be, held while it streams: a body over the limit is refused before it is read, or at the first
byte over the limit when its length was not declared or not true. Nothing of it is spooled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.problems import BAD_REQUEST, BODY_TOO_LARGE, Problem, response_of
from services.api.request_context import RequestContext

UPLOAD_ROUTES = frozenset({("POST", "/v1/documents"), ("POST", "/v1/parse")})
MAX_JSON_BYTES = 1024 * 1024
MAX_EVALUATION_BYTES = 16 * 1024 * 1024
"""The outcomes of 20,000 questions."""
_LONG_JSON_ROUTES = frozenset({("POST", "/v1/evaluations")})
_MAX_DIGITS = 18  # of a length: an exabyte
MAX_DISCARDED_BYTES = 64 * 1024 * 1024


class BodyTooLarge(HTTPException):
    """Raised out of `receive`; an HTTPException because FastAPI lets only those through while it reads a body."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, detail=too_large_detail(limit))


def too_large_detail(limit: int) -> str:
    return f"The body is larger than the {limit:,} bytes that this address takes."


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """Bytes a body may have: of uploads, and of everything else."""

    upload_bytes: int
    json_bytes: int = MAX_JSON_BYTES

    def of(self, method: str, path: str) -> int:
        if (method, path) in UPLOAD_ROUTES:
            return self.upload_bytes
        return MAX_EVALUATION_BYTES if (method, path) in _LONG_JSON_ROUTES else self.json_bytes


class BodyLimitMiddleware:
    """Refuses by `Content-Length` at once, and counts what arrives."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.limits.of(scope["method"], scope["path"])
        refused = _refusal(Headers(scope=scope).get("content-length"), limit)
        if refused is not None:
            context: RequestContext = scope["sourcespan.context"]
            await response_of(refused, context.request_id)(scope, receive, send)
            return
        received = 0

        async def counting_receive() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    raise BodyTooLarge(limit)
            return message

        await self.app(scope, counting_receive, send)


class UnreadBodyMiddleware:
    """Ends the connection after an answer that did not wait for the whole body, unless little of it is left.

    The server discards what still arrives of a body that nobody reads, for as long as it lasts: that must not be for
    ever, or for terabytes. A small rest is discarded, since many clients read no answer before they have sent all.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        unread = _expected_bytes(headers)

        async def counting_receive() -> Message:
            nonlocal unread
            message = await receive()
            if message["type"] == "http.request":
                unread = unread - len(message.get("body", b"")) if message.get("more_body", False) else 0
            return message

        async def closing_send(message: Message) -> None:
            if message["type"] == "http.response.start" and unread > MAX_DISCARDED_BYTES:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self.app(scope, counting_receive, closing_send)


def _expected_bytes(headers: Headers) -> float:
    """What the request says it will send; infinite where it does not say."""
    if "transfer-encoding" in headers:
        return math.inf
    length = headers.get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) <= _MAX_DIGITS else math.inf


def _refusal(content_length: str | None, limit: int) -> Problem | None:
    if content_length is None:
        return None
    if not (content_length.isascii() and content_length.isdigit()):
        return Problem(type=BAD_REQUEST, detail="The Content-Length header is not a number.")
    if len(content_length) > _MAX_DIGITS or int(content_length) > limit:
        return Problem(type=BODY_TOO_LARGE, detail=too_large_detail(limit), extensions={"limit_bytes": limit})
    return None
