"""The parameters of every cursor-paged listing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

After = Annotated[str | None, Query(max_length=512, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.")]
