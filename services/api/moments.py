"""Reading what was live at a moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime

AsOf = Annotated[
    AwareDatetime | None,
    Query(
        description="A moment with its time zone, as 2026-11-20T12:00:00Z: what was live then, of documents that are "
        "not deleted now. Names and attributes are today's."
    ),
]
