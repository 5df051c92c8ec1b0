"""Which figures belong to which passage."""

from __future__ import annotations

from collections.abc import Sequence

from parsers.model import Document, Element, ElementKind
from retrieval.model import Chunk, PassageImage


def images_of_chunks(document: Document, chunks: Sequence[Chunk]) -> dict[str, tuple[PassageImage, ...]]:
    """By chunk id. A figure goes with its labels, else with its caption, else with the text before it on its page, or
    the first text of the page. A figure on a page without text belongs to none.
    """
    captions = {element.parent: element for element in document.elements if element.kind is ElementKind.CAPTION}
    by_page: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        by_page.setdefault(chunk.page, []).append(chunk)
    found: dict[str, tuple[PassageImage, ...]] = {}
    for element in document.elements:
        if element.kind is not ElementKind.FIGURE:
            continue
        anchor = element if element.text else captions.get(element.id, element)
        home = _chunk_at(by_page.get(anchor.page, []), anchor)
        if home is not None:
            found[home.id] = (*found.get(home.id, ()), _image(document, element))
    return found


def _chunk_at(on_page: Sequence[Chunk], anchor: Element) -> Chunk | None:
    before = [chunk for chunk in on_page if chunk.start <= anchor.start]
    return before[-1] if before else next(iter(on_page), None)


def _image(document: Document, element: Element) -> PassageImage:
    page = document.pages[element.page - 1]
    image = element.image
    return PassageImage(
        element_id=element.id,
        page=element.page,
        page_size=(page.width, page.height),
        bbox=element.bbox,
        media_type=None if image is None else image.media_type,
        width=None if image is None else image.width,
        height=None if image is None else image.height,
    )
