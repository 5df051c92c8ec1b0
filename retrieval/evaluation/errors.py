"""What can be wrong with the files of an evaluation."""

from __future__ import annotations

from pathlib import Path


class UnreadableSet(Exception):
    """A question set, a run, judgements or a BEIR folder that cannot be read; `str(error)` names the file, the line
    (from 1, where there is one) and the fault, and never a question's text."""

    def __init__(self, path: Path, fault: str, *, line: int | None = None) -> None:
        super().__init__(f"{path}{'' if line is None else f', line {line}'}: {fault}")
        self.path = path
        self.line = line
        self.fault = fault
