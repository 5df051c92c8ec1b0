"""Keys on the wire. The secret is shown once, when the key is made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.api.schemas.base import Contract, Listing, example


class ScopeName(StrEnum):
    """`admin` includes the others; `write` does not include `read`."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class KeyCreate(Contract):
    model_config = example({"name": "nightly upload", "scopes": ["read", "write"]})

    name: str = Field(min_length=1, max_length=128)
    scopes: set[ScopeName] = Field(min_length=1)


class KeySchema(Contract):
    id: str
    name: str
    scopes: list[ScopeName]
    business_unit: str | None
    created_at: datetime
    revoked_at: datetime | None


class CreatedKey(Contract):
    """A new key. `secret` is shown this once and cannot be had again."""

    key: KeySchema
    secret: str


KeyListing = Listing[KeySchema]
