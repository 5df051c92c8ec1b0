"""What writing an index again will cost, told from what its documents cost when they were taken in."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.artefacts import Artefacts
from ingestion.blobs import BlobStore
from ingestion.catalog import Catalog
from ingestion.catalog.living import LivingDocument
from ingestion.model import Stage

_EMBED_SECONDS_PER_POINT = 0.04
"""Where nothing was measured yet: 25 texts a CPU second, all-MiniLM-L6-v2 in float32 on one core."""

_INDEX_SECONDS_PER_POINT = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildPlan:
    """`to_embed`: points that have no stored vectors of this model. `unreadable`: documents whose parse is not stored
    any more; they will be read again by a worker. `cpu_seconds`: as long as on the machine that took them in."""

    documents: int
    points: int
    to_embed: int
    unreadable: int
    cpu_seconds_embedding: float
    cpu_seconds_writing: float

    @property
    def cpu_seconds(self) -> float:
        return self.cpu_seconds_embedding + self.cpu_seconds_writing


def plan_rebuild(catalog: Catalog, blobs: BlobStore, *, other_model: bool) -> RebuildPlan:
    """`other_model`: not the one of the live index, so that stored vectors cannot be counted on."""
    artefacts = Artefacts(blobs)
    documents = points = to_embed = unreadable = 0
    embedding, writing = _Rate(), _Rate()
    for document in catalog.living.every():
        documents += 1
        points += document.point_count
        embedding.add(document, Stage.EMBED)
        writing.add(document, Stage.INDEX)
        if other_model or not blobs.list_named(document.tenant, _vectors_prefix(document)):
            to_embed += document.point_count
        if not artefacts.has_document(document.tenant, document.parse_id):
            unreadable += 1
    return RebuildPlan(
        documents=documents,
        points=points,
        to_embed=to_embed,
        unreadable=unreadable,
        cpu_seconds_embedding=to_embed * embedding.per_point(_EMBED_SECONDS_PER_POINT),
        cpu_seconds_writing=points * writing.per_point(_INDEX_SECONDS_PER_POINT),
    )


@dataclass(slots=True)
class _Rate:
    """CPU seconds per point, over the documents that report any."""

    seconds: float = 0.0
    points: int = 0

    def add(self, document: LivingDocument, stage: Stage) -> None:
        seconds = document.cpu_seconds.get(stage.value, 0.0)
        if seconds > 0.0:
            self.seconds += seconds
            self.points += document.point_count

    def per_point(self, otherwise: float) -> float:
        return self.seconds / self.points if self.points else otherwise


def _vectors_prefix(document: LivingDocument) -> str:
    return f"vectors/{document.document_id}-{document.parse_id}-"
