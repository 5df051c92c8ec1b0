"""Hand-made parsed documents, and a strategy that draws them: paragraphs over columns and pages, tables, furniture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

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

PARSE_ID = "prs_" + "ab" * 12
DOCUMENT_ID = "doc_" + "cd" * 12
DERIVATION = Derivation(extractor="text_layer", version="1", confidence=0.9, reason="test")


@dataclass
class DocumentMaker:
    """Adds elements one after the other, a blank line between; every line gets a box of its own."""

    text: str = ""
    elements: list[Element] = field(default_factory=list)
    boxes: int = 0

    def box(self) -> Box:
        self.boxes += 1
        return (10.0, float(self.boxes), 100.0, float(self.boxes) + 0.5)

    def _begin(self) -> int:
        if self.text:
            self.text += "\n\n"
        return len(self.text)

    def add_lines(self, kind: ElementKind, regions: Sequence[tuple[int, Sequence[str]]], *, boxes: bool = True) -> None:
        """A text element; each region is a page and its printed lines."""
        start = self._begin()
        placed: list[Region] = []
        for number, (page, lines) in enumerate(regions):
            if number:
                self.text += "\n"
            first = len(self.text)
            self.text += "\n".join(lines)
            places = tuple(self.box() for _ in lines)
            placed.append(Region(page=page, bbox=places[0], boxes=places, start=first, end=len(self.text)))
        self._append(kind, start, regions[0][0], tuple(placed) if boxes else (), None)

    def add_table(self, page: int, rows: Sequence[Sequence[str]]) -> None:
        start = self._begin()
        cells: list[Cell] = []
        for row, values in enumerate(rows):
            if row:
                self.text += "\n"
            for column, value in enumerate(values):
                if column:
                    self.text += "\t"
                first = len(self.text)
                self.text += value
                cells.append(
                    Cell(
                        row=row,
                        column=column,
                        header=row == 0,
                        text=value,
                        page=page,
                        bbox=self.box() if value else None,
                        start=first,
                        end=len(self.text),
                    )
                )
        table = Table(rows=len(rows), columns=len(rows[0]), cells=tuple(cells))
        places = tuple(self.box() for _ in rows)
        region = Region(page=page, bbox=places[0], boxes=places, start=start, end=len(self.text))
        self._append(ElementKind.TABLE, start, page, (region,), table)

    def _append(
        self, kind: ElementKind, start: int, page: int, regions: tuple[Region, ...], table: Table | None
    ) -> None:
        self.elements.append(
            Element(
                id=f"el_{len(self.elements):020x}",
                kind=kind,
                page=page,
                bbox=regions[0].bbox if regions else None,
                regions=regions,
                start=start,
                end=len(self.text),
                text=self.text[start:],
                section_path=("Part I",),
                table=table,
                derivation=DERIVATION,
            )
        )

    def build(self, pages: int) -> Document:
        return Document(
            parse_id=PARSE_ID,
            producer="test",
            policy="fast",
            document=DocumentProperties(
                sha256="0" * 64,
                media_type="application/pdf",
                title=None,
                language=None,
                page_count=pages,
                text=self.text,
            ),
            pages=tuple(
                Page(number=number, width=612.0, height=792.0, rotation=0, text_source=TextSource.TEXT_LAYER)
                for number in range(1, pages + 1)
            ),
            elements=tuple(self.elements),
            ledger=Ledger(
                state=LedgerState.COMPLETE,
                pages_total=pages,
                pages_parsed=pages,
                text_coverage=1.0,
                tables_found=0,
                tables_extracted=0,
                figures_found=0,
                ocr_pages=0,
                ocr_confidence=None,
                findings=(),
            ),
        )


_line = st.text(alphabet="abé 日𝔘$1.-", min_size=1, max_size=12).filter(lambda text: text.strip() != "")
_cell = st.text(alphabet="abé$1.", max_size=6)
_text_kinds = st.sampled_from(
    [ElementKind.PARAGRAPH, ElementKind.HEADING, ElementKind.HEADER, ElementKind.FOOTER, ElementKind.LIST_ITEM]
)


@st.composite
def parsed_documents(draw: st.DrawFn) -> Document:
    """One to three pages; elements of several regions over pages, tables with empty cells, text without geometry."""
    maker = DocumentMaker()
    pages = draw(st.integers(1, 3))
    for _ in range(draw(st.integers(1, 6))):
        page = draw(st.integers(1, pages))
        if draw(st.booleans()):
            regions = [
                (min(pages, page + number), draw(st.lists(_line, min_size=1, max_size=3)))
                for number in range(draw(st.integers(1, 2)))
            ]
            maker.add_lines(draw(_text_kinds), regions, boxes=draw(st.booleans()))
        else:
            columns = draw(st.integers(1, 3))
            rows = draw(
                st.lists(st.lists(_cell, min_size=columns, max_size=columns), min_size=1, max_size=4).filter(
                    lambda rows: any(value for row in rows for value in row)
                )
            )
            maker.add_table(page, rows)
    return maker.build(pages)
