"""Small PDFs made on the spot: one per layout or fault that a parser must cope with. Same bytes every time.

`SAMPLES[name]()` gives bytes. What a sample prints is a constant of this module, so that a test can compare.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import cm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

WIDTH, HEIGHT = A4
STYLES = getSampleStyleSheet()
PASSWORD = "correct horse"

LEFT_COLUMN = tuple(
    f"Left sentence {word} tells how the ferry to the outer islands is kept running in winter."
    for word in ("one", "two", "three", "four", "five", "six", "seven", "eight")
)
RIGHT_COLUMN = tuple(
    f"Right sentence {word} is about the lighthouse and the people who looked after its lamp."
    for word in ("one", "two", "three", "four", "five", "six", "seven", "eight")
)
RULED_ROWS = (
    ("Part", "Material", "Mass (g)", "Tolerance"),
    ("AX-100", "Brass", "12.50", "± 0.05"),
    ("AX-200", "Stainless steel", "48.10", "± 0.10"),
    ("BZ-15/4", "Nylon 6.6", "3.07", "± 0.02"),
    ("BZ-15/8", "Nylon 6.6", "6.11", "± 0.02"),
)
FINANCIAL_ROWS = (
    ("(in thousands)", "2025", "2024", "2023"),
    ("Net sales", "$ 184,220", "$ 171,905", "$ 160,318"),
    ("Cost of sales", "(97,412)", "(93,360)", "(88,147)"),
    ("Gross profit", "86,808", "78,545", "72,171"),
    ("Research and development", "(14,116)", "(12,870)", "(11,902)"),
    ("Operating income", "41,733", "36,208", "31,450"),
    ("Net income", "$ 30,912", "$ 26,441", "$ 22,816"),
)
HEADINGS = (
    (0, "Handbook of the Harbour Office"),
    (1, "1 Arrivals"),
    (2, "1.1 Reporting to the pilot"),
    (2, "1.2 Papers to be shown"),
    (1, "2 Departures"),
    (2, "2.1 Clearance"),
)
FOOTNOTES = ("1 Measured at the north gauge.", "2 Without the fishing fleet.")
RUNNING_HEADER, RUNNING_FOOTER = "Harbour Office · Annual Review", "Confidential draft"


def _canvas(buffer: io.BytesIO, **options: object) -> Canvas:
    return Canvas(buffer, pagesize=A4, invariant=1, **options)


def _story(flowables: list[Flowable]) -> bytes:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=A4, invariant=1).build(flowables)
    return buffer.getvalue()


def plain(text: str = "A plain page with one sentence about the harbour.", pages: int = 1) -> bytes:
    """`pages` pages with one line each: `text`, and on the later ones its page number behind."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for number in range(1, pages + 1):
        canvas.drawString(2 * cm, HEIGHT - 3 * cm, text if number == 1 else f"{text} Page {number}.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def of_pages(texts: Sequence[str]) -> bytes:
    """A page with a sentence for each text; pages with the same text are made of the same bytes."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for text in texts:
        canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def two_columns() -> bytes:
    buffer = io.BytesIO()
    frames = [Frame(x * cm, 14 * cm, 8 * cm, 12 * cm, showBoundary=0) for x in (2, 11)]
    document = BaseDocTemplate(buffer, pagesize=A4, invariant=1)
    document.addPageTemplates([PageTemplate(frames=frames)])
    body = STYLES["BodyText"]
    story: list[Flowable] = [Paragraph(" ".join(LEFT_COLUMN[:4]), body), Paragraph(" ".join(LEFT_COLUMN[4:]), body)]
    story.append(_ColumnBreak())
    story += [Paragraph(" ".join(RIGHT_COLUMN[:4]), body), Paragraph(" ".join(RIGHT_COLUMN[4:]), body)]
    document.build(story)
    return buffer.getvalue()


class _ColumnBreak(Flowable):
    """Fills what is left of the frame."""

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return available_width, available_height

    def draw(self) -> None:
        """Nothing to draw."""


def ruled_table() -> bytes:
    table = Table([list(row) for row in RULED_ROWS])
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
                ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"),
                ("ALIGN", (2, 1), (2, -1), "RIGHT"),
            ]
        )
    )
    body = STYLES["BodyText"]
    return _story([Paragraph("Masses of the parts in stock.", body), table, Paragraph("End of the list.", body)])


def unruled_table() -> bytes:
    table = Table([list(row) for row in FINANCIAL_ROWS], colWidths=[7 * cm, 3 * cm, 3 * cm, 3 * cm])
    table.setStyle(TableStyle([("ALIGN", (1, 0), (-1, -1), "RIGHT")]))
    body = STYLES["BodyText"]
    before = "The table shows the results of the three years. Sales grew in every region that we serve."
    after = "Income taxes are explained in the notes to the statements, as are the effects of currency."
    return _story([Paragraph(before, body), Spacer(1, 12), table, Spacer(1, 12), Paragraph(after, body)])


def headings() -> bytes:
    story: list[Flowable] = []
    for level, text in HEADINGS:
        story.append(Paragraph(text, STYLES[f"Heading{level + 1}"] if level else STYLES["Title"]))
        story.append(
            Paragraph(f"This paragraph belongs to the part called {text!r} and to no other.", STYLES["BodyText"])
        )
    return _story(story)


def footnotes() -> bytes:
    small = ParagraphStyle("footnote", parent=STYLES["BodyText"], fontSize=7, leading=9)
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    body = (
        "The water rose by eleven centimetres<super>1</super> in the year under review, and the number of calls "
        "at the port<super>2</super> fell to its lowest value since the harbour was dredged."
    )
    for text, style, bottom in ((body, STYLES["BodyText"], 25), (FOOTNOTES[0], small, 2.6), (FOOTNOTES[1], small, 2.1)):
        paragraph = Paragraph(text, style)
        paragraph.wrapOn(canvas, 16 * cm, 5 * cm)
        paragraph.drawOn(canvas, 2 * cm, bottom * cm)
    canvas.line(2 * cm, 3.1 * cm, 7 * cm, 3.1 * cm)
    canvas.save()
    return buffer.getvalue()


def furniture(pages: int = 4) -> bytes:
    """Pages with a running header, and a footer with the page number."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for number in range(1, pages + 1):
        canvas.setFont("Helvetica", 8)
        canvas.drawString(2 * cm, HEIGHT - 1.2 * cm, RUNNING_HEADER)
        canvas.drawString(2 * cm, 1 * cm, RUNNING_FOOTER)
        canvas.drawRightString(WIDTH - 2 * cm, 1 * cm, f"Page {number} of {pages}")
        paragraph = Paragraph(
            f"Body text number {number} says something that is said nowhere else. " * 6, STYLES["BodyText"]
        )
        paragraph.wrapOn(canvas, 16 * cm, 20 * cm)
        paragraph.drawOn(canvas, 2 * cm, 18 * cm)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def rotated() -> bytes:
    """The second of three pages is stored with /Rotate 90, its text upright for the reader."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    for number in (1, 2, 3):
        if number == 2:
            canvas.setPageRotation(90)
            canvas.translate(HEIGHT, 0)
            canvas.rotate(90)
            canvas.drawString(2 * cm, HEIGHT - 3 * cm, "Sideways stored page number 2 reads upright.")
        else:
            canvas.setPageRotation(0)
            canvas.drawString(2 * cm, HEIGHT - 3 * cm, f"Upright stored page number {number}.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def scanned() -> bytes:
    """A page that is one image of text: no text layer."""
    image = Image.new("L", (827, 1169), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(22)
    for index, line in enumerate(LEFT_COLUMN):
        draw.text((80, 100 + 40 * index), line[:60], fill=20, font=font)
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    canvas.drawImage(ImageReader(image), 0, 0, WIDTH, HEIGHT)
    canvas.save()
    return buffer.getvalue()


def picture() -> bytes:
    """A page that is one image without any text: soft shades."""
    image = Image.linear_gradient("L").resize((827, 1169))
    buffer = io.BytesIO()
    canvas = _canvas(buffer)
    canvas.drawImage(ImageReader(image), 0, 0, WIDTH, HEIGHT)
    canvas.save()
    return buffer.getvalue()


def encrypted() -> bytes:
    """Opens only with `PASSWORD`."""
    buffer = io.BytesIO()
    canvas = _canvas(buffer, encrypt=StandardEncryption(PASSWORD, ownerPassword="the owner's", strength=128))
    canvas.drawString(2 * cm, HEIGHT - 3 * cm, "Nobody reads this without the password.")
    canvas.save()
    return buffer.getvalue()


def truncated() -> bytes:
    """The first part of a file: no cross-reference table, no trailer, no page object."""
    return plain()[:180]


def raw_pdf(objects: Mapping[int, bytes], root: int = 1) -> bytes:
    """A PDF of exactly these objects, for structures that no writer makes."""
    parts, offsets, position = [b"%PDF-1.7\n"], {}, 9
    for number, body in sorted(objects.items()):
        text = b"%d 0 obj\n%s\nendobj\n" % (number, body)
        offsets[number] = position
        parts.append(text)
        position += len(text)
    size = max(objects) + 1
    table = b"".join(
        b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 65535 f \n"
        for number in range(size)
    )
    trailer = b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, position)
    return b"".join([*parts, b"xref\n0 %d\n" % size, table, trailer])


def zero_pages() -> bytes:
    return raw_pdf({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [] /Count 0 >>"})


def endless(depth: int = 16, breadth: int = 10) -> bytes:
    """A page whose form XObjects each draw the next one `breadth` times: 10^16 drawings from two kilobytes."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /X 10 0 R >> /Font << /F 5 0 R >> >> >>",
        4: _stream(b"/X Do"),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for level in range(depth):
        resources = b"/Resources << /XObject << /X %d 0 R >> /Font << /F 5 0 R >> >>" % (11 + level)
        content = b"/X Do " * breadth if level < depth - 1 else b"BT /F 9 Tf 50 50 Td (deep) Tj ET"
        form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] " + resources
        objects[10 + level] = _stream(content, form)
    return raw_pdf(objects)


def _stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def text_named_pdf() -> bytes:
    return b"This is a plain text file. Somebody called it a PDF.\n" * 4


def empty() -> bytes:
    return b""


SAMPLES: Mapping[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (
        plain,
        two_columns,
        ruled_table,
        unruled_table,
        headings,
        footnotes,
        furniture,
        rotated,
        scanned,
        picture,
        encrypted,
        truncated,
        zero_pages,
        endless,
        text_named_pdf,
        empty,
    )
}
