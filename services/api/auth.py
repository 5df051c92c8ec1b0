"""Who asks. Every address except the public ones needs a key: `Authorization: Bearer <key>` or `X-API-Key: <key>`.

The middleware checks the key before a byte of the body is read, so a new route is closed unless it is listed here; what
the key may do (its scopes) is declared by each route through `Reader`, `Writer` or `Administrator`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Security
from fastapi.security import APIKeyHeader, HTTPBearer, SecurityScopes
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ingestion.catalog import Catalog
from ingestion.errors import IngestionError
from ingestion.model import KeyRecord
from retrieval.model import Principal
from services.api.problems import FORBIDDEN, UNAUTHENTICATED, ApiProblem, Problem, problem_of, response_of
from services.api.request_context import RequestContext

PUBLIC_PATHS = frozenset({"/", "/health", "/docs", "/openapi.json"})
_MAX_SECRET_CHARACTERS = 256

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="A key as a bearer token.")
_api_key = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="api_key", description="A key in a header.")


def _presented_secret(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    secret = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    return secret if 0 < len(secret) <= _MAX_SECRET_CHARACTERS and secret.isascii() else None


def principal_of(key: KeyRecord) -> Principal:
    return Principal(id=key.id, tenant=key.tenant, scopes=frozenset(key.scopes), business_unit=key.business_unit)


class AuthenticationMiddleware:
    """Puts the Principal of a verified key into the scope, or answers 401."""

    def __init__(self, app: ASGIApp, catalog: Catalog) -> None:
        self.app = app
        self.catalog = catalog

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PUBLIC_PATHS:
            await self.app(scope, receive, send)
            return
        refused = await self._authenticate(scope)
        if refused is None:
            await self.app(scope, receive, send)
        else:
            context: RequestContext = scope["sourcespan.context"]
            await response_of(refused, context.request_id)(scope, receive, send)

    async def _authenticate(self, scope: Scope) -> Problem | None:
        secret = _presented_secret(Headers(scope=scope))
        try:
            key = None if secret is None else await run_in_threadpool(self.catalog.keys.verify, secret)
        except IngestionError as error:
            return problem_of(error)
        if key is None:
            return Problem(
                type=UNAUTHENTICATED,
                detail="Give a valid key as 'Authorization: Bearer <key>' or 'X-API-Key: <key>'.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        scope["sourcespan.principal"] = principal_of(key)
        scope["sourcespan.key_id"] = key.id
        return None


async def _permitted_principal(
    request: Request,
    needed: SecurityScopes,
    _by_bearer: Annotated[object, Security(_bearer)],
    _by_header: Annotated[object, Security(_api_key)],
) -> Principal:
    principal = request.scope["sourcespan.principal"]
    assert isinstance(principal, Principal)  # noqa: S101 - narrows what ASGI keeps untyped
    if "admin" not in principal.scopes and not principal.scopes.issuperset(needed.scopes):
        raise ApiProblem(FORBIDDEN, f"This needs a key with the scope {needed.scope_str!r}.")
    return principal


Reader = Annotated[Principal, Security(_permitted_principal, scopes=["read"])]
Writer = Annotated[Principal, Security(_permitted_principal, scopes=["write"])]
Administrator = Annotated[Principal, Security(_permitted_principal, scopes=["admin"])]
