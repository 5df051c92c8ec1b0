"""Idempotency keys on writes: the same request sent twice has one effect, and one answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header

from ingestion.catalog import Catalog
from retrieval.model import Principal

REPLAY_HEADER = "Idempotent-Replayed"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Any string of your own: the same request with the same key has one effect and one answer.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A JSON object; `replayed` if it is the one of an earlier request with this key."""

    body: dict[str, Any]
    replayed: bool

    @property
    def headers(self) -> dict[str, str]:
        return {REPLAY_HEADER: "true"} if self.replayed else {}


def fingerprint(*parts: object) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def once(
    catalog: Catalog, principal: Principal, key: str | None, same: str, act: Callable[[], dict[str, Any]]
) -> Answer:
    """Act, or give the answer of the first request with this key. An act that raises leaves the key free again."""
    if key is None:
        return Answer(body=act(), replayed=False)
    stored = catalog.idempotency.begin(principal.id, key, same)
    if stored is not None:
        return Answer(body=stored, replayed=True)
    try:
        body = act()
    except BaseException:
        catalog.idempotency.abandon(principal.id, key)
        raise
    catalog.idempotency.complete(principal.id, key, body)
    return Answer(body=body, replayed=False)
