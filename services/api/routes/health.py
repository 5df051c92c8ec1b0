"""/health, /docs and the way there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import anyio
from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from ingestion.errors import IngestionError
from retrieval.errors import RetrievalError
from retrieval.model import AnyOf
from services.api.parts import ApiParts
from services.api.reference import CONTENT_SECURITY_POLICY, reference_page
from services.api.schemas.health import HealthAnswer

router = APIRouter(tags=["service"])

Readiness = Literal["ready", "not_ready"]
_NO_TENANT = ""
_KEEP_SECONDS = 1.0  # anybody may ask: asking often must not cost the catalog or the index anything


class HealthCheck:
    """Asks the parts, at most once a second and on one thread of its own: a part that does not answer holds up no
    thread that other requests need, however many ask for health meanwhile."""

    def __init__(self, parts: ApiParts) -> None:
        self.parts = parts
        self._one_thread = anyio.CapacityLimiter(1)
        self._asked_at = float("-inf")
        self._answer: dict[str, Readiness] = {}

    async def __call__(self) -> dict[str, Readiness]:
        return await anyio.to_thread.run_sync(self._ask, limiter=self._one_thread)

    def _ask(self) -> dict[str, Readiness]:
        if time.monotonic() - self._asked_at > _KEEP_SECONDS:
            self._answer = {"catalog": _probe(self._ask_catalog), "index": _probe(self._ask_index)}
            self._asked_at = time.monotonic()
        return self._answer

    def _ask_catalog(self) -> None:
        self.parts.catalog.collections.list(_NO_TENANT, limit=1)

    def _ask_index(self) -> None:
        self.parts.index.count(AnyOf(filters=()))


def _probe(ask: Callable[[], None]) -> Readiness:
    try:
        ask()
    except (IngestionError, RetrievalError):
        return "not_ready"
    return "ready"


@router.get("/health", summary="Is the service ready", responses={503: {"model": HealthAnswer}})
async def health(request: Request, response: Response) -> HealthAnswer:
    """No key is needed. 200 when every part answers, 503 while one does not."""
    check: HealthCheck = request.app.state.health
    parts = await check()
    ready = all(state == "ready" for state in parts.values())
    response.status_code = 200 if ready else 503
    return HealthAnswer(status="ready" if ready else "not_ready", parts=parts)


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    page = reference_page(request.app.openapi())
    return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})


@router.get("/", include_in_schema=False)
def root() -> RedirectResponse:
    return RedirectResponse("/docs")
