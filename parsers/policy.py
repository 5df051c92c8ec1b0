"""How far a parse may go: the routing policy, and the limits of the isolated process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ParsePolicy(StrEnum):
    """`FAST`: text layer, and the table finder only on pages where a cheap signal calls for it; no layout model."""

    FAST = "fast"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseLimits:
    """What one parse may use. A page range over its limit costs its pages (a finding), never the document.

    memory_bytes      address space of the isolated process (RLIMIT_AS)
    seconds_to_open   wall clock for opening the file and reading its properties
    seconds_per_page  wall clock for a page; a range of n pages may take n times this
    pages_per_range   pages parsed between two messages of progress
    pages             a document with more pages is refused
    """

    memory_bytes: int = 2 * 1024**3
    seconds_to_open: float = 30.0
    seconds_per_page: float = 20.0
    pages_per_range: int = 16
    pages: int = 20_000
