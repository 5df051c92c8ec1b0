"""What the tests of ingestion share: a clock that stands still, a catalog, a ledger, documents without a parser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingestion.catalog import Catalog
from ingestion.model import Accepted, AttributeType, ClaimedJob, Cost, JobState
from parsers.model import (
    Cell,
    Derivation,
    Document,
    DocumentProperties,
    Element,
    ElementKind,
    Ledger,
    LedgerState,
    Page,
    Region,
    Table,
    TextSource,
)
from retrieval.facts import DocumentFacts

TENANT = "acme"
DERIVATION = Derivation(extractor="test", version="1", confidence=0.9, reason="made for a test")

LEDGER = Ledger(
    state=LedgerState.COMPLETE,
    pages_total=3,
    pages_parsed=3,
    text_coverage=1.0,
    tables_found=0,
    tables_extracted=0,
    figures_found=0,
    ocr_pages=0,
    ocr_confidence=None,
    findings=(),
)


class Clock:
    """Seconds since 1970 that pass only when told to; a little at each look, so that times differ."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def open_catalog(
    place: Path | str, clock: Clock, *, grace_seconds: float = 60.0, versions_kept: int | None = None
) -> Catalog:
    """A catalog in a folder or at a URL, with the collection `reports`, whose documents have a year."""
    url = place if isinstance(place, str) else f"sqlite:///{place}/catalog.db"
    catalog = Catalog.open(url, clock=clock, grace_seconds=grace_seconds, versions_kept=versions_kept)
    catalog.collections.create(TENANT, "reports", attributes={"year": AttributeType.INTEGER})
    return catalog


def upload(catalog: Catalog, name: str = "a.pdf", content: str = "1", year: int | None = None) -> Accepted:
    attributes = None if year is None else {"year": year}
    return catalog.documents.accept(TENANT, "reports", name, content * 64, 100, "application/pdf", attributes)


FACTS = DocumentFacts(title="Annual Report", organisation="Example AG", periods=("2022",), kind="annual report")


def publish(catalog: Catalog, job: ClaimedJob, parse_id: str, state: JobState = JobState.SUCCEEDED) -> int:
    return catalog.publishing.publish(
        job, parse_id=parse_id, point_count=5, ledger=LEDGER, cost=Cost(), state=state, facts=FACTS
    )


def claim(catalog: Catalog, worker: str = "worker") -> ClaimedJob:
    job = catalog.queue.claim(worker)
    assert job is not None
    return job


class DocumentBuilder:
    """Elements one after another, as a parser would give them: offsets, regions, cells and canonical text agree."""

    def __init__(self) -> None:
        self._text = ""
        self._elements: list[Element] = []
        self._sections: tuple[str, ...] = ()

    def add(self, kind: ElementKind, parts: list[tuple[int, str]]) -> DocumentBuilder:
        """An element whose text is that of the parts (page, lines of text)."""
        start = self._start()
        regions = []
        for number, (page, text) in enumerate(parts):
            self._text += "\n" * (number > 0)
            begin = len(self._text)
            self._text += text
            boxes = tuple((0.0, 10.0 * line, 100.0, 10.0 * line + 8) for line in range(text.count("\n") + 1))
            regions.append(Region(page=page, bbox=boxes[0], boxes=boxes, start=begin, end=len(self._text)))
        self._append(kind, start, tuple(regions))
        if kind is ElementKind.HEADING:
            self._sections = (self._text[start:],)
        return self

    def add_table(self, rows: list[list[str]], pages: list[int], header_rows: int = 1) -> DocumentBuilder:
        """A table with one page per row."""
        start = self._start()
        cells = []
        for row, texts in enumerate(rows):
            self._text += "\n" * (row > 0)
            for column, text in enumerate(texts):
                self._text += "\t" * (column > 0)
                begin = len(self._text)
                self._text += text
                cells.append(
                    Cell(
                        row=row,
                        column=column,
                        header=row < header_rows,
                        text=text,
                        page=pages[row],
                        bbox=(10.0 * column, 10.0 * row, 10.0 * column + 9, 10.0 * row + 9),
                        start=begin,
                        end=len(self._text),
                    )
                )
        region = Region(page=pages[0], bbox=(0, 0, 9, 9), boxes=((0, 0, 9, 9),), start=start, end=len(self._text))
        self._append(ElementKind.TABLE, start, (region,))
        table = Table(rows=len(rows), columns=max(map(len, rows)), cells=tuple(cells))
        self._elements[-1] = replace(self._elements[-1], table=table)
        return self

    def build(self, *, pages: int | None = None) -> Document:
        last = max((region.page for element in self._elements for region in element.regions), default=1)
        last = max([last, *(cell.page for e in self._elements if e.table for cell in e.table.cells)])
        count = pages or last
        return Document(
            parse_id="prs_" + "a" * 24,
            producer="test/1",
            policy="fast",
            document=DocumentProperties(
                sha256="0" * 64,
                media_type="application/pdf",
                title=None,
                language=None,
                page_count=count,
                text=self._text,
            ),
            pages=tuple(
                Page(number=n, width=600.0, height=800.0, rotation=0, text_source=TextSource.TEXT_LAYER)
                for n in range(1, count + 1)
            ),
            elements=tuple(self._elements),
            ledger=replace(LEDGER, pages_total=count, pages_parsed=count),
        )

    def _start(self) -> int:
        self._text += "\n\n" if self._elements else ""
        return len(self._text)

    def _append(self, kind: ElementKind, start: int, regions: tuple[Region, ...]) -> None:
        self._elements.append(
            Element(
                id=f"el_{len(self._elements):020x}",
                kind=kind,
                page=regions[0].page,
                bbox=regions[0].bbox,
                regions=regions,
                start=start,
                end=len(self._text),
                text=self._text[start:],
                section_path=self._sections if kind is not ElementKind.HEADING else (),
                derivation=DERIVATION,
            )
        )
