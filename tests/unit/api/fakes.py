"""Parts for an API under test: the real catalog and blob store, and stand-ins for what reads, draws and searches."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingestion.blobs import FolderBlobStore
from ingestion.catalog import Catalog
from ingestion.errors import BlobMissing
from ingestion.secrets import SecretBox
from parsers.errors import ParseCancelled
from parsers.model import (
    Box,
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
from parsers.policy import ParseOptions, ParsePolicy
from parsers.tree import ParseTree
from retrieval.answers.answerer import Answerer, ModelUnavailable, Written
from retrieval.answers.model import AnswerUsage
from retrieval.citations import Lineage, citation_id, spans_of
from retrieval.model import Principal
from retrieval.options import RetrieveQuery
from retrieval.ports import DocumentView
from retrieval.results import (
    Answerability,
    ContentBlock,
    Degradation,
    PlanStep,
    RetrievedPassage,
    RetrieveResult,
    Scores,
    Trust,
    Usage,
)
from services.api.app import ApiParts

TENANT = "default"
PDF = b"%PDF-1.7\nnot a real one, but the API only looks at the first bytes\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
PARSE_ID = "prs_" + "a" * 24


@dataclass(frozen=True)
class Settings:
    max_upload_bytes: int = 256 * 1024
    max_files_per_request: int = 5
    max_queued_jobs: int = 1000
    max_queued_jobs_per_tenant: int = 500
    parse_options: ParseOptions = field(default=ParseOptions(policy=ParsePolicy.FAST))


@dataclass
class Renderer:
    drawn: list[dict[str, Any]] = field(default_factory=list)
    error: Exception | None = None

    def render_page(
        self, path: Path, page: int, *, boxes: Sequence[Box] = (), dpi: int = 110, media_type: str = "application/pdf"
    ) -> bytes:
        if self.error is not None:
            raise self.error
        self.drawn.append({"path": path, "page": page, "boxes": tuple(boxes), "dpi": dpi, "media_type": media_type})
        return PNG


@dataclass
class Parses:
    """Gives the tree it was told to, or waits until it is told to stop."""

    tree: ParseTree | None = None
    error: Exception | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def parse(self, path: Path, **asked: Any) -> ParseTree:
        self.asked.append({**asked, "content": path.read_bytes()})
        if self.error is not None:
            raise self.error
        if self.tree is None:
            while not asked["should_stop"]():
                time.sleep(0.01)
            raise ParseCancelled("The parse was cancelled.")
        return self.tree


@dataclass
class Retriever:
    """Checks the query as the engine does, then gives what it was told to."""

    result: RetrieveResult | None = None
    error: Exception | None = None
    asked: list[tuple[RetrieveQuery, Principal]] = field(default_factory=list)

    def retrieve(self, query: RetrieveQuery, principal: Principal) -> RetrieveResult:
        self.asked.append((query.validated(), principal))
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result


@dataclass
class Index:
    error: Exception | None = None

    def count(self, where: object) -> int:
        if self.error is not None:
            raise self.error
        return 0


@dataclass
class Artefacts:
    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    images: dict[tuple[str, str, str], bytes] = field(default_factory=dict)

    def read_image(self, tenant: str, parse_id: str, sha256: str) -> bytes:
        try:
            return self.images[tenant, parse_id, sha256]
        except KeyError:
            raise BlobMissing("An artefact of this parse is not in the store.") from None

    def read_document(self, tenant: str, parse_id: str) -> Document:
        try:
            return self.documents[tenant, parse_id]
        except KeyError:
            raise BlobMissing("An artefact of this parse is not in the store.") from None


@dataclass
class Embedder:
    """Every text is as near as any other."""

    model_id: str = "same@1"
    dimension: int = 2
    runtime: str = "test"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(texts), 1))


@dataclass
class Documents:
    """The documents that answers quote."""

    documents: dict[str, Document] = field(default_factory=dict)

    def read(self, tenant: str, parse_id: str) -> Document | None:
        return self.documents.get(parse_id)


@dataclass
class AnswerModel:
    """Writes what it was told to, or fails."""

    text: str = ""
    error: ModelUnavailable | None = None
    name: str = "test-model"
    most_characters: int = 10_000
    asked: list[Sequence[Mapping[str, str]]] = field(default_factory=list)

    def write(self, messages: Sequence[Mapping[str, str]]) -> Written:
        self.asked.append(messages)
        if self.error is not None:
            raise self.error
        return Written(text=self.text, usage=AnswerUsage(input_tokens=900, output_tokens=40, cost_usd=0.002))


def make_answerer(retriever: Retriever, model: AnswerModel | None = None) -> Answerer:
    """On the stand-in for the engine, with the document that `make_result` is of."""
    documents = Documents({PARSE_ID: make_document()})
    return Answerer(retriever, Embedder(), documents, model)  # type: ignore[arg-type]


def make_parts(folder: Path, **settings: int) -> ApiParts:
    retriever = Retriever(result=make_result(make_document()))
    return ApiParts(
        settings=Settings(**settings),
        catalog=Catalog.open(f"sqlite:///{folder / 'catalog.db'}"),
        blobs=FolderBlobStore(folder / "blobs", free_bytes=0),
        artefacts=Artefacts(),
        retriever=retriever,  # type: ignore[arg-type]
        answerer=make_answerer(retriever),
        renderer=Renderer(),
        parses=Parses(),
        secrets=SecretBox.of_file(folder / "secrets.key"),
        index=Index(),  # type: ignore[arg-type]
    )


def make_document(sha256: str = "0" * 64) -> Document:
    """Two pages: a heading and a paragraph that runs over to page 2, where a table with two cells is."""
    text = "Results\n\nSales rose in the first half\nand fell later.\n\nYear\t2024"
    fell = text.index("and fell")
    year, number = text.index("Year"), text.index("2024")
    how = Derivation(extractor="text_layer", version="1", confidence=0.9, reason="the page has a text layer")

    def region(page: int, box: Box, start: int, end: int) -> Region:
        return Region(page=page, bbox=box, boxes=(box,), start=start, end=end)

    heading = region(1, (72, 72, 200, 90), 0, 7)
    first, second = (
        region(1, (72, 700, 400, 712), 9, fell - 1),
        region(2, (72, 72, 300, 84), fell, text.index("\n\nYear")),
    )
    grid = region(2, (72, 100, 300, 120), year, len(text))
    cells = tuple(
        Cell(row=0, column=column, text=text[start:end], page=2, bbox=box, start=start, end=end)
        for column, (start, end, box) in enumerate(
            [(year, year + 4, (72, 100, 150, 120)), (number, number + 4, (150, 100, 300, 120))]
        )
    )

    def element(name: str, kind: ElementKind, *regions: Region, **more: Any) -> Element:
        start, end = regions[0].start, regions[-1].end
        return Element(
            id=name,
            kind=kind,
            page=regions[0].page,
            bbox=regions[0].bbox,
            regions=regions,
            start=start,
            end=end,
            text=text[start:end],
            derivation=how,
            **more,
        )

    return Document(
        parse_id=PARSE_ID,
        producer="sourcespan-test 1",
        policy="fast",
        document=DocumentProperties(
            sha256=sha256, media_type="application/pdf", title="Annual report", language=None, page_count=2, text=text
        ),
        pages=tuple(
            Page(number=n, width=612, height=792, rotation=0, text_source=TextSource.TEXT_LAYER) for n in (1, 2)
        ),
        elements=(
            element("el_1", ElementKind.HEADING, heading, level=1),
            element("el_2", ElementKind.PARAGRAPH, first, second, section_path=("Results",), parent="el_1"),
            element("el_3", ElementKind.TABLE, grid, table=Table(rows=1, columns=2, cells=cells)),
        ),
        ledger=make_ledger(),
    )


def make_ledger() -> Ledger:
    return Ledger(
        state=LedgerState.COMPLETE,
        pages_total=2,
        pages_parsed=2,
        text_coverage=1.0,
        tables_found=1,
        tables_extracted=1,
        figures_found=0,
        ocr_pages=0,
        ocr_confidence=None,
        findings=(),
    )


def make_result(document: Document, passages: int = 1) -> RetrieveResult:
    start, end = 9, document.text.index("\n\nYear")
    found = "doc_" + "b" * 24
    passage = RetrievedPassage(
        chunk_id="chk_" + "c" * 24,
        citation_id=citation_id(found, document.parse_id, start, end),
        score=0.87,
        scores=Scores(dense=0.61, lexical=None, document=0.2, fused=0.87),
        page=1,
        content=(
            ContentBlock(type="context_header", text="Annual report > Results"),
            ContentBlock(type="text", text=document.text[start:end]),
        ),
        element_types=("paragraph",),
        table=None,
        document=DocumentView(
            id=found,
            collection="demo",
            version="d" * 64,
            title="Annual report",
            source_uri="upload:///report.pdf",
            media_type="application/pdf",
            updated_at="2026-11-20T12:00:00+00:00",
            attributes={"year": 2024},
        ),
        spans=spans_of(document, start, end),
        lineage=Lineage(
            parse_id=document.parse_id,
            element_ids=("el_2",),
            parser="text_layer",
            parser_version="1",
            confidence=0.9,
        ),
        section_path=("Results",),
        images=None,
        trust=Trust(flags=("invisible_text",)),
    )
    return RetrieveResult(
        results=(passage,) * passages,
        index_version="all-MiniLM-L6-v2",
        epoch=7,
        query_plan=(PlanStep(stage="fusion", details={"method": "weighted_sum", "weights": {"dense": 1.0}}),),
        answerability=Answerability(score=None, reason="not calibrated yet"),
        degraded=(Degradation(code="no_dense", message="The dense list is missing."),),
        usage=Usage(cpu_seconds=0.01, embedded_texts=1, money_usd=0.0, business_unit=None),
        timings_ms={"total": 11.0},
    )
