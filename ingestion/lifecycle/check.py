"""Catalog, blobs and index against each other, in both directions; and the repair of what does not agree.

| what is wrong                                         | repair                                                       |
| ----------------------------------------------------- | ------------------------------------------------------------ |
| points of a live parse are missing or too many        | they are written again from the artefacts                    |
| points of documents or parses that are not live       | deleted                                                      |
| the parse or the chunks of a live document are gone   | its job is queued again (the original bytes must be there)   |
| original bytes are gone, or are not what they were    | none: upload the document again                              |
| artefacts that no document of the catalog refers to   | removed                                                      |
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ingestion.artefacts import KINDS_OF_DOCUMENTS, Artefacts
from ingestion.blobs import BlobStore
from ingestion.catalog import Catalog
from ingestion.catalog.living import LivingDocument
from ingestion.errors import BlobMissing
from ingestion.lifecycle.rebuild import IndexBuilder, points_of, points_of_no
from ingestion.points import point_ids
from retrieval.model import AllOf, Match, Not, SearchFilter
from retrieval.ports import VectorIndex

SAMPLE = 50
"""Originals whose checksum is computed unless all are asked for."""


class Fault(StrEnum):
    POINTS_WRONG = "points_wrong"
    POINTS_ORPHANED = "points_orphaned"
    ARTEFACT_MISSING = "artefact_missing"
    ORIGINAL_MISSING = "original_missing"
    ORIGINAL_DAMAGED = "original_damaged"
    ARTEFACTS_ORPHANED = "artefacts_orphaned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """`count`: how many points or files. `document_id` None: of no document that is live."""

    fault: Fault
    document_id: str | None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    documents: int
    points: int
    originals_hashed: int
    found: tuple[Discrepancy, ...]


@dataclass(slots=True, kw_only=True)
class Checker:
    """The service may be at work meanwhile: what it has under way is not taken for a fault."""

    catalog: Catalog
    blobs: BlobStore
    index: VectorIndex

    def check(self, *, full: bool = False, progress: Callable[[int], None] = lambda _: None) -> CheckReport:
        """`full`: hash every original, not a sample."""
        living, found = list(self.catalog.living.every()), list[Discrepancy]()
        every = 1 if full else max(1, len(living) // SAMPLE)
        hashed = 0
        for number, document in enumerate(living):
            progress(number)
            found += self._index_faults(document)
            found += self._blob_faults(document, hashes=number % every == 0)
            hashed += number % every == 0
        found += self._orphans()
        return CheckReport(
            documents=len(living),
            points=self.index.count(AllOf(filters=())),
            originals_hashed=hashed,
            found=tuple(found),
        )

    def repair(self, report: CheckReport, builder: IndexBuilder) -> int:
        """Mend what can be mended. How many documents were queued to be read again."""
        lost = set(_ids(report, Fault.ORIGINAL_MISSING, Fault.ORIGINAL_DAMAGED))
        again = [name for name in _ids(report, Fault.ARTEFACT_MISSING) if name not in lost]
        queued = self.catalog.jobs.repeat(again)
        wrong = [name for name in _ids(report, Fault.POINTS_WRONG) if name not in again]
        for document in self.catalog.living.those(wrong):
            builder.write_again(document)
        if any(item.fault is Fault.POINTS_ORPHANED for item in report.found):
            self._delete_orphaned_points()
        for tenant, name in list(self._orphaned_artefacts()):
            self.blobs.remove_named(tenant, name)
        return queued

    def _index_faults(self, document: LivingDocument) -> Iterator[Discrepancy]:
        mine = points_of(document)
        stored = Artefacts(self.blobs).read_chunks(document.tenant, document.document_id, document.parse_id)
        if stored is None:
            yield Discrepancy(fault=Fault.ARTEFACT_MISSING, document_id=document.document_id)
            return
        expected = point_ids(document.document_id, document.parse_id, stored[0])
        held = self.index.ids(mine)
        if held != expected and self._is_live(document):
            yield Discrepancy(fault=Fault.POINTS_WRONG, document_id=document.document_id, count=len(held ^ expected))

    def _blob_faults(self, document: LivingDocument, *, hashes: bool) -> Iterator[Discrepancy]:
        if not Artefacts(self.blobs).has_document(document.tenant, document.parse_id) and self._is_live(document):
            yield Discrepancy(fault=Fault.ARTEFACT_MISSING, document_id=document.document_id)
        try:
            path = self.blobs.path(document.sha256)
        except BlobMissing:
            if self._is_live(document):
                yield Discrepancy(fault=Fault.ORIGINAL_MISSING, document_id=document.document_id)
            return
        if hashes and sha256_of(path) != document.sha256:
            yield Discrepancy(fault=Fault.ORIGINAL_DAMAGED, document_id=document.document_id)

    def _is_live(self, document: LivingDocument) -> bool:
        """Still: it was not replaced or deleted while it was looked at."""
        return any(now.parse_id == document.parse_id for now in self.catalog.living.those([document.document_id]))

    def _orphans(self) -> Iterator[Discrepancy]:
        points = sum(self.index.count(where) for where in self._orphaned_points())
        if points:
            yield Discrepancy(fault=Fault.POINTS_ORPHANED, document_id=None, count=points)
        files = len(list(self._orphaned_artefacts()))
        if files:
            yield Discrepancy(fault=Fault.ARTEFACTS_ORPHANED, document_id=None, count=files)

    def _orphaned_points(self) -> Iterator[SearchFilter]:
        """But for documents that a job or a purge is at work on: what those leave is theirs to remove."""
        known, busy = list(self.catalog.living.every()), self.catalog.living.busy()
        others = tuple(Not(filter=Match(key="document", values=(name,))) for name in sorted(busy))
        yield AllOf(filters=(points_of_no(known), *others))
        for document in known:
            if document.document_id not in busy:
                mine = Match(key="document", values=(document.document_id,))
                yield AllOf(filters=(mine, Not(filter=Match(key="parse", values=(document.parse_id,)))))

    def _delete_orphaned_points(self) -> None:
        for where in self._orphaned_points():
            if self.index.count(where):
                self.index.delete(where)
        self.index.flush()

    def _orphaned_artefacts(self) -> Iterator[tuple[str, str]]:
        """Chunks and vectors of documents, and parses, that the catalog does not know (any more)."""
        for tenant in self.catalog.living.tenants():
            documents, parses = self.catalog.living.known(tenant)
            for kind in KINDS_OF_DOCUMENTS:
                for name in self.blobs.list_named(tenant, f"{kind}/"):
                    if name.rpartition("/")[2].partition("-")[0] not in documents:
                        yield tenant, name
            for kind in ("parses", "images"):
                for name in self.blobs.list_named(tenant, f"{kind}/"):
                    if name.rpartition("/")[2].partition(".")[0].partition("-")[0] not in parses:
                        yield tenant, name


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _ids(report: CheckReport, *faults: Fault) -> list[str]:
    wanted = (item.document_id for item in report.found if item.fault in faults)
    return list(dict.fromkeys(name for name in wanted if name is not None))
