"""Health on the wire."""

from __future__ import annotations

from typing import Literal

from services.api.schemas.base import Contract, example


class HealthAnswer(Contract):
    model_config = example({"status": "ready", "parts": {"catalog": "ready", "index": "ready"}})

    status: Literal["ready", "not_ready"]
    parts: dict[str, Literal["ready", "not_ready"]]
