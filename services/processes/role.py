"""What every role gets from the entry point."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from services.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleContext:
    """`stop` is set when the process is asked to end. `listen`: descriptor of a listening socket (API only)."""

    settings: Settings
    stop: threading.Event
    number: int
    listen: int | None
