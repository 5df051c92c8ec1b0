"""Writing an index from catalog and blobs: parses, chunks and vectors are artefacts; only what has none is embedded.

It may be interrupted anywhere and goes on where it was: what is there is found by its count, and by its ids in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingestion.artefacts import Artefacts
from ingestion.blobs import BlobStore
from ingestion.catalog import Catalog
from ingestion.catalog.indexes import IndexLife, IndexRecord
from ingestion.catalog.living import LivingDocument
from ingestion.chunking import chunk_document
from ingestion.document_facts import facts_of
from ingestion.embedding_cache import EmbeddingCache
from ingestion.errors import BlobMissing, IndexBehind
from ingestion.points import DocumentPoints, Passages, point_ids
from parsers.model import Document
from retrieval.errors import IndexFault
from retrieval.model import AllOf, Match, Not, SearchFilter
from retrieval.ports import Embedder, VectorIndex

EMBED_BATCH = 64
UPSERT_BATCH = 96
MOST_PASSES = 50
DOCUMENTS_BETWEEN_REPORTS = 5
_NAMES_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildProgress:
    """`embedded`: texts whose vectors were computed, since none were stored. `unreadable`: the documents whose parse
    is not in the blob store any more; they have to be read again."""

    documents_done: int = 0
    documents_total: int = 0
    points: int = 0
    embedded: int = 0
    unreadable: tuple[str, ...] = ()


Report = Callable[[RebuildProgress], None]


@dataclass(slots=True, kw_only=True)
class IndexBuilder:
    """Fills the index of `record`. Nobody else writes to it meanwhile, but for purges."""

    catalog: Catalog
    blobs: BlobStore
    index: VectorIndex
    embedder: Embedder
    record: IndexRecord
    report: Report
    _embedded: int = 0

    def build(self) -> RebuildProgress:
        """Bring the index up to what the catalog says; the record is `built` then."""
        total, done, unreadable = self.catalog.living.count(), 0, list[str]()
        for document in self.catalog.living.every():
            if not self._write(document, trust_count=True):
                unreadable.append(document.document_id)
            done += 1
            if done % DOCUMENTS_BETWEEN_REPORTS == 0:
                self._tell(done, max(total, done), unreadable)
        self.index.flush()
        progress = self._tell(done, done, unreadable)
        if self.record.state is IndexLife.BUILDING:
            self.catalog.indexes.finish(self.record.id)
        return progress

    def switch(self) -> RebuildProgress:
        """Catch up with the catalog, compare every id, and make this index the live one in the moment when nothing has
        changed since. What was live is kept.

        Raises IndexBehind where the catalog changes faster than it can be followed, IndexFault where the index does
        not hold what was written to it.
        """
        change, unreadable = self.catalog.living.change(), list[str]()
        living = list(self.catalog.living.every())
        for done, document in enumerate(living):
            if not self._write(document, trust_count=False):
                unreadable.append(document.document_id)
            if done % DOCUMENTS_BETWEEN_REPORTS == 0:
                self._tell(done, len(living), unreadable)
        self._remove_others(living)
        for _ in range(MOST_PASSES):
            self.index.flush()
            if self.catalog.indexes.switch(self.record.id, compared_at=change):
                return self._tell(len(living), len(living), unreadable)
            before, change = change, self.catalog.living.change()
            self._follow(self.catalog.indexes.changed_since(before))
        raise IndexBehind("The catalog changes faster than the new index can follow; try again when less is going on.")

    def write_again(self, document: LivingDocument) -> bool:
        """The points of one document, whatever is there. False where they cannot be made."""
        self.index.delete(points_of(document))
        written = self._write(document, trust_count=False, again=True)
        self.index.flush()
        return written

    def _follow(self, changed: Sequence[str]) -> None:
        """Write the points of these documents again, and remove what none of them has any more."""
        living = {document.document_id: document for document in self.catalog.living.those(changed)}
        for document_id in changed:
            mine = Match(key="document", values=(document_id,))
            document = living.get(document_id)
            if document is None:
                self.index.delete(mine)
            else:
                self._write(document, trust_count=False, again=True)
                self.index.delete(AllOf(filters=(mine, Not(filter=Match(key="parse", values=(document.parse_id,))))))

    def _remove_others(self, living: Sequence[LivingDocument]) -> None:
        """Points of documents that were deleted or replaced while the index was being built."""
        self.index.delete(points_of_no(living))
        for document in living:
            mine = Match(key="document", values=(document.document_id,))
            if self.index.count(mine) != self.index.count(points_of(document)):
                self.index.delete(AllOf(filters=(mine, Not(filter=Match(key="parse", values=(document.parse_id,))))))

    def _write(self, document: LivingDocument, *, trust_count: bool, again: bool = False) -> bool:
        """Make sure that the points of the document's live parse are there, and no others of that parse. False where
        they cannot be made."""
        mine = points_of(document)
        if trust_count and self.index.count(mine) == document.point_count:
            return True
        artefacts = Artefacts(self.blobs)
        if not again and self._is_whole(document, artefacts):
            return True
        try:
            parsed = artefacts.read_document(document.tenant, document.parse_id)
        except BlobMissing:
            return False
        points = points_from(document, parsed, artefacts)
        expected = points.ids()
        vectors = self._vectors(document, points, artefacts)
        for _attempt in range(2):
            for start in range(0, len(points), UPSERT_BATCH):
                batch = range(start, min(start + UPSERT_BATCH, len(points)))
                self.index.upsert([points.point(number, vectors[number]) for number in batch])
            found = self.index.ids(mine)
            if found == expected:
                return True
            if not found <= expected:
                self.index.delete(mine)
        raise IndexFault("The index does not hold the points that were written to it.")

    def _is_whole(self, document: LivingDocument, artefacts: Artefacts) -> bool:
        stored = artefacts.read_chunks(document.tenant, document.document_id, document.parse_id)
        if stored is None:
            return False
        return self.index.ids(points_of(document)) == point_ids(document.document_id, document.parse_id, stored[0])

    def _vectors(self, document: LivingDocument, points: DocumentPoints, artefacts: Artefacts) -> NDArray[np.float32]:
        """As stored, but for the line that says what the document is called now; or embedded, where nothing is."""
        names = (document.tenant, document.document_id, document.parse_id, self.embedder.model_id)
        own = [(document.document_id, document.parse_id)]
        embedder = EmbeddingCache(self.embedder, artefacts.read_embedded(document.tenant, own, self.embedder.model_id))
        vectors = artefacts.read_vectors(*names, (len(points), embedder.dimension))
        if vectors is not None:
            vectors[-1] = points.title_vector(embedder)
        else:
            vectors = np.concatenate(list(points.vectors(embedder, EMBED_BATCH)))
            artefacts.write_embedded(*names, embedder.pack())
            artefacts.write_vectors(*names, vectors)
        self._embedded += embedder.embedded
        return vectors

    def _tell(self, done: int, total: int, unreadable: list[str]) -> RebuildProgress:
        progress = RebuildProgress(
            documents_done=done,
            documents_total=total,
            points=self.index.count(AllOf(filters=())),
            embedded=self._embedded,
            unreadable=tuple(unreadable),
        )
        self.catalog.indexes.progress(
            self.record.id, documents_done=done, documents_total=total, points=progress.points
        )
        self.report(progress)
        return progress


def points_of(document: LivingDocument) -> SearchFilter:
    """All points of the parse that is live."""
    return AllOf(
        filters=(
            Match(key="document", values=(document.document_id,)),
            Match(key="parse", values=(document.parse_id,)),
        )
    )


def points_of_no(living: Sequence[LivingDocument]) -> SearchFilter:
    """The points of documents that are not among these."""
    names = [document.document_id for document in living]
    parts = [
        Not(filter=Match(key="document", values=tuple(names[at : at + 1000]))) for at in range(0, len(names), 1000)
    ]
    return AllOf(filters=tuple(parts))


def points_from(document: LivingDocument, parsed: Document, artefacts: Artefacts) -> DocumentPoints:
    """The points that stand for the document, from its artefacts; chunks that are not stored are made again."""
    stored = artefacts.read_chunks(document.tenant, document.document_id, document.parse_id)
    if stored is None:
        chunks = chunk_document(parsed, document_id=document.document_id, title=document.title)
        stored = chunks, artefacts.write_chunks(document.tenant, document.document_id, document.parse_id, chunks)
    facts = document.facts or facts_of(parsed, file_name=document.name)
    return DocumentPoints(document, parsed, Passages(chunks=stored[0], locators=stored[1]), facts)
