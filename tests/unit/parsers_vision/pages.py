"""Page readings typed by hand, for what is asked of a vision model and what is taken of its answers."""

from __future__ import annotations

from collections.abc import Sequence

from parsers.model import Attempt, Derivation, ElementKind, Finding, TextSource
from parsers.reading import (
    Block,
    CellReading,
    FigureReading,
    LineReading,
    PageReading,
    TableReading,
    TypedText,
)

OCR = Derivation(extractor="rapidocr", version="3", confidence=0.7, reason="The page has no text layer.", price=4.0)
LAYER = Derivation(extractor="text_layer", version="1", confidence=1.0, reason="The page has a text layer.")
BOX = (40.0, 60.0, 400.0, 300.0)
NOTHING_READ = Finding(page=1, code="no_text_layer", message="Nothing was read.")

PRINTED = (
    "The harbour office keeps the ferry to the outer islands",
    "running through the winter months of 2024 and 2025",
    "with 1,204 arrivals and 877 departures in 31 weeks",
)


def lines(texts: Sequence[str] = PRINTED) -> Block:
    read = tuple(
        LineReading(
            text=text,
            bbox=(50.0, 60.0 + 14 * index, 400.0, 72.0 + 14 * index),
            baseline=70.0 + 14 * index,
            size=10.0,
            bold=False,
            italic=False,
            monospace=False,
        )
        for index, text in enumerate(texts)
    )
    return Block(left=50.0, right=400.0, lines=read)


def table(rows: Sequence[Sequence[str]], *, agreed: float = 0.4, readers: int = 2, placed: bool = True) -> Block:
    names = ("table_grid", "table_layout", "table_union")[:readers]
    attempts = tuple(Attempt(extractor=name, version="1", confidence=agreed, outcome="tried") for name in names)
    cells = tuple(
        CellReading(
            row=row,
            column=column,
            text=text,
            bbox=(40.0 + 90 * column, 60.0 + 15 * row, 120.0 + 90 * column, 72.0 + 15 * row) if placed else None,
        )
        for row, texts in enumerate(rows)
        for column, text in enumerate(texts)
    )
    derivation = Derivation(
        extractor="table_grid", version="1", confidence=agreed, reason="A table.", price=0.01, attempts=attempts
    )
    reading = TableReading(bbox=BOX, rows=len(rows), columns=len(rows[0]), cells=cells, derivation=derivation)
    return Block(left=40.0, right=400.0, table=reading)


def figure(*, labels: Sequence[str] = (), alt: str = "") -> Block:
    derivation = Derivation(extractor="image_places", version="1", confidence=1.0, reason="A picture.")
    return Block(figure=FigureReading(bbox=BOX, derivation=derivation, lines=lines(labels).lines, alt=alt))


def page(
    *blocks: Block,
    source: TextSource = TextSource.OCR,
    confidence: float | None = 0.9,
    unsure: int = 0,
    certain: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    number: int = 1,
    quarter_turns: int = 0,
) -> PageReading:
    text = OCR if source is TextSource.OCR else LAYER
    return PageReading(
        number=number,
        width=460.0,
        height=600.0,
        rotation=0,
        text_source=source,
        blocks=blocks,
        characters=0,
        tables_found=sum(block.table is not None for block in blocks),
        text=text,
        findings=tuple(findings),
        ocr_confidence=confidence if source is TextSource.OCR else None,
        unsure=unsure,
        certain=tuple(certain),
        quarter_turns=quarter_turns,
    )


def said(*texts: str) -> list[Block]:
    """An answer of paragraphs, as the sealed worker gives it."""
    return [Block(typed=TypedText(kind=ElementKind.PARAGRAPH, text=text, derivation=LAYER)) for text in texts]


def said_table(rows: Sequence[Sequence[str]]) -> list[Block]:
    """An answer of one table."""
    return [table(rows, placed=False)]
