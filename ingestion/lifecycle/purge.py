"""Carrying out a purge: every index there is, artefacts, bytes; then a look whether it is all gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ingestion.artefacts import KINDS_OF_DOCUMENTS, Artefacts
from ingestion.blobs import BlobStore
from ingestion.catalog.purging import PurgePlan, Purging, Unreferenced
from ingestion.errors import BlobStoreUnavailable
from retrieval.errors import RetrievalError
from retrieval.model import AllOf, Match, Not, SearchFilter
from retrieval.ports import VectorIndex

OtherIndexes = Callable[[], Iterable[VectorIndex]]
"""Opens, one after another, the indexes beside the live one, which may hold the document too."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Removed:
    """What a receipt says: numbers and hashes, never names or text. `shared`: of these bytes other documents are made,
    too. `checked`: what was looked for again after its removal, and not found."""

    points: int = 0
    artefacts: int = 0
    parses: list[str] = field(default_factory=list)
    sha256s: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def no_others() -> Iterable[VectorIndex]:
    return ()


def run_purge(
    plan: PurgePlan, purging: Purging, blobs: BlobStore, live: VectorIndex, others: OtherIndexes = no_others
) -> bool:
    """Whether it is done; else it is tried again later. The live index comes first: another one may be in use."""
    removed, artefacts = _Removed(), Artefacts(blobs)
    try:
        if not all(_purge_index(plan, index, removed) for index in chain([live], others())):
            purging.postpone(plan)
            return False
        removed.checked.append("index")
        before = _names(plan, blobs)
        artefacts.remove_chunks(plan.tenant, plan.document_id, keep=plan.keep)
        removed.artefacts += len(before) - len(_names(plan, blobs))
        purging.complete(
            plan, lambda unreferenced: _remove(plan, blobs, artefacts, unreferenced, removed), removed.told
        )
    except (RetrievalError, OSError, BlobStoreUnavailable) as error:
        _log.warning("A purge has to wait: %s.", type(error).__name__)
        purging.postpone(plan)
        return False
    return True


def _purge_index(plan: PurgePlan, index: VectorIndex, removed: _Removed) -> bool:
    leftovers: list[SearchFilter] = [Match(key="document", values=(plan.document_id,))]
    if plan.keep:
        leftovers.append(Not(filter=Match(key="parse", values=tuple(sorted(plan.keep)))))
    where = AllOf(filters=tuple(leftovers))
    found = index.count(where)
    if found:
        index.delete(where)
        index.flush()
    removed.points += found
    return not found or index.count(where) == 0


def _remove(
    plan: PurgePlan, blobs: BlobStore, artefacts: Artefacts, unreferenced: Unreferenced, removed: _Removed
) -> bool:
    """Whether all bytes are gone: those stored a moment ago are left until later."""
    before = _names(plan, blobs, unreferenced.parse_ids)
    for parse_id in unreferenced.parse_ids:
        artefacts.remove_document(plan.tenant, parse_id)
    after = _names(plan, blobs, unreferenced.parse_ids)
    removed.artefacts += len(before) - len(after)
    gone = [blobs.remove(sha256) for sha256 in unreferenced.sha256s]
    removed.parses = list(unreferenced.parse_ids)
    removed.sha256s = list(unreferenced.sha256s)
    removed.shared = list(unreferenced.shared_sha256s)
    if not any(_is_of(name, unreferenced.parse_ids) for name in after) and not _leftover_chunks(plan, after):
        removed.checked.append("artefacts")
    if all(gone):
        removed.checked.append("bytes")
    return all(gone)


def _names(plan: PurgePlan, blobs: BlobStore, parse_ids: Sequence[str] = ()) -> list[str]:
    """The artefacts of the document, and of these parses."""
    prefixes = [f"{kind}/{plan.document_id}-" for kind in KINDS_OF_DOCUMENTS]
    prefixes += [prefix for parse_id in parse_ids for prefix in (f"parses/{parse_id}.", f"images/{parse_id}-")]
    return [name for prefix in prefixes for name in blobs.list_named(plan.tenant, prefix)]


def _is_of(name: str, parse_ids: Sequence[str]) -> bool:
    return name.startswith(("parses/", "images/")) and any(parse_id in name for parse_id in parse_ids)


def _leftover_chunks(plan: PurgePlan, names: Sequence[str]) -> list[str]:
    of_document = [name for name in names if f"/{plan.document_id}-" in name]
    return [name for name in of_document if not any(parse_id in name for parse_id in plan.keep)]
