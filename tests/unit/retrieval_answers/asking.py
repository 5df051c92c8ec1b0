"""A found document to make answers of: hand-made, with one passage per range, and an engine that always finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parsers.model import Document, ElementKind
from retrieval.answers.units import Source, sources_of
from retrieval.citations import Lineage, citation_id, spans_of
from retrieval.model import Principal
from retrieval.options import RetrieveQuery
from retrieval.ports import DocumentView
from retrieval.results import (
    Answerability,
    ContentBlock,
    RetrievedPassage,
    RetrieveResult,
    Trust,
    Usage,
)
from tests.unit.retrieval_engine.documents import DOCUMENT_ID, PARSE_ID, DocumentMaker

PRINCIPAL = Principal(id="key_1", tenant="t1")


def report() -> Document:
    """A paragraph, a table of two years and a note, on one page."""
    maker = DocumentMaker()
    maker.add_lines(
        ElementKind.PARAGRAPH,
        [(1, ["Acme builds cranes. Its new yard in Bergen opened", "on 3 May 2022. Nobody was hurt."])],
    )
    maker.add_table(
        1,
        [
            ["", "2022", "2021"],
            ["Revenue", "1,577", "1,301"],
            ["Operating profit", "212", "(40)"],
            ["Staff", "88", "90"],
        ],
    )
    maker.add_lines(ElementKind.PARAGRAPH, [(1, ["The figures are in thousands of euros."])])
    return maker.build(1)


def passage(document: Document, start: int, end: int, *, flags: tuple[str, ...] = ()) -> RetrievedPassage:
    identity = citation_id(DOCUMENT_ID, PARSE_ID, start, end)
    text = document.document.text[start:end]
    return RetrievedPassage(
        chunk_id="chk_1",
        citation_id=identity,
        score=1.0,
        scores=None,
        page=1,
        content=(ContentBlock(type="text", text=text, start=start, end=end, citation_id=identity),),
        element_types=("paragraph",),
        table=None,
        document=DocumentView(
            id=DOCUMENT_ID,
            collection="demo",
            version="v",
            title="Acme annual report 2022",
            source_uri="upload:///acme.pdf",
            media_type="application/pdf",
            updated_at="",
        ),
        spans=spans_of(document, start, end),
        lineage=Lineage(parse_id=PARSE_ID, element_ids=(), parser="p", parser_version="1", confidence=1.0),
        section_path=("Results",),
        images=None,
        trust=Trust(flags=flags),
    )


def whole(document: Document, *, flags: tuple[str, ...] = ()) -> tuple[RetrievedPassage, ...]:
    return (passage(document, 0, len(document.document.text), flags=flags),)


@dataclass
class Documents:
    document: Document | None

    def read(self, tenant: str, parse_id: str) -> Document | None:
        assert (tenant, parse_id) == (PRINCIPAL.tenant, PARSE_ID)
        return self.document


@dataclass
class Engine:
    """Stands in for `Retriever`: finds these passages, and is this sure."""

    passages: Sequence[RetrievedPassage]
    sure: float | None = 0.9
    asked: list[RetrieveQuery] = field(default_factory=list)

    def retrieve(self, query: RetrieveQuery, principal: Principal) -> RetrieveResult:
        self.asked.append(query)
        return RetrieveResult(
            results=tuple(self.passages),
            index_version="m",
            epoch=1,
            query_plan=(),
            answerability=Answerability(score=self.sure, reason="because"),
            degraded=(),
            usage=Usage(cpu_seconds=0.01, embedded_texts=1, money_usd=0.0, business_unit=None),
            timings_ms={"total": 5.0},
        )


@dataclass
class SameVectors:
    """Every text is as near as any other: words alone tell them apart."""

    model_id: str = "same@1"
    dimension: int = 2
    runtime: str = "test"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(np.array([1.0, 0.0], dtype=np.float32), (len(texts), 1))


def sources(document: Document) -> list[Source]:
    return sources_of(whole(document), Documents(document), PRINCIPAL.tenant)
