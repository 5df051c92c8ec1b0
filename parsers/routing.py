"""Which extractor runs on which part of a page, and why.

Signals come first because they are cheap: the text layer and its glyphs, hidden text, images, and the table signal.
Every decision ends in a Derivation whose reason a person can read. Prices are fixed per operation and never measured,
so that the same bytes take the same route on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parsers.content import PageContent, PrintedLine, Word
from parsers.extractors.base import ExtractedTable, Extractor, PageRegion, RegionKind
from parsers.extractors.table_grid import TableGridExtractor
from parsers.extractors.text_layer import TextLayerExtractor
from parsers.line_boxes import union
from parsers.model import Attempt, Box, Derivation, Finding, TextSource
from parsers.plain_text import count_characters
from parsers.policy import ParsePolicy
from parsers.reading import FigureReading, TableReading
from parsers.table_signals import table_likely

Routes = Mapping[RegionKind, tuple[Extractor, ...]]

# Extractors by policy and by what a region is thought to hold, cheapest first: the place to register a new one.
ROUTES: Mapping[ParsePolicy, Routes] = {
    ParsePolicy.FAST: {
        RegionKind.TEXT: (TextLayerExtractor(),),
        RegionKind.TABLES: (TableGridExtractor(),),
    },
}

# A proposed table below this confidence stays text: printed rows are better than a wrong grid.
ACCEPTED_CONFIDENCE = 0.5
_FAILED = "failed:"
# A text layer in which more characters than this have no Unicode value cannot be trusted.
_GARBLED_SHARE = 0.1
# An invisible text layer over a picture of the page is what OCR programs leave behind.
_SCAN_COVER = 0.6
_SCAN_VISIBLE_SHARE = 0.1
# A picture is a figure from this share of the page on, and the page's background when it covers nearly all of it.
_FIGURE_SHARE = 0.01
_FIGURE_SIDE = 24.0
_BACKGROUND_SHARE = 0.85
# A page without text but with as many paths may have its letters drawn as outlines.
_OUTLINE_PATHS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutedPage:
    """What was extracted from a page and why, before it is put in reading order."""

    lines: tuple[PrintedLine, ...]
    tables: tuple[TableReading, ...]
    figures: tuple[FigureReading, ...]
    text: Derivation
    text_source: TextSource
    characters: int
    tables_found: int
    findings: tuple[Finding, ...]


def route(page: PageContent, policy: ParsePolicy) -> RoutedPage:
    """Run the extractors that the page's signals call for, as far as the policy goes."""
    routes = ROUTES[policy]
    page, layer_reason, findings = _choose_layer(page)
    whole_page = (0.0, 0.0, page.width, page.height)
    tables, words_in_tables, rejected, table_reason = _extract_tables(page, whole_page, routes)
    rest = _without(page, words_in_tables)
    region = PageRegion(kind=RegionKind.TEXT, bbox=whole_page, reason=f"{layer_reason} {table_reason}")
    extractor = routes[RegionKind.TEXT][0]
    extraction = extractor.extract(rest, region)
    return RoutedPage(
        lines=extraction.lines,
        tables=tables,
        figures=_figures(page),
        text=Derivation(
            extractor=extractor.name,
            version=extractor.version,
            confidence=extraction.confidence,
            reason=region.reason,
            price=extractor.price,
            attempts=rejected,
        ),
        text_source=TextSource.TEXT_LAYER if page.char_count else TextSource.NONE,
        characters=page.char_count,
        tables_found=len(tables) + sum(1 for attempt in rejected if not attempt.outcome.startswith(_FAILED)),
        findings=(*findings, *_broken_extractors(page, rejected)),
    )


def _choose_layer(page: PageContent) -> tuple[PageContent, str, list[Finding]]:
    """Decide which text of the page counts, and what a person should know about it."""
    findings: list[Finding] = []
    hidden = sum(count_characters(line.text) for line in page.hidden)
    if hidden and _is_scan_with_hidden_text(page, hidden):
        page = replace(page, lines=page.lines + page.hidden, hidden=(), char_count=page.char_count + hidden)
        message = f"The page is a picture with an invisible text layer of {hidden:,} characters, likely from OCR."
        findings.append(Finding(page=page.number, code="ocr_text_layer", message=message))
    elif hidden:
        message = f"{hidden:,} characters that no reader sees (invisible, outside the page or tiny) were left out."
        findings.append(Finding(page=page.number, code="hidden_text", message=message))
    if page.char_count == 0:
        if _figures(page) or page.paths >= _OUTLINE_PATHS:
            message = "The page shows something, but has no text layer; nothing was read from it."
            findings.append(Finding(page=page.number, code="no_text_layer", message=message))
        return page, "The page has no text layer.", findings
    share = page.unmapped / page.char_count
    if share > _GARBLED_SHARE:
        message = f"{share:.0%} of the characters have no known meaning in the fonts used; the text may be unreadable."
        findings.append(Finding(page=page.number, code="garbled_text", message=message))
    reason = f"The page has a text layer of {page.char_count:,} characters, {page.unmapped:,} without a known meaning."
    return page, reason, findings


def _is_scan_with_hidden_text(page: PageContent, hidden: int) -> bool:
    covered = max((_area(image) for image in page.images), default=0.0)
    return covered >= _SCAN_COVER * page.width * page.height and page.char_count <= _SCAN_VISIBLE_SHARE * hidden


def _extract_tables(
    page: PageContent, whole_page: Box, routes: Routes
) -> tuple[tuple[TableReading, ...], frozenset[int], tuple[Attempt, ...], str]:
    """Accepted tables, the identities of their words, rejected proposals, and the reason for a person."""
    likely, signal = table_likely(page)
    if not likely:
        return (), frozenset(), (), f"No table expected: {signal}"
    region = PageRegion(kind=RegionKind.TABLES, bbox=whole_page, reason=signal)
    accepted: list[TableReading] = []
    taken: set[int] = set()
    rejected: list[Attempt] = []
    for extractor in routes[RegionKind.TABLES]:
        for table in _propose(extractor, page, region, rejected):
            words = {id(word) for word in table.words}
            outcome = _verdict(table, overlapping=not taken.isdisjoint(words))
            if outcome is not None:
                rejected.append(_attempt(extractor, table, outcome))
                continue
            taken |= words
            accepted.append(_accept(extractor, table, signal))
    reason = f"Table finder ran ({signal}): {len(accepted)} accepted, {len(rejected)} not."
    return tuple(accepted), frozenset(taken), tuple(rejected), reason


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


def _broken_extractors(page: PageContent, attempts: tuple[Attempt, ...]) -> list[Finding]:
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


def _figures(page: PageContent) -> tuple[FigureReading, ...]:
    """Pictures large enough to mean something; parts of a larger picture and backgrounds of text left out."""
    whole = page.width * page.height
    kept: list[Box] = []
    for image in page.images:
        share = _area(image) / whole if whole else 0.0
        if share < _FIGURE_SHARE or min(image[2] - image[0], image[3] - image[1]) < _FIGURE_SIDE:
            continue
        if share >= _BACKGROUND_SHARE and page.char_count:
            continue
        if not any(_mostly_inside(image, other) for other in kept):
            kept.append(image)
    return tuple(FigureReading(bbox=box, derivation=_figure_derivation(box, whole)) for box in kept)


def _figure_derivation(box: Box, whole: float) -> Derivation:
    reason = f"A picture covers {_area(box) / whole:.0%} of the page."
    return Derivation(extractor="image_places", version="1", confidence=1.0, reason=reason)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _mostly_inside(box: Box, other: Box) -> bool:
    across = min(box[2], other[2]) - max(box[0], other[0])
    down = min(box[3], other[3]) - max(box[1], other[1])
    return across > 0 and down > 0 and across * down >= 0.8 * _area(box)
