"""The application: routes, what every request passes through, and the parts it works with."""

from __future__ import annotations

from importlib.metadata import version

import anyio
from fastapi import FastAPI
from starlette.middleware import Middleware

from services.api.auth import AuthenticationMiddleware
from services.api.errors import install_error_handlers
from services.api.images import RENDER_THREADS
from services.api.limits import BodyLimitMiddleware, BodyLimits, UnreadBodyMiddleware
from services.api.openapi import TAGS, install_openapi
from services.api.parts import ApiParts
from services.api.request_context import RequestContextMiddleware
from services.api.routes import (
    answers,
    citations,
    collections,
    deletions,
    documents,
    evaluations,
    figures,
    health,
    jobs,
    keys,
    pages,
    parse,
    profiles,
    retrieve,
)

__all__ = ["ApiParts", "create_app"]

_DESCRIPTION = (
    "Documents in, passages out, each traced to the page, the box and the characters it came from. Offsets are Unicode "
    "code points, half-open; pages count from 1; boxes are left, top, right, bottom in PDF points from the top-left "
    "corner. Errors are problem documents (RFC 9457)."
)
# boundaries, part headers and text fields around the bytes of the files
_FORM_BYTES = 2 * 1024 * 1024


def create_app(parts: ApiParts) -> FastAPI:
    """The API on these parts. It owns none of them: whoever made them closes them."""
    limits = BodyLimits(upload_bytes=parts.settings.max_upload_bytes + _FORM_BYTES)
    app = FastAPI(
        title="Sourcespan",
        version=version("sourcespan"),
        description=_DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # outermost first: a body that nobody reads ends with the answer, also with that to a fault of our own; whatever
        # fails inside is answered and logged; and who asks is known before a body is read
        middleware=[
            Middleware(UnreadBodyMiddleware),
            Middleware(RequestContextMiddleware),
            Middleware(AuthenticationMiddleware, catalog=parts.catalog),
            Middleware(BodyLimitMiddleware, limits=limits),
        ],
    )
    app.state.parts = parts
    app.state.health = health.HealthCheck(parts)
    app.state.render_limiter = anyio.CapacityLimiter(RENDER_THREADS)
    app.state.parse_limiter = anyio.CapacityLimiter(parse.PARSE_THREADS)
    install_error_handlers(app)
    for module in (
        health,
        retrieve,
        answers,
        citations,
        documents,
        deletions,
        figures,
        pages,
        parse,
        jobs,
        collections,
        profiles,
        evaluations,
        keys,
    ):
        app.include_router(module.router)
    install_openapi(app)
    return app
