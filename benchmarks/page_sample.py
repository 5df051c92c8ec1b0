"""A sample of the pages below a folder, the same every time, and what a peer's figures are compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import pymupdf

IMAGE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledDocument:
    """A file, and the pages of it that are measured. `kind` is the folder that was asked for, by its last name."""

    path: Path
    kind: str
    pages: tuple[int, ...]
    whole: bool

    @property
    def true_text(self) -> str | None:
        """What the file says, where NAME.txt beside it tells."""
        beside = self.path.with_suffix(".txt")
        return beside.read_text(encoding="utf-8") if beside.exists() else None


def choose_pages(folder: Path, limit: int | None = None, *, images: bool = False) -> list[SampledDocument]:
    """Of the PDFs (and images) below a folder, all pages, or `limit` of them: evenly spaced, files by their names.

    Files that cannot be opened, or not without a password, have no pages.
    """
    places = [(path, page, count) for path in _files(folder, images) for page, count in _pages(path)]
    if limit is not None and limit < len(places):
        places = [places[int((number + 0.5) * len(places) / limit)] for number in range(limit)]
    chosen = []
    for (path, count), members in groupby(places, key=lambda place: (place[0], place[2])):
        pages = tuple(page for _, page, _ in members)
        chosen.append(SampledDocument(path=path, kind=folder.name, pages=pages, whole=len(pages) == count))
    return chosen


def cut_pages(documents: Iterable[SampledDocument], scratch: Path) -> Iterator[tuple[SampledDocument, Path]]:
    """Each sampled document with a file in `scratch` that has its sampled pages and no others: numbers begin at 1.

    So nobody pays for pages that are not measured, however he opens a file. Whole documents stay as they are.
    """
    for number, document in enumerate(documents):
        if document.whole:
            yield document, document.path
            continue
        target = scratch / f"{number:04}.pdf"
        with pymupdf.open(document.path) as opened:
            opened.select([page - 1 for page in document.pages])
            opened.save(target, garbage=2)
        yield document, target


def _files(folder: Path, images: bool) -> Sequence[Path]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    pdfs = {path.with_suffix("") for path in found if path.suffix.lower() == ".pdf"}
    return [
        path
        for path in found
        if path.suffix.lower() == ".pdf"
        or (images and path.suffix.lower() in IMAGE_SUFFIXES and path.with_suffix("") not in pdfs)
    ]


def _pages(path: Path) -> Iterator[tuple[int, int]]:
    """Page numbers, each with the number of pages."""
    try:
        with pymupdf.open(path) as document:
            count = 0 if document.needs_pass else document.page_count
    except RuntimeError:  # of which PyMuPDF's errors on files are kinds
        return
    for number in range(1, count + 1):
        yield number, count
