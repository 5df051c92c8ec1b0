"""Which of the tables that extractors propose are accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parsers.content import PageContent
from parsers.extractors.base import ExtractedTable, Extractor, PageRegion, RegionKind
from parsers.model import Attempt, Derivation, Finding
from parsers.reading import TableReading
from parsers.table_signals import table_likely

# A proposed table below this confidence stays text: printed rows are better than a wrong grid.
ACCEPTED_CONFIDENCE = 0.5
_FAILED = "failed:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTables:
    """What became of a page's tables. `words` are the identities of the words that stand in accepted ones."""

    tables: tuple[TableReading, ...] = ()
    words: frozenset[int] = frozenset()
    rejected: tuple[Attempt, ...] = ()
    reason: str
    found: int = 0
    findings: tuple[Finding, ...] = ()


def choose_tables(page: PageContent, extractors: Sequence[Extractor]) -> ChosenTables:
    """Ask the extractors, cheapest first, on a page whose signals call for it, and accept what holds up."""
    likely, signal = table_likely(page)
    if not likely:
        return ChosenTables(reason=f"No table expected: {signal}")
    region = PageRegion(kind=RegionKind.TABLES, bbox=(0.0, 0.0, page.width, page.height), reason=signal)
    accepted: list[TableReading] = []
    taken: set[int] = set()
    rejected: list[Attempt] = []
    for extractor in extractors:
        for table in _propose(extractor, page, region, rejected):
            words = {id(word) for word in table.words}
            outcome = _verdict(table, overlapping=not taken.isdisjoint(words))
            if outcome is not None:
                rejected.append(_attempt(extractor, table, outcome))
                continue
            taken |= words
            accepted.append(_accept(extractor, table, signal))
    return ChosenTables(
        tables=tuple(accepted),
        words=frozenset(taken),
        rejected=tuple(rejected),
        reason=f"Table finder ran ({signal}): {len(accepted)} accepted, {len(rejected)} not.",
        found=len(accepted) + sum(1 for attempt in rejected if not attempt.outcome.startswith(_FAILED)),
        findings=tuple(_broken_extractors(page, rejected)),
    )


def _propose(
    extractor: Extractor, page: PageContent, region: PageRegion, failed: list[Attempt]
) -> tuple[ExtractedTable, ...]:
    """The extractor's tables; one that breaks down costs its tables and is written down, but never the page's text."""
    try:
        return extractor.extract(page, region).tables
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever goes wrong inside an extractor is that extractor's failure)
        outcome = f"{_FAILED} {type(error).__name__}"
        failed.append(Attempt(extractor=extractor.name, version=extractor.version, confidence=0.0, outcome=outcome))
        return ()


def _broken_extractors(page: PageContent, attempts: Sequence[Attempt]) -> list[Finding]:
    return [
        Finding(
            page=page.number,
            code="extractor_failed",
            message=f"The extractor {attempt.extractor} broke down on the page; its tables, if any, are plain text.",
        )
        for attempt in attempts
        if attempt.outcome.startswith(_FAILED)
    ]


def _verdict(table: ExtractedTable, *, overlapping: bool) -> str | None:
    """Why a proposed table is not accepted, or None if it is."""
    if not table.words:
        return "rejected: it holds no text"
    if overlapping:
        return "rejected: its words belong to a table already accepted"
    if table.confidence < ACCEPTED_CONFIDENCE:
        return f"rejected: confidence below {ACCEPTED_CONFIDENCE}"
    return None


def _attempt(extractor: Extractor, table: ExtractedTable, outcome: str) -> Attempt:
    return Attempt(extractor=extractor.name, version=extractor.version, confidence=table.confidence, outcome=outcome)


def _accept(extractor: Extractor, table: ExtractedTable, signal: str) -> TableReading:
    size = f"{table.rows} rows, {table.columns} columns"
    return TableReading(
        bbox=table.bbox,
        rows=table.rows,
        columns=table.columns,
        cells=table.cells,
        derivation=Derivation(
            extractor=extractor.name,
            version=extractor.version,
            confidence=table.confidence,
            reason=f"The page looks like it has a table ({signal}); the finder proposed {size}.",
            price=extractor.price,
            attempts=(_attempt(extractor, table, "accepted"),),
        ),
    )
