"""What every request has: an id, a trace, a line in the access log, security headers, and an end for stray errors.

The access log holds method, path without its query string, status and time: no query text, no body, no credential.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.problems import internal_problem, response_of

REQUEST_ID_HEADER = "X-Request-ID"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# W3C Trace Context: version, trace id, parent id, flags
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

_LOGGED_FRAMES = 8
CLIENT_GONE = 499
"""In the access log only: the client left before it had sent its request (nginx's code for it)."""

SECURITY_HEADERS = MappingProxyType(
    {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "Cache-Control": "no-store",
    }
)

access_log = logging.getLogger("sourcespan.api.access")
error_log = logging.getLogger("sourcespan.api.errors")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    request_id: str
    trace_id: str


def context_of(request: HTTPConnection) -> RequestContext:
    """The context that the middleware gave this request."""
    context = request.scope["sourcespan.context"]
    assert isinstance(context, RequestContext)  # noqa: S101 - narrows what ASGI keeps untyped
    return context


def _new_context(headers: Headers) -> RequestContext:
    given = headers.get(REQUEST_ID_HEADER, "")
    trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return RequestContext(
        request_id=given if _GIVEN_ID.fullmatch(given) else f"req_{secrets.token_hex(12)}",
        trace_id=trace.group(1) if trace else secrets.token_hex(16),
    )


def where_raised(error: BaseException) -> str:
    """Class and frames of an error, without its message and source lines: those may hold text of a document."""
    innermost = traceback.extract_tb(error.__traceback__)[-_LOGGED_FRAMES:]
    places = (f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(innermost))
    return f"{type(error).__name__} at {' < '.join(places)}"


class RequestContextMiddleware:
    """What happens inside is logged once and always answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        context = _new_context(Headers(scope=scope))
        scope["sourcespan.context"] = context
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = context.request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the last border: logged, and answered without internals
            error_log.error("request %s failed: %s", context.request_id, where_raised(error))
            if not status:
                await response_of(internal_problem(), context.request_id)(scope, receive, send_with_headers)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            access_log.info(
                "%s %s %d %.1f ms %s key=%s",
                scope["method"],
                scope["path"],
                status,
                milliseconds,
                context.request_id,
                scope.get("sourcespan.key_id", "-"),
            )
