"""Reads PowerPoint presentations (PPTX, shows, templates, with macros): a slide is a page with its size in points.

The XML is read as it is, with lxml: python-pptx gives shapes of groups no place on the slide, and knows neither
comments, diagrams, equations nor which of several forms of a shape to take.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from parsers.backends.base import OpenDocument, TypedDocument, TypedPage
from parsers.backends.docx_names import Element, R, local_name, number
from parsers.backends.docx_package import Relation, WordPackage
from parsers.backends.office_crypto import open_office
from parsers.backends.pptx_notes import read_authors, read_comments, read_notes
from parsers.backends.pptx_places import Placeholders
from parsers.backends.pptx_shapes import Slide, slide_blocks
from parsers.errors import DamagedDocument, LimitExceeded, NoPages, PageUnreadable
from parsers.model import Derivation, ElementKind, Flag, Role
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, ChildEntry, TypedText

_EMU_PER_POINT: Final = 12_700
_USUAL_SIZE: Final = (12_192_000, 6_858_000)
_LARGEST_SIDE: Final = 51_206_400  # ISO 29500-1, 19.7.13
_CHILDREN: Final = frozenset({"package", "oleObject"})
_DUBLIN_CORE: Final = "{http://purl.org/dc/elements/1.1/}"
_DERIVATION: Final = Derivation(
    extractor="pptx", version="1", confidence=1.0, reason="shapes as the presentation has them"
)


def open_document(path: Path, options: ParseOptions) -> OpenDocument:
    """Open a presentation. Raises `DamagedDocument`, `EncryptedDocument`, `LimitExceeded` or `NoPages`."""
    stream = open_office(path, options.password)
    try:
        package = WordPackage(stream)
        reader = _Reader(package)
        if not reader.slides:
            raise NoPages("The presentation has no slides.")
    except BaseException:
        stream.close()
        raise
    children = reader.children()
    return TypedDocument(
        page_count=len(reader.slides),
        title=_property(package, "title"),
        language=_property(package, "language"),
        children=tuple(ChildEntry(name=posixpath.basename(part), size=package.size(part)) for part in children),
        child=lambda index: package.read(children[index]),
        page=reader.read,
        on_close=(package.close, stream.close),
    )


def _property(package: WordPackage, name: str) -> str | None:
    root = package.optional_xml(package.related("", "core-properties"))
    return clean_text("" if root is None else root.findtext(f"{_DUBLIN_CORE}{name}") or "") or None


class _Reader:
    """Reads the slides of one presentation."""

    def __init__(self, package: WordPackage) -> None:
        self._package = package
        part = next(
            (
                item.target
                for item in package.relations("").values()
                if item.kind == "officeDocument" and package.has(item.target)
            ),
            "ppt/presentation.xml",
        )
        root = package.xml(part)
        if local_name(root) != "presentation":
            raise DamagedDocument("The file's main part is no presentation.")
        relations = package.relations(part)
        references = [relations.get(item.get(f"{R}id", "")) for item in root.iter("{*}sldId")]
        self.slides = ["" if item is None or item.external else item.target for item in references]
        self._size = _slide_size(root.find("{*}sldSz"))
        self._authors = read_authors(package, part)

    def children(self) -> list[str]:
        """The parts that are files of their own: embedded workbooks and documents, each once."""
        parts = [
            relation.target
            for slide in self.slides
            for relation in self._package.relations(slide).values()
            if relation.kind in _CHILDREN and not relation.external and self._package.has(relation.target)
        ]
        return list(dict.fromkeys(parts))

    def read(self, page: int) -> TypedPage:
        """A slide: its shapes, then the speaker's notes and the comments on it."""
        part = self.slides[page - 1]
        try:
            root = self._package.xml(part)
        except DamagedDocument as error:
            raise PageUnreadable("The slide is missing or damaged.") from error
        relations = self._package.relations(part)
        flags = (Flag.HIDDEN,) if root.get("show") in ("0", "false") else ()
        tree = root.find("{*}cSld/{*}spTree")
        blocks: list[Block] = []
        if tree is not None:
            try:
                blocks = slide_blocks(tree, self._slide(page, relations, flags))
            except RecursionError as error:
                raise LimitExceeded("The slide's shapes are nested too deeply to be read.") from error
        blocks += [
            _beside(item.text, Role.SPEAKER_NOTES, item.kind, item.level, flags)
            for item in read_notes(self._package, relations)
        ]
        blocks += [
            _beside(text, Role.COMMENT, ElementKind.PARAGRAPH, None, flags)
            for text in read_comments(self._package, relations, self._authors)
        ]
        width, height = self._size
        return TypedPage(
            number=page,
            blocks=tuple(blocks),
            derivation=_DERIVATION,
            width=width,
            height=height,
            findings=self._package.take_findings(page),
        )

    def _slide(self, page: int, relations: Mapping[str, Relation], flags: tuple[Flag, ...]) -> Slide:
        package = self._package
        layout_part = _related(relations, "slideLayout")
        layout = package.optional_xml(layout_part)
        master_part = _related(package.relations(layout_part), "slideMaster") if layout_part else None
        master = package.optional_xml(master_part)
        styles = None if master is None else master.find("{*}txStyles")
        return Slide(
            package=package,
            relations=relations,
            placeholders=Placeholders(layout, master),
            body_style=None if styles is None else styles.find("{*}bodyStyle"),
            other_style=None if styles is None else styles.find("{*}otherStyle"),
            size=self._size,
            title_kind=ElementKind.TITLE if page == 1 else ElementKind.HEADING,
            derivation=_DERIVATION,
            flags=flags,
        )


def _related(relations: Mapping[str, Relation], kind: str) -> str | None:
    return next((item.target for item in relations.values() if item.kind == kind and not item.external), None)


def _slide_size(element: Element | None) -> tuple[float, float]:
    width = 0 if element is None else number(element.get("cx"))
    height = 0 if element is None else number(element.get("cy"))
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        width, height = _USUAL_SIZE
    return round(width / _EMU_PER_POINT, 2), round(height / _EMU_PER_POINT, 2)


def _beside(text: str, role: Role, kind: ElementKind, level: int | None, flags: tuple[Flag, ...]) -> Block:
    return Block(typed=TypedText(kind=kind, text=text, level=level, role=role, flags=flags, derivation=_DERIVATION))
