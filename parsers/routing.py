"""Which extractor runs on which part of a page, and why.

Signals come first because they are cheap: the text layer and its glyphs, hidden text, images, and the table signal.
Every decision ends in a Derivation whose reason a person can read. Prices are fixed per operation and never measured,
so that the same bytes take the same route on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from parsers import prices
from parsers.content import PageContent, PrintedLine, Ruling, Word
from parsers.extractors.base import Extractor, PageRegion, RegionKind
from parsers.extractors.table_grid import TableGridExtractor
from parsers.extractors.table_layout import TableLayoutExtractor
from parsers.extractors.table_places import table_boxes
from parsers.extractors.table_union import TableUnionExtractor
from parsers.extractors.text_layer import TextLayerExtractor
from parsers.figure_places import find_figures, mostly_inside
from parsers.layout import Layout, find_layout, layout_needed
from parsers.line_boxes import union
from parsers.model import Attempt, Box, Derivation, Finding, TextSource
from parsers.picture_texts import PictureLabels
from parsers.policy import ParseOptions, ParsePolicy
from parsers.reading import FigureReading, TableReading
from parsers.scan_pictures import pictures_in_scan, without_misread_labels
from parsers.table_choice import choose_tables
from parsers.text_choice import ChosenText, choose_text

Routes = Mapping[RegionKind, tuple[Extractor, ...]]

# Extractors by policy and by what a region is thought to hold, cheapest first: the place to register a new one.
_FAST: Routes = {
    RegionKind.TEXT: (TextLayerExtractor(),),
    RegionKind.TABLES: (TableGridExtractor(),),
}
_WITH_LAYOUT: Routes = {
    RegionKind.TEXT: (TextLayerExtractor(),),
    RegionKind.TABLES: (TableGridExtractor(), TableLayoutExtractor(), TableUnionExtractor()),
}
ROUTES: Mapping[ParsePolicy, Routes] = {
    ParsePolicy.FAST: _FAST,
    ParsePolicy.BALANCED: _WITH_LAYOUT,
    ParsePolicy.BEST: _WITH_LAYOUT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedPage:
    """What was extracted from a page and why, before it is put in reading order.

    `page` is what it was extracted from: the text that counts, after `quarter_turns` that made most of it upright.
    `layout` is what the layout model sees on it, where it was asked; `labels` what OCR reads in its pictures.
    """

    page: PageContent
    lines: tuple[PrintedLine, ...]
    tables: tuple[TableReading, ...]
    figures: tuple[FigureReading, ...]
    text: Derivation
    text_source: TextSource
    characters: int
    tables_found: int
    findings: tuple[Finding, ...]
    ocr_confidence: float | None = None
    quarter_turns: int = 0
    skew: float = 0.0
    layout: Layout | None = None
    labels: tuple[PictureLabels, ...] = ()


def route(page: PageContent, options: ParseOptions) -> RoutedPage:
    """Run the extractors that the page's signals call for, as far as the policy goes."""
    routes = ROUTES[options.policy]
    chosen = choose_text(page, options)
    page = chosen.page
    whole_page = (0.0, 0.0, page.width, page.height)
    left = prices.page_budget(options) - (prices.TEXT_LAYER if chosen.derivation is None else chosen.derivation.price)
    left -= sum(labels.price for labels in chosen.labels)
    scanned = chosen.source is TextSource.OCR
    asked = left >= prices.LAYOUT_MODEL and layout_needed(page, options, scanned=scanned)[0]
    layout = find_layout(page, scanned=scanned, skew=chosen.skew) if asked else None
    if layout is not None:
        left -= prices.LAYOUT_MODEL
    searched, witness = page, layout
    if scanned and layout is not None:
        # The model knows fewer tables in scans than in print: where it sees none at all, it is no witness.
        pictures = [box for box, _ in pictures_in_scan(page, layout)]
        page = without_misread_labels(page, pictures)
        searched, witness = _outside_pictures(page, pictures), layout if table_boxes(layout) else None
    tables = choose_tables(searched, routes[RegionKind.TABLES], witness, left)
    rest = _without(page, tables.words)
    region = PageRegion(kind=RegionKind.TEXT, bbox=whole_page, reason=f"{chosen.reason} {tables.reason}")
    extractor = routes[RegionKind.TEXT][0]
    extraction = extractor.extract(rest, region)
    return RoutedPage(
        page=page,
        lines=extraction.lines,
        tables=tables.tables,
        figures=find_figures(page),
        text=_text_derivation(chosen, extractor, extraction.confidence, region.reason, tables.rejected),
        text_source=chosen.source,
        characters=page.char_count,
        tables_found=tables.found,
        findings=(*chosen.findings, *tables.findings),
        ocr_confidence=chosen.ocr_confidence,
        quarter_turns=chosen.quarter_turns,
        skew=chosen.skew,
        layout=layout,
        labels=chosen.labels,
    )


def _text_derivation(
    chosen: ChosenText, extractor: Extractor, confidence: float, reason: str, rejected: tuple[Attempt, ...]
) -> Derivation:
    """How the lines came to be: read by OCR, or taken from the text layer; with the tables that were not accepted."""
    if chosen.derivation is not None:
        return replace(chosen.derivation, reason=reason, attempts=(*chosen.derivation.attempts, *rejected))
    return Derivation(
        extractor=extractor.name,
        version=extractor.version,
        confidence=confidence,
        reason=reason,
        price=extractor.price,
        attempts=rejected,
    )


def _outside_pictures(page: PageContent, pictures: Sequence[Box]) -> PageContent:
    """A scanned page without the words and lines of charts: their axes and labels look like tables."""
    rest = _without(
        page, frozenset(id(word) for word in page.words if any(mostly_inside(word.bbox, p) for p in pictures))
    )
    outside = [line for line in page.rulings if not any(_ends_inside(line, picture) for picture in pictures)]
    return replace(rest, rulings=tuple(outside))


def _ends_inside(ruling: Ruling, box: Box) -> bool:
    return box[0] <= ruling.x0 <= ruling.x1 <= box[2] and box[1] <= ruling.y0 <= ruling.y1 <= box[3]


def _without(page: PageContent, taken: frozenset[int]) -> PageContent:
    """The page without the words that tables have taken; a line that loses words in its middle becomes two."""
    if not taken:
        return page
    lines: list[PrintedLine] = []
    for line in page.lines:
        run: list[Word] = []
        if all(id(word) not in taken for word in line.words):
            lines.append(line)
            continue
        for word in line.words:
            if id(word) not in taken:
                run.append(word)
            elif run:
                lines.append(_part(line, run))
                run = []
        if run:
            lines.append(_part(line, run))
    return replace(page, lines=tuple(lines))


def _part(line: PrintedLine, words: list[Word]) -> PrintedLine:
    text = " ".join(word.text for word in words)
    return replace(line, text=text, bbox=union(word.bbox for word in words), words=tuple(words))
