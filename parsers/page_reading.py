"""Everything that can be understood from one page alone: route it, put it in order, give each line its own box."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Final

from parsers.content import PageContent, PrintedLine, Word
from parsers.figure_images import with_images
from parsers.figure_places import PlacedFigure, place_figures
from parsers.layout import Layout, LayoutKind, LayoutRegion, region_at
from parsers.line_boxes import Neighbourhood, tight_box
from parsers.model import ElementKind, TextSource
from parsers.ocr.base import UNCERTAIN, is_certain
from parsers.paragraphs import stands_before_text
from parsers.pieces import Piece, Row, rows_of
from parsers.plain_text import count_characters
from parsers.policy import ParseOptions
from parsers.reading import Block, FigureReading, LineReading, PageReading, TableReading
from parsers.reading_order import Area, arrange
from parsers.routing import RoutedPage, route

# What the layout model's word is worth something for. Of plain text and lists our own rules know more, of running
# headers and footers the other pages do.
_KINDS: Final[Mapping[LayoutKind, ElementKind]] = {
    LayoutKind.TITLE: ElementKind.HEADING,
    LayoutKind.SECTION_HEADER: ElementKind.HEADING,
    LayoutKind.CAPTION: ElementKind.CAPTION,
    LayoutKind.FOOTNOTE: ElementKind.FOOTNOTE,
    LayoutKind.FORMULA: ElementKind.FORMULA,
}
# A gap of this many font sizes inside a row is one between columns, not between words.
_WIDE_GAP = 1.5
# A raised mark is this much smaller than its line, and ends this many font sizes above the line's lower edge.
_MARK_SIZE = 0.85
_MARK_RISE = 0.1


def read_page(page: PageContent, options: ParseOptions) -> PageReading:
    """Understand one page. Pure but for the measured CPU seconds (of this thread), which are kept by step."""
    started = time.thread_time()
    routed = route(page, options)
    page = routed.page
    after_routing = time.thread_time()
    neighbourhood = _neighbourhood(page)
    figures, lines = _figures(routed, options, neighbourhood)
    after_figures = time.thread_time()
    areas = arrange(lines, routed.tables, figures)
    after_order = time.thread_time()
    blocks = (*_blocks(areas, routed.layout, neighbourhood), *_hidden_blocks(page))
    # Kept apart from the text that counts: hidden lines, and labels read from pictures.
    apart = [*(line for line in page.hidden if line.flag), *(line for one in routed.labels for line in one.lines)]
    cpu = {
        "route": after_routing - started,
        "figures": after_figures - after_routing,
        "order": after_order - after_figures,
        "lines": time.thread_time() - after_order,
    }
    return PageReading(
        number=page.number,
        width=page.width,
        height=page.height,
        rotation=page.rotation,
        text_source=routed.text_source,
        blocks=blocks,
        characters=routed.characters + sum(count_characters(line.text) for line in apart),
        tables_found=routed.tables_found,
        text=routed.text,
        findings=routed.findings,
        ocr_confidence=routed.ocr_confidence,
        unsure=sum(1 for word in page.words if word.confidence is not None and word.confidence < UNCERTAIN),
        certain=() if options.vision_model is None else tuple(word.text for word in page.words if is_certain(word)),
        quarter_turns=routed.quarter_turns,
        skew=routed.skew,
        cpu_seconds=cpu,
    )


def _neighbourhood(page: PageContent) -> Neighbourhood:
    shown = [word.bbox for line in page.lines for word in line.words]
    return Neighbourhood([*shown, *(word.bbox for line in page.hidden for word in line.words)])


def _figures(
    routed: RoutedPage, options: ParseOptions, neighbourhood: Neighbourhood
) -> tuple[list[FigureReading], list[PrintedLine]]:
    """The page's figures with their labels and pictures, and the lines that are left."""
    placed = [PlacedFigure(figure=figure) for figure in routed.figures]
    if routed.layout is not None:
        scanned = routed.text_source is TextSource.OCR
        placed = place_figures(routed.page, routed.layout, routed.figures, routed.lines, routed.tables, scanned=scanned)
    figures: list[FigureReading] = []
    for item in placed:
        figure, labels = _with_read_labels(item, routed)
        pieces = [Piece(box=line.bbox, line=line) for line in labels]
        rows = rows_of(piece for piece, line in zip(pieces, labels, strict=True) if line.horizontal)
        # The name of an axis that runs upwards stands beside many rows and in none of them.
        rows += [Row(pieces=(piece,)) for piece, line in zip(pieces, labels, strict=True) if not line.horizontal]
        figures.append(replace(figure, lines=tuple(_line(row, neighbourhood) for row in rows)))
    taken = {id(line) for item in placed for line in item.labels}
    return with_images(routed.page, figures, options), [line for line in routed.lines if id(line) not in taken]


def _with_read_labels(item: PlacedFigure, routed: RoutedPage) -> tuple[FigureReading, tuple[PrintedLine, ...]]:
    """The figure and its labels: those of the text layer and those that OCR read in it."""
    read = next((labels for labels in routed.labels if labels.bbox == item.figure.bbox), None)
    if read is None:
        return item.figure, item.labels
    derivation = item.figure.derivation
    derivation = replace(
        derivation, price=round(derivation.price + read.price, 4), attempts=(*derivation.attempts, read.attempt)
    )
    return replace(item.figure, derivation=derivation), (*item.labels, *read.lines)


def _blocks(areas: Sequence[Area], layout: Layout | None, neighbourhood: Neighbourhood) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for area in areas:
        for (table, figure, seen), rows in groupby(area.rows, key=lambda row: _block_of(row, layout)):
            if table is not None or figure is not None:
                blocks.append(Block(left=area.left, right=area.right, table=table, figure=figure))
                continue
            lines = tuple(_line(row, neighbourhood) for row in rows)
            kind = None if seen is None else _KINDS[seen.kind]
            blocks.append(Block(left=area.left, right=area.right, lines=lines, kind=kind))
    return tuple(blocks)


def _block_of(row: Row, layout: Layout | None) -> tuple[TableReading | None, FigureReading | None, LayoutRegion | None]:
    """What a row stands in: a table or a figure, or else a region of the layout that is more than plain text."""
    piece = row.pieces[0]
    if piece.line is None or layout is None:
        return piece.table, piece.figure, None
    main = max((part.line for part in row.pieces if part.line is not None), key=lambda line: len(line.text))
    region = region_at(layout, (main.bbox[0] + main.bbox[2]) / 2, (main.bbox[1] + main.bbox[3]) / 2)
    return None, None, region if region is not None and region.kind in _KINDS else None


def _hidden_blocks(page: PageContent) -> list[Block]:
    """Text that no reader sees, apart at the end of the page: a block for each reason, its lines as in the file."""
    nothing = Neighbourhood(())
    blocks: list[Block] = []
    for flag in sorted({line.flag for line in page.hidden if line.flag is not None}):
        lines = [line for line in page.hidden if line.flag is flag]
        left, right = min(line.bbox[0] for line in lines), max(line.bbox[2] for line in lines)
        read = tuple(_line(Row(pieces=(Piece(box=line.bbox, line=line),)), nothing) for line in lines)
        blocks.append(Block(left=left, right=right, lines=read, flags=(flag,)))
    return blocks


def _line(row: Row, neighbourhood: Neighbourhood) -> LineReading:
    parts = [piece.line for piece in row.pieces if piece.line is not None]
    words = [word for part in parts for word in part.words]
    if any(before.bbox[2] > after.bbox[0] for before, after in pairwise(parts)):
        # A raised mark stands between the words of another run.
        words.sort(key=lambda word: word.bbox[0])
    main = max(parts, key=lambda part: len(part.text))
    characters = sum(len(word.text) for word in words)
    return LineReading(
        text=" ".join(word.text for word in words),
        bbox=tight_box([word.bbox for word in words], neighbourhood, upright=main.horizontal),
        baseline=main.baseline,
        size=main.style.size,
        bold=_share(words, "bold") > 0.9 * characters,
        italic=_share(words, "italic") > 0.9 * characters,
        monospace=_share(words, "monospace") > 0.8 * characters,
        upright=main.horizontal,
        wide_gaps=_wide_gaps(words, main),
        mark=words[0].text if len(words) > 1 and _is_mark(words[0], main) else "",
    )


def _is_mark(word: Word, main: PrintedLine) -> bool:
    """Whether a line's first word is a raised mark: one in its own run, or a smaller one set above the others."""
    smaller = word.style.size < _MARK_SIZE * main.style.size
    return word.raised or (smaller and main.horizontal and word.bbox[3] < main.bbox[3] - _MARK_RISE * main.style.size)


def _share(words: Sequence[Word], trait: str) -> int:
    return sum(len(word.text) for word in words if getattr(word.style, trait))


def _wide_gaps(words: Sequence[Word], main: PrintedLine) -> int:
    """How many gaps are as wide as between columns; the one behind the number of an item or chapter is none."""
    if not main.horizontal:
        return 0
    widest = _WIDE_GAP * main.style.size
    wide = [place for place, (a, b) in enumerate(pairwise(words), start=1) if b.bbox[0] - a.bbox[2] > widest]
    if wide and words[wide[0]].text[:1].isalpha() and stands_before_text(" ".join(w.text for w in words[: wide[0]])):
        return len(wide) - 1
    return len(wide)
