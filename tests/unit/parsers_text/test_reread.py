"""The text under an element's boxes, read again from the original bytes by other means, is the element's text."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from parsers.backends.mupdf import pymupdf
from parsers.model import Box
from tests.unit.parsers_text.making import parse_file

WORDS = st.sampled_from(
    ["harbour", "ferry", "1,204", "AX-15/4", "(12.5%)", "gauge,", "Quay.", "$", "pilot", "Überfahrt"]
)
LINES = st.lists(st.lists(WORDS, min_size=1, max_size=9).map(" ".join), min_size=1, max_size=14)


def squash(text: str) -> str:
    return "".join(text.split())


def characters_of(path: Path) -> list[tuple[Box, str]]:
    """Every character of the first page with its box, from MuPDF's character output, which the backend does not use."""
    with pymupdf.open(path) as document:
        blocks = document[0].get_text("rawdict", flags=0)["blocks"]
    return [
        (character["bbox"], character["c"])
        for block in blocks
        for line in block["lines"]
        for span in line["spans"]
        for character in span["chars"]
    ]


def centred_in(box: Box, characters: list[tuple[Box, str]]) -> str:
    return "".join(
        text
        for place, text in characters
        if box[0] <= (place[0] + place[2]) / 2 <= box[2] and box[1] <= (place[1] + place[3]) / 2 <= box[3]
    )


def touching(box: Box, characters: list[tuple[Box, str]]) -> str:
    return "".join(
        text
        for place, text in characters
        if place[0] < box[2] and box[0] < place[2] and place[1] < box[3] and box[1] < place[3]
    )


@settings(max_examples=40)
@given(
    columns=st.lists(LINES, min_size=1, max_size=2),
    size=st.floats(6, 14),
    leading=st.floats(0.85, 1.8),
    shift=st.just(0.0) | st.floats(0, 7),
)
def test_boxes_lead_back_to_the_text(columns: list[list[str]], size: float, leading: float, shift: float) -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(1300, 800), invariant=1)
    for index, lines in enumerate(columns):
        for number, text in enumerate(lines):
            canvas.setFont("Helvetica", size)
            canvas.drawString(60 + 620 * index, 740 - shift * index - number * leading * size, text)
    canvas.save()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.pdf"
        path.write_bytes(buffer.getvalue())
        document = parse_file(path).document
        characters = characters_of(path)
    assert sorted(squash(document.text)) == sorted(squash("".join("".join(lines) for lines in columns)))
    for element in document.elements:
        if element.table is not None:
            units = [(cell.text, [cell.bbox]) for cell in element.table.cells if cell.text and cell.bbox is not None]
        else:
            units = [(document.text[region.start : region.end], list(region.boxes)) for region in element.regions]
        for text, boxes in units:
            assert squash("".join(centred_in(box, characters) for box in boxes)) == squash(text)
            # Lines beside each other on slightly different baselines are one row: no box parts it from all others.
            if element.table is None and shift == 0:
                assert squash("".join(touching(box, characters) for box in boxes)) == squash(text)
