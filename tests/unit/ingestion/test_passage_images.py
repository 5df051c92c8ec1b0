"""A figure goes with the text it belongs to."""

from __future__ import annotations

from dataclasses import replace

from ingestion.chunking import chunk_document
from parsers.model import Document, Element, ElementKind, ImageReference
from tests.unit.ingestion.support import DocumentBuilder


def with_figure(document: Document, place: int, page: int) -> Document:
    """The document with a figure without labels, behind the element `place`."""
    before = document.elements[place]
    figure = replace(
        before,
        id="el_figure",
        kind=ElementKind.FIGURE,
        page=page,
        start=before.end,
        end=before.end,
        text="",
        regions=(),
        bbox=(10.0, 20.0, 30.0, 40.0),
        image=ImageReference(sha256="f" * 64, media_type="image/png", width=20, height=10),
    )
    elements: tuple[Element, ...] = (*document.elements[: place + 1], figure, *document.elements[place + 1 :])
    return replace(document, elements=elements)


def test_a_figure_goes_with_the_text_before_it_or_the_first_of_its_page() -> None:
    builder = DocumentBuilder()
    builder.add(ElementKind.PARAGRAPH, [(1, "The harbour was full.")])
    builder.add(ElementKind.PARAGRAPH, [(2, "The lighthouse was lit.")])
    document = builder.build()
    for page, text in ((1, "The harbour was full."), (2, "The lighthouse was lit.")):
        chunks = chunk_document(with_figure(document, 0, page), document_id="doc_1", title="t")
        (owner,) = [chunk for chunk in chunks if chunk.images]
        assert owner.text == text
        assert (owner.images[0].element_id, owner.images[0].width) == ("el_figure", 20)
