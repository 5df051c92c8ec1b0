"""Which documents of a folder are measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pymupdf

HELD_BACK = 0.25
"""Share of the pages that is kept for measuring retrieval while the service is indexing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchDocument:
    path: Path
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """`measured` is ingested first and compared with the peer; `held_back` is ingested afterwards, as load."""

    measured: tuple[BenchDocument, ...]
    held_back: tuple[BenchDocument, ...]
    unreadable: tuple[Path, ...]

    @property
    def pages(self) -> int:
        return sum(document.pages for document in self.measured)


def choose(folder: Path, limit_pages: int | None = None) -> Corpus:
    """The PDFs below a folder, by name, as many whole documents as `limit_pages` allows (at least one)."""
    chosen: list[BenchDocument] = []
    unreadable: list[Path] = []
    total = 0
    for path in sorted(folder.rglob("*.pdf")):
        pages = _page_count(path)
        if not pages:
            unreadable.append(path)
            continue
        if chosen and limit_pages is not None and total + pages > limit_pages:
            continue
        chosen.append(BenchDocument(path=path, pages=pages))
        total += pages
    measured, held_back = _split(chosen, total)
    return Corpus(measured=measured, held_back=held_back, unreadable=tuple(unreadable))


def _page_count(path: Path) -> int:
    """0 for what cannot be opened, or not without a password."""
    try:
        with pymupdf.open(path) as document:
            return 0 if document.needs_pass else document.page_count
    except RuntimeError:  # of which PyMuPDF's errors on files are kinds
        return 0


def _split(documents: list[BenchDocument], total: int) -> tuple[tuple[BenchDocument, ...], tuple[BenchDocument, ...]]:
    """Every document once; the last ones are held back until they have their share of the pages. One is always
    measured."""
    position, held = len(documents), 0
    while position > 1 and held < HELD_BACK * total:
        position -= 1
        held += documents[position].pages
    return tuple(documents[:position]), tuple(documents[position:])
