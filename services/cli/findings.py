"""What `sourcespan doctor` tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, what was found, and whether it is as it should be."""

    subject: str
    verdict: Verdict
    message: str
