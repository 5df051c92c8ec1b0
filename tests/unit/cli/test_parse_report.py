"""The page that shows a parse: every element and box is on it, and nothing of the document can act in it."""

from __future__ import annotations

import re
from dataclasses import replace

from parsers.model import Measurements, ParseOutcome
from services.parse_report import report_page
from tests.unit.api.fakes import make_document

PNG = b"\x89PNG\r\n\x1a\n"


def report(image: bytes | None = PNG, text: str | None = None) -> str:
    document = make_document()
    if text is not None:
        elements = (replace(document.elements[0], text=text), *document.elements[1:])
        length = len(document.elements[0].text)
        document = replace(
            document,
            document=replace(document.document, text=text[:length].ljust(length) + document.text[length:], title=text),
            elements=elements,
        )
    return "".join(
        report_page(ParseOutcome(document=document, measurements=Measurements()), "a & b.pdf", lambda _: image)
    )


def test_every_element_is_beside_its_page_and_every_box_leads_to_one() -> None:
    page = report()
    for element in make_document().elements:
        for region in element.regions:
            assert f"id='{element.id}-{region.page}'" in page
    targets = re.findall(r"class='box' href='#([^']+)'", page)
    assert targets
    assert all(f"id='{target}'" in page for target in targets)
    assert "a &amp; b.pdf" in page


def test_a_page_that_cannot_be_drawn_still_has_its_text() -> None:
    page = report(image=None)
    assert "<img" not in page and "class='box'" not in page
    assert "and fell later." in page


def test_nothing_of_the_document_is_markup() -> None:
    page = report(text="<script>alert(1)</script>")
    assert "<script" not in page
    assert "&lt;script" in page
