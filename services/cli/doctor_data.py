"""`sourcespan doctor`: whether catalog, blobs and index of a data folder agree, and their repair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Literal

from ingestion.catalog import Catalog
from ingestion.errors import IngestionError
from ingestion.lifecycle.check import Checker, CheckReport, Fault
from ingestion.lifecycle.rebuild import IndexBuilder
from retrieval.errors import IndexUnavailable, RetrievalError
from retrieval.ports import VectorIndex
from services.cli.findings import Finding
from services.cli.output import counted
from services.failures import Failure
from services.index_building import existing_catalog
from services.index_parts import LiveIndex, check_index_folder, connect_index, open_index
from services.parts import make_embedder
from services.profile import open_blobs
from services.settings import Settings

_SHOWN = 3
_MEANING: dict[Fault, str] = {
    Fault.POINTS_WRONG: "documents whose points in the index are not those of their passages",
    Fault.POINTS_ORPHANED: "points in the index that belong to nothing in the catalog",
    Fault.ARTEFACT_MISSING: "documents whose parse or passages are not stored",
    Fault.ORIGINAL_MISSING: "documents whose original bytes are gone: upload them again",
    Fault.ORIGINAL_DAMAGED: "documents whose original bytes have changed: upload them again",
    Fault.ARTEFACTS_ORPHANED: "files in the blob store that no document needs",
}


def data_findings(settings: Settings, *, full: bool, repair: bool) -> Iterator[Finding]:
    """Nothing where there is no catalog yet."""
    with ExitStack() as closing:
        try:
            catalog = closing.enter_context(existing_catalog(settings))
            live = LiveIndex.of(catalog)
        except Failure:
            return
        try:
            check_index_folder(settings, catalog, live.record)
            index = _index(settings, live)
            closing.callback(index.close)
            checker = Checker(catalog=catalog, blobs=open_blobs(settings), index=index)
            report = checker.check(full=full)
            if repair and report.found:
                yield from _repaired(settings, catalog, live, checker, report)
                report = checker.check(full=full)
        except (Failure, IngestionError, RetrievalError) as error:
            yield Finding(subject="data", verdict="failed", message=str(error))
            return
    yield from _told(report, repair=repair)


def _index(settings: Settings, live: LiveIndex) -> VectorIndex:
    """Opened, or through its owner where a service is running."""
    if settings.is_cluster:
        return connect_index(settings, live.record)
    try:
        return open_index(settings, live.record)
    except IndexUnavailable:
        return connect_index(settings, live.record)


def _repaired(
    settings: Settings, catalog: Catalog, live: LiveIndex, checker: Checker, report: CheckReport
) -> Iterator[Finding]:
    builder = IndexBuilder(
        catalog=catalog,
        blobs=checker.blobs,
        index=checker.index,
        embedder=make_embedder(live.lay_over(settings)),
        record=live.record,
        report=lambda _: None,
    )
    queued = checker.repair(report, builder)
    if queued:
        yield Finding(
            subject="repair",
            verdict="ok",
            message=f"{counted(queued, 'document')} will be read again by a worker",
        )


def _told(report: CheckReport, *, repair: bool) -> Iterator[Finding]:
    if not report.found:
        looked_at = (
            f"{counted(report.documents, 'document')} and {counted(report.points, 'point')} agree; "
            f"{counted(report.originals_hashed, 'original')} hashed"
        )
        yield Finding(subject="data", verdict="ok", message=looked_at)
        return
    counts: Counter[Fault] = Counter()
    names: dict[Fault, list[str]] = {}
    for item in report.found:
        counts[item.fault] += 1 if item.document_id is not None else item.count
        if item.document_id is not None:
            names.setdefault(item.fault, []).append(item.document_id)
    for fault, count in counts.items():
        some = ", ".join(names.get(fault, [])[:_SHOWN])
        hint = "" if repair else "; mend with --repair"
        verdict: Literal["warning", "failed"] = "warning" if fault is Fault.ARTEFACTS_ORPHANED else "failed"
        message = f"{count} {_MEANING[fault]}" + (f" ({some}{', …' if count > _SHOWN else ''})" if some else "") + hint
        yield Finding(subject=fault.value.replace("_", " "), verdict=verdict, message=message)
