"""A report page with a drawn chart, its caption, a table and prose, made on the spot: same bytes every time."""

from __future__ import annotations

import io

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = A4
PROSE = (
    "The ferry to the outer islands was kept running in winter, although ice closed the",
    "northern channel for eleven days. Passengers were taken by bus to the southern pier,",
    "and freight waited in the warehouse until the ice breaker had come back from the coast.",
    "Fewer people travelled than in the year before, and more of them bought season tickets.",
)
CAPTION = "Figure 1: Passengers by month, in thousands"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ROWS = (
    ("Route", "2025", "2024", "2023"),
    ("North pier", "12,410", "11,873", "10,002"),
    ("South pier", "8,204", "8,917", "7,641"),
    ("Lighthouse", "1,377", "1,295", "1,188"),
    ("All routes", "21,991", "22,085", "18,831"),
)
CHART = (100.0, 200.0, 500.0, 400.0)
"""Where the chart is drawn, in points from the top-left corner."""


def report(*, rotation: int = 0) -> bytes:
    """One page: heading, prose, chart with caption, prose, table. `rotation` as stored, the page drawn to match."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    if rotation == 90:  # reportlab itself makes the stored page landscape then
        canvas.setPageRotation(90)
        canvas.translate(HEIGHT, 0)
        canvas.rotate(90)
    _write(canvas, "Helvetica-Bold", 16, 72, 80, "Winter traffic")
    _prose(canvas, 110)
    _chart(canvas)
    _write(canvas, "Helvetica-Oblique", 9, 100, 422, CAPTION)
    _prose(canvas, 460)
    for row, cells in enumerate(ROWS):
        for column, cell in enumerate(cells):
            y = HEIGHT - 560 - 16 * row
            canvas.setFont("Helvetica", 10)
            if column:
                canvas.drawRightString(220 + 90 * column, y, cell)
            else:
                canvas.drawString(72, y, cell)
    for y in (546, 566, 630):
        canvas.line(72, HEIGHT - y, 500, HEIGHT - y)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def prose_only() -> bytes:
    """A page of plain prose: nothing to ask a layout model about."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    _prose(canvas, 110)
    _prose(canvas, 300)
    canvas.save()
    return buffer.getvalue()


def _write(canvas: Canvas, font: str, size: float, x: float, top: float, text: str) -> None:
    canvas.setFont(font, size)
    canvas.drawString(x, HEIGHT - top, text)


def _prose(canvas: Canvas, top: float) -> None:
    for number, line in enumerate(PROSE):
        _write(canvas, "Helvetica", 10, 72, top + 14 * number, line)


def _chart(canvas: Canvas) -> None:
    left, top, right, bottom = CHART
    canvas.line(left, HEIGHT - bottom, right, HEIGHT - bottom)
    canvas.line(left, HEIGHT - bottom, left, HEIGHT - top)
    step = (right - left) / len(MONTHS)
    for number, month in enumerate(MONTHS):
        x = left + step * number
        height = 40 + 13 * ((number * 5) % 11)
        canvas.setFillColorRGB(0.2, 0.4, 0.7)
        canvas.rect(x + 5, HEIGHT - bottom, step - 12, height, stroke=0, fill=1)
        canvas.setFillColorRGB(0, 0, 0)
        canvas.setFont("Helvetica", 7)
        canvas.drawCentredString(x + step / 2, HEIGHT - bottom - 9, month)
    for number in range(5):
        canvas.setFont("Helvetica", 7)
        canvas.drawRightString(left - 4, HEIGHT - bottom + 40 * number, str(10 * number))
