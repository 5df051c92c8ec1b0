"""Blocks → PDF with reportlab, remembering the page on which each block was printed. Same source, same bytes."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Table,
    TableStyle,
)

from eval_data.markup import Block, Head, Source

WIDTH, HEIGHT = A4
MARGIN, GUTTER = 2.2 * cm, 0.7 * cm
ROOM_FOR_FOOTNOTES = 2.0 * cm
FONTS = {"serif": ("Times-Roman", "Times-Bold"), "sans": ("Helvetica", "Helvetica-Bold")}
NUMBER = re.compile(r"^[-(<±£ ]*[\d.,]+[%)]?$|^-$")
Printed = list[tuple[Block, int]]


class _BlockParagraph(Paragraph):
    """A paragraph that knows its block; so do its parts when it is split over columns or pages."""

    block: Block

    def split(self, width: float, height: float) -> list[Flowable]:
        parts = super().split(width, height)
        for part in parts:
            part.block = self.block
        return list(parts)


class _BlockTable(Table):
    """A table that knows its block; a part that goes on another page holds the rows printed there."""

    block: Block

    def onSplit(self, part: Table, byRow: int = 1) -> None:  # noqa: ARG002 (reportlab's signature)
        part.block = replace(self.block, rows=tuple(_texts(row) for row in part._cellvalues), pages=[])


class _Cell(Paragraph):
    """A cell whose text wraps."""

    printed: str


def _texts(row: list[object]) -> tuple[str, ...]:
    return tuple(cell.printed if isinstance(cell, _Cell) else str(cell) for cell in row)


class _Template(BaseDocTemplate):
    """Notes (block, page) as blocks are printed."""

    def __init__(self, buffer: io.BytesIO, head: Head) -> None:
        super().__init__(
            buffer,
            pagesize=A4,
            invariant=1,
            pageCompression=0,
            title=head.title,
            author=head.author,
            subject="",
            creator="",
        )
        self.printed: Printed = []

    def afterFlowable(self, flowable: Flowable) -> None:
        block = getattr(flowable, "block", None)
        if block is not None:
            self.printed.append((block, self.page))


def lay_out(source: Source) -> tuple[bytes, tuple[Block, ...], int]:
    """The PDF's bytes, its blocks in reading order with their pages (footnotes last on theirs), and the page count.

    Laid out twice: where a footnote goes is known only when the text that refers to it was placed.
    """
    _, printed, _ = _build(source, {})
    page_of_note = {number: page for block, page in reversed(printed) for number in block.references}
    notes: dict[int, list[Block]] = {}
    for number, block in source.footnotes.items():
        notes.setdefault(page_of_note[number], []).append(block)
    content, printed, pages = _build(source, notes)
    return content, _with_pages(printed, notes), pages


def _build(source: Source, notes: dict[int, list[Block]]) -> tuple[bytes, Printed, int]:
    buffer = io.BytesIO()
    head = source.head
    template = _Template(buffer, head)
    bottom = MARGIN + (ROOM_FOR_FOOTNOTES if source.footnotes else 0)
    column = (WIDTH - 2 * MARGIN - GUTTER * (head.columns - 1)) / head.columns
    frames = [
        Frame(MARGIN + index * (column + GUTTER), bottom, column, HEIGHT - MARGIN - bottom, 0, 0, 0, 0)
        for index in range(head.columns)
    ]

    def furnish(canvas: Canvas, document: BaseDocTemplate) -> None:
        _draw_furniture(canvas, head, document.page)
        _draw_footnotes(canvas, head, notes.get(document.page, []))

    template.addPageTemplates([PageTemplate(frames=frames, onPage=furnish)])
    styles = _styles(head)
    template.build(_together([_flowable(block, styles, column) for block in source.blocks if block.kind != "footnote"]))
    return buffer.getvalue(), template.printed, template.page


def _with_pages(printed: Printed, notes: dict[int, list[Block]]) -> tuple[Block, ...]:
    """Blocks in order; a paragraph on two pages once with both, a table on two pages once for each."""
    ordered: list[Block] = []
    for position, (block, page) in enumerate(printed):
        if ordered and block.kind != "table" and printed[position - 1][0] is block:
            if page not in ordered[-1].pages:
                ordered[-1].pages.append(page)
        else:
            ordered.append(replace(block, pages=[page]))
    for page, footnotes in notes.items():
        after = max(index for index, block in enumerate(ordered) if block.pages[0] <= page) + 1
        ordered[after:after] = [replace(footnote, pages=[page]) for footnote in footnotes]
    return tuple(ordered)


def _styles(head: Head) -> dict[str, ParagraphStyle]:
    regular, bold = FONTS[head.font]
    size = float(head.size)
    body = ParagraphStyle("body", fontName=regular, fontSize=size, leading=size * 1.32, spaceAfter=size * 0.7)
    if head.columns == 2:
        body.alignment = TA_JUSTIFY
    sizes = {"title": 1.8, "heading1": 1.35, "heading2": 1.15, "heading3": 1.0}
    styles = {
        name: ParagraphStyle(
            name, parent=body, alignment=0, fontName=bold, fontSize=size * scale, leading=size * scale * 1.25,
            spaceBefore=size * 0.7 * scale, spaceAfter=size * 0.45,
        )
        for name, scale in sizes.items()
    }  # fmt: skip
    item = ParagraphStyle(
        "list_item", parent=body, leftIndent=size * 1.6, bulletIndent=size * 0.3, spaceAfter=size * 0.35
    )
    caption = ParagraphStyle("caption", parent=body, fontSize=size * 0.88, leading=size * 1.1)
    note = ParagraphStyle("footnote", parent=body, fontSize=size * 0.75, leading=size * 0.95, spaceAfter=0, alignment=0)
    return styles | {"paragraph": body, "list_item": item, "caption": caption, "footnote": note}


def _flowable(block: Block, styles: dict[str, ParagraphStyle], width: float) -> Flowable:
    if block.kind == "table":
        return _table(block, styles["paragraph"], width)
    if block.kind == "page_break":
        return PageBreak()
    style = styles[f"heading{block.level}" if block.kind == "heading" else block.kind]
    text = escape(block.text).replace("\n", "<br/>")
    for number in block.references:
        text = re.sub(rf"(?<=[.,;]){number}(?=\s|$)", f"<super>{number}</super>", text)
    paragraph = _BlockParagraph(text, style, bulletText=block.marker or None)
    paragraph.block = block
    return paragraph


def _together(flowables: list[Flowable]) -> list[Flowable]:
    """A heading stays with what follows, as printers do it; a short table is not cut."""
    for flowable in flowables:
        if isinstance(flowable, _BlockParagraph):
            flowable.keepWithNext = int(flowable.block.kind in {"title", "heading"})
    return [
        KeepTogether([flowable]) if isinstance(flowable, _BlockTable) and len(flowable.block.rows) <= 8 else flowable
        for flowable in flowables
    ]


def _table(block: Block, body: ParagraphStyle, width: float) -> Table:
    size = min(body.fontSize, 9.0 if len(block.rows[0]) > 4 else body.fontSize)
    regular = body.fontName
    bold = next(pair[1] for pair in FONTS.values() if pair[0] == regular)
    commands: list[tuple[object, ...]] = [
        ("FONT", (0, 0), (-1, -1), regular, size),
        ("FONT", (0, 0), (-1, 0), bold, size),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    if block.style == "ruled":
        commands.append(("GRID", (0, 0), (-1, -1), 0.5, colors.black))
    elif block.style == "lines":
        commands += [
            ("LINEABOVE", (0, 0), (-1, 0), 0.8, colors.black),
            ("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black),
            ("LINEBELOW", (0, -1), (-1, -1), 0.8, colors.black),
        ]
    for column in range(1, len(block.rows[0])):
        if all(not row[column] or NUMBER.match(row[column]) for row in block.rows[1:]):
            commands.append(("ALIGN", (column, 0), (column, -1), "RIGHT"))
    widths = [width * share / sum(block.widths) for share in block.widths] or _plain_widths(block, width)
    rows = [list(row) for row in block.rows]
    if block.widths:
        style = ParagraphStyle("cell", parent=body, fontSize=size, leading=size * 1.2, spaceAfter=0)
        rows = [rows[0], *[[_cell(text, style) for text in row] for row in rows[1:]]]
    table = _BlockTable(rows, colWidths=widths, repeatRows=1, hAlign="LEFT", spaceBefore=4, spaceAfter=9)
    table.setStyle(TableStyle(commands))
    table.block = block
    return table


def _plain_widths(block: Block, width: float) -> list[float] | None:
    """An unruled table spans the text, its labels left and its figures right; others are as wide as their cells."""
    if block.style != "plain":
        return None
    others = len(block.rows[0]) - 1
    return [width * 0.58] + [width * 0.42 / others] * others


def _cell(text: str, style: ParagraphStyle) -> _Cell:
    cell = _Cell(escape(text), style)
    cell.printed = text
    return cell


def _draw_furniture(canvas: Canvas, head: Head, page: int) -> None:
    canvas.saveState()
    canvas.setFont(FONTS[head.font][0], 8)
    if head.header:
        canvas.drawString(MARGIN, HEIGHT - 1.2 * cm, head.header)
    if head.footer:
        canvas.drawString(MARGIN, 1.1 * cm, head.footer)
        canvas.drawRightString(WIDTH - MARGIN, 1.1 * cm, str(page))
    canvas.restoreState()


def _draw_footnotes(canvas: Canvas, head: Head, notes: list[Block]) -> None:
    if not notes:
        return
    style = _styles(head)["footnote"]
    y = MARGIN + ROOM_FOR_FOOTNOTES - 0.4 * cm
    canvas.line(MARGIN, y, MARGIN + 4 * cm, y)
    y -= 0.1 * cm
    for note in notes:
        paragraph = Paragraph(escape(note.text), style)
        _, height = paragraph.wrap(
            (WIDTH - 2 * MARGIN - GUTTER) / 2 if head.columns == 2 else WIDTH - 2 * MARGIN, HEIGHT
        )
        y -= height + 1
        paragraph.drawOn(canvas, MARGIN, y)
