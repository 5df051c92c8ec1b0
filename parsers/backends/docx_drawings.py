"""Drawings of Word: pictures, text boxes, diagrams and charts, in the order in which the file has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from parsers.backends.docx_charts import read_chart
from parsers.backends.docx_names import MC, A, Element, R, local_name
from parsers.backends.docx_package import Relation, WordPackage
from parsers.model import Derivation, ElementKind
from parsers.plain_text import clean_text
from parsers.reading import Block, FigureReading, ImageReading, TypedText

_TINY: Final = 8  # pixels: a spacer or a bullet

ReadBox = Callable[[Element], list[Block]]
"""The blocks of a text box (`w:txbxContent`)."""


class DrawingReader:
    """Reads drawings of one part."""

    def __init__(
        self, package: WordPackage, relations: Mapping[str, Relation], read_box: ReadBox, derivation: Derivation
    ) -> None:
        self._package = package
        self._relations = relations
        self._read_box = read_box
        self._derivation = derivation

    def read(self, drawing: Element) -> list[Block]:
        """What a drawing (`w:drawing`, `w:pict`, `w:object`) shows; its description goes to its first picture."""
        described = next((item for item in drawing.iter() if local_name(item) in ("docPr", "cNvPr")), None)
        return list(self._walk(drawing, _description(described)))

    def _walk(self, parent: Element, described: str) -> Iterator[Block]:
        for child in parent:
            name = local_name(child)
            if name == "txbxContent":
                yield from self._read_box(child)
            elif name == "pic":
                own = next((item for item in child.iter() if local_name(item) == "cNvPr"), None)
                blip = next(child.iter(f"{A}blip"), None)
                reference = "" if blip is None else blip.get(f"{R}embed") or blip.get(f"{R}link") or ""
                yield from self._picture(reference, _description(own) or described)
            elif name == "imagedata":
                shape = clean_text(parent.get("alt") or "")
                yield from self._picture(child.get(f"{R}id", ""), shape or described)
            elif name == "textpath" and (text := clean_text(child.get("string") or "")):
                yield self._text(text)
            elif name == "chart" and child.get(f"{R}id"):
                yield from self._chart(child.get(f"{R}id", ""), described)
            elif name == "relIds":
                yield from self._diagram(child)
            elif child.tag == f"{MC}AlternateContent":
                yield from self._alternatives(child, described)
            else:
                yield from self._walk(child, described)

    def _alternatives(self, element: Element, described: str) -> Iterator[Block]:
        for form in element:
            blocks = list(self._walk(form, described))
            if blocks:
                yield from blocks
                return

    def _picture(self, reference: str, described: str) -> Iterator[Block]:
        image = self._image(reference)
        if image is not None and min(image.width, image.height) < _TINY:
            return
        yield Block(figure=FigureReading(bbox=None, derivation=self._derivation, alt=described, image=image))

    def _image(self, reference: str) -> ImageReading | None:
        """The picture, or None: it lies outside the file, is a drawing without pixels, or is damaged."""
        relation = self._relations.get(reference)
        return None if relation is None or relation.external else self._package.picture(relation.target)

    def _chart(self, reference: str, described: str) -> Iterator[Block]:
        relation = self._relations.get(reference)
        root = None if relation is None else self._package.optional_xml(relation.target)
        if root is not None:
            yield from read_chart(root, described, self._derivation)

    def _diagram(self, element: Element) -> Iterator[Block]:
        """The texts of a diagram (SmartArt), which lie in a part of their own."""
        relation = self._relations.get(element.get(f"{R}dm", ""))
        root = None if relation is None else self._package.optional_xml(relation.target)
        for paragraph in () if root is None else root.iter(f"{A}p"):
            text = clean_text("".join(part.text or "" for part in paragraph.iter(f"{A}t")))
            if text:
                yield self._text(text)

    def _text(self, text: str) -> Block:
        return Block(typed=TypedText(kind=ElementKind.PARAGRAPH, text=text, derivation=self._derivation))


def _description(properties: Element | None) -> str:
    """What the file says a drawing shows."""
    if properties is None:
        return ""
    return clean_text(properties.get("descr") or properties.get("title") or "")
