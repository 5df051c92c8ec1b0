"""Cursors: where the next page of a listing begins, as an opaque string that stays valid while rows come and go."""

from __future__ import annotations

import base64
import binascii
import json

from ingestion.errors import InvalidCursor


def encode_cursor(*key: str | float) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[str | float]:
    """The key inside, whose parts have the given types. Raises InvalidCursor."""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise InvalidCursor from error
    if not isinstance(key, list) or [type(part) for part in key] != list(kinds):
        raise InvalidCursor
    return key
