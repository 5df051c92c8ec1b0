"""/v1/keys, for administrators."""

from __future__ import annotations

from fastapi import APIRouter, Request

from ingestion.model import KeyRecord
from services.api import problems
from services.api.auth import Administrator
from services.api.openapi import problem_responses
from services.api.parts import parts_of
from services.api.schemas.keys import CreatedKey, KeyCreate, KeyListing, KeySchema, ScopeName

router = APIRouter(prefix="/v1/keys", tags=["keys"])


def _shown(record: KeyRecord) -> KeySchema:
    return KeySchema(
        id=record.id,
        name=record.name,
        scopes=[scope for scope in ScopeName if scope in record.scopes],
        business_unit=record.business_unit,
        created_at=record.created_at,
        revoked_at=record.revoked_at,
    )


@router.post("", status_code=201, summary="Make a key", responses=problem_responses(body=True))
def create_key(request: Request, principal: Administrator, wanted: KeyCreate) -> CreatedKey:
    """The secret is in the answer to this request and nowhere else: only its hash is stored."""
    secret, record = parts_of(request).catalog.keys.create(
        principal.tenant, wanted.name, scopes=frozenset(scope.value for scope in wanted.scopes)
    )
    return CreatedKey(key=_shown(record), secret=secret)


@router.get("", summary="List keys", responses=problem_responses())
def list_keys(request: Request, principal: Administrator) -> KeyListing:
    """All of them, oldest first, revoked ones too."""
    rows = parts_of(request).catalog.keys.list(principal.tenant)
    return KeyListing(items=[_shown(row) for row in rows], next=None)


@router.delete("/{key_id}", status_code=204, summary="Revoke a key", responses=problem_responses(problems.UNKNOWN_KEY))
def revoke_key(request: Request, principal: Administrator, key_id: str) -> None:
    """Holds for the next request; requests already running finish."""
    parts_of(request).catalog.keys.revoke(principal.tenant, key_id)
