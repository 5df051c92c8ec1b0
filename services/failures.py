"""What a command can fail with: told to a person as one sentence and a hint, never as a traceback."""

from __future__ import annotations


class Failure(Exception):
    """`str(error)` is a sentence for a person, `hint` what to try next, `exit_code` 1 (failed) or 2 (wrong usage)."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class WrongUsage(Failure):
    exit_code = 2
