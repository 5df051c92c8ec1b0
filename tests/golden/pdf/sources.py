"""Makes the PDFs of the golden tests: the same bytes every time, nothing but reportlab and this file."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    ListFlowable,
    ListItem,
    PageBreak,
    PageTemplate,
    Paragraph,
    Preformatted,
    Spacer,
    Table,
    TableStyle,
)

WIDTH, HEIGHT = A4
BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=10, leading=12.5, spaceAfter=6)
TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=20, leading=24, spaceAfter=10)
CHAPTER = ParagraphStyle("chapter", fontName="Helvetica-Bold", fontSize=14, leading=18, spaceBefore=8, spaceAfter=6)
SECTION = ParagraphStyle("section", fontName="Helvetica-Bold", fontSize=11, leading=14, spaceBefore=6, spaceAfter=4)
NOTE = ParagraphStyle("note", fontName="Times-Roman", fontSize=7.5, leading=9)
CAPTION = ParagraphStyle("caption", parent=BODY, fontName="Times-Italic", fontSize=9, leading=11)
CODE = ParagraphStyle("code", fontName="Courier", fontSize=8.5, leading=10.5, spaceAfter=6)

TIDE = (
    "The tide gauge at the north quay was read every six minutes. Gaps shorter than an hour were closed by a straight "
    "line; longer ones were left open, and the days they fall on are not counted in any of the yearly figures."
)
FERRY = (
    "Between October and March the ferry crosses only by daylight, and not at all when the wind at the lighthouse is "
    "stronger than 17 metres a second. In the year under review 41 crossings were called off for that reason."
)


def _running(canvas: Canvas, document: BaseDocTemplate) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(2 * cm, HEIGHT - 1.3 * cm, "Harbour Office of Skerrow")
    canvas.drawRightString(WIDTH - 2 * cm, 1.2 * cm, f"Page {document.page}")


def _build(story: list[Flowable], template: PageTemplate) -> bytes:
    buffer = io.BytesIO()
    document = BaseDocTemplate(buffer, pagesize=template.pagesize or A4, invariant=1, title="Harbour report")
    document.addPageTemplates([template])
    document.build(story)
    return buffer.getvalue()


def report() -> bytes:
    """Headings of three ranks, paragraphs, two kinds of lists, a ruled table, code, a note, running lines."""
    grid = Table([["Month", "Ships", "Cargo (t)"], ["January", "112", "8,410"], ["February", "97", "7,055"]])
    grid.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("ALIGN", (1, 1), (-1, -1), "RIGHT")]))
    bullets = ListFlowable(
        [
            ListItem(Paragraph(text, BODY))
            for text in ("Report to the pilot by radio.", "Show the papers of the cargo.")
        ],
        bulletType="bullet",
        start="•",
    )
    numbers = ListFlowable(
        [ListItem(Paragraph(text, BODY)) for text in ("Pay the harbour dues.", "Sign the book.", "Cast off.")],
        bulletType="1",
        bulletFormat="%s.",
    )
    story: list[Flowable] = [
        Paragraph("Annual Report of the Harbour", TITLE),
        Paragraph("1 The year in short", CHAPTER),
        Paragraph(f"{TIDE} The highest level<super size=6>1</super> was reached in November.", BODY),
        Paragraph(FERRY, BODY),
        Paragraph("1.1 Ships and cargo", SECTION),
        grid,
        Paragraph("Table 1: Ships and cargo by month.", CAPTION),
        Paragraph("2 Rules for ships", CHAPTER),
        Paragraph("On arrival every master has to do two things:", BODY),
        bullets,
        Paragraph("On departure there are three:", BODY),
        numbers,
        Spacer(1, 9.2 * cm),
        Paragraph("1 4.31 metres above the zero of the gauge.", NOTE),
        PageBreak(),
        Paragraph("2.1 Messages of the gauge", SECTION),
        Paragraph("The gauge sends one line of text every six minutes.", BODY),
        Preformatted("GAUGE NORTH\nLEVEL 4.31\nSTATE OK", CODE),
        Paragraph(TIDE, BODY),
        PageBreak(),
        Paragraph("3 Outlook", CHAPTER),
        Paragraph(FERRY, BODY),
    ]
    frame = Frame(2 * cm, 2 * cm, WIDTH - 4 * cm, HEIGHT - 4.2 * cm, id="page")
    return _build(story, PageTemplate(frames=[frame], onPage=_running))


def columns() -> bytes:
    """A title over two columns; a paragraph runs over from the first column into the second one."""
    head = Frame(2 * cm, HEIGHT - 4.5 * cm, WIDTH - 4 * cm, 2 * cm)
    sides = [Frame(x, 14.3 * cm, 8 * cm, 10.2 * cm) for x in (2 * cm, 11 * cm)]
    story: list[Flowable] = [
        Paragraph("The Ferry and the Tide", TITLE),
        FrameBreak(),
        Paragraph("Crossings", SECTION),
        *[Paragraph(text, BODY) for text in (FERRY, TIDE, FERRY, TIDE, FERRY)],
        Paragraph("Levels", SECTION),
        *[Paragraph(text, BODY) for text in (TIDE, FERRY)],
    ]
    return _build(story, PageTemplate(frames=[head, *sides]))


def statement() -> bytes:
    """A statement without ruling lines on a wide page that is stored turned by 90 degrees."""
    buffer = io.BytesIO()
    width, height = landscape(A4)
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setPageRotation(90)
    # reportlab stores the page upright; turn the drawing so that it reads upright in the rotated view.
    canvas._pagesize = (height, width)
    canvas.translate(height, 0)
    canvas.rotate(90)
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawString(2 * cm, height - 2 * cm, "Statement of income")
    canvas.setFont("Helvetica", 10)
    canvas.drawString(2 * cm, height - 2.8 * cm, "The amounts are in thousands of crowns and were not audited.")
    rows = (
        ("", "2025", "2024"),
        ("Harbour dues", "12,410", "11,902"),
        ("Pilotage", "3,288", "3,101"),
        ("Repairs of the quays", "(4,105)", "(2,977)"),
        ("Surplus of the year", "11,593", "12,026"),
    )
    for index, (label, *figures) in enumerate(rows):
        y = height - 4 * cm - 0.6 * cm * index
        canvas.drawString(2 * cm, y, label)
        for place, figure in zip((14 * cm, 18 * cm), figures, strict=True):
            canvas.drawRightString(place, y, figure)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


SOURCES: Mapping[str, Callable[[], bytes]] = {make.__name__: make for make in (report, columns, statement)}
