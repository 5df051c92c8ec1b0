"""Reads OpenDocument presentations (ODP, and templates) as they are stored: a slide is a page with its size in points.

Texts, lists, tables and pictures are those of OpenDocument texts; what is a presentation's own are places, titles,
speaker's notes and hidden slides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from parsers.backends.base import TypedDocument, TypedPage
from parsers.backends.odt_file import body_of, language_of, open_package, property_of
from parsers.backends.odt_lists import OdtLists
from parsers.backends.odt_names import DRAW, DUBLIN_CORE, FO, OFFICE, PRESENTATION, STYLE, SVG, TABLE, TEXT, Element
from parsers.backends.odt_story import OdtContext, OdtStoryReader
from parsers.backends.odt_styles import OdtStyles
from parsers.backends.office_package import Package
from parsers.backends.pptx_places import reading_order
from parsers.backends.typed_texts import join_texts
from parsers.errors import NoPages
from parsers.model import Box, Derivation, ElementKind, Flag, Role
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, TypedText

_DERIVATION: Final = Derivation(
    extractor="odp", version="1", confidence=1.0, reason="shapes as the presentation has them"
)
_POINTS: Final = {"cm": 72 / 2.54, "mm": 72 / 25.4, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75}
_LENGTH: Final = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)(cm|mm|in|pt|pc|px)")
_USUAL_SIZE: Final = (793.7, 446.46)  # 28 × 15.75 cm, as Impress makes slides
_LARGEST_SIDE: Final = 14_400.0
_EDGES: Final = {
    "header": ElementKind.HEADER,
    "footer": ElementKind.FOOTER,
    "date-time": ElementKind.FOOTER,
    "page-number": ElementKind.FOOTER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A shape that holds something, with its place and its part in the layout of the slide."""

    bbox: Box | None
    role: str
    blocks: tuple[Block, ...]


def open_document(path: Path, options: ParseOptions) -> TypedDocument:
    """Open a presentation. Raises `DamagedDocument`, `EncryptedDocument`, `LimitExceeded` or `NoPages`."""
    return open_package(path, options.password, _read)


def _read(package: Package, stream: BinaryIO) -> TypedDocument:
    content = package.xml("content.xml")
    slides = body_of(content, "presentation", "presentation").findall(f"{DRAW}page")
    if not slides:
        raise NoPages("The presentation has no slides.")
    common = package.optional_xml("styles.xml")
    styles = OdtStyles(content, common)
    context = OdtContext(package=package, styles=styles, lists=OdtLists(styles), derivation=_DERIVATION, deletions={})
    sizes = _sizes(common)
    return TypedDocument(
        page_count=len(slides),
        title=property_of(package, "title"),
        language=property_of(package, "language") or language_of(context),
        page=lambda number: _page(context, number, slides[number - 1], sizes),
        on_close=(package.close, stream.close),
    )


def _sizes(common: Element | None) -> dict[str, tuple[float, float]]:
    """The sizes of slides, by the name of their master."""
    found: dict[str, tuple[float, float]] = {}
    if common is None:
        return found
    layouts = {item.get(f"{STYLE}name"): item for item in common.iter(f"{STYLE}page-layout")}
    for master in common.iter(f"{STYLE}master-page"):
        layout = layouts.get(master.get(f"{STYLE}page-layout-name"))
        properties = None if layout is None else layout.find(f"{STYLE}page-layout-properties")
        if properties is not None:
            width, height = (_points(properties.get(FO + side)) for side in ("page-width", "page-height"))
            if width and height and 0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE:
                found[master.get(f"{STYLE}name", "")] = (width, height)
    return found


def _points(length: str | None) -> float | None:
    match = _LENGTH.fullmatch(length or "")
    return None if match is None else round(float(match[1]) * _POINTS[match[2]], 2)


def _page(context: OdtContext, number: int, slide: Element, sizes: dict[str, tuple[float, float]]) -> TypedPage:
    """A slide: its title, its shapes in reading order, its footers, then the speaker's notes and comments on it."""
    size = sizes.get(slide.get(f"{DRAW}master-page-name", ""), _USUAL_SIZE)
    properties = context.styles.drawing_page(slide.get(f"{DRAW}style-name"))
    hidden = properties is not None and properties.get(f"{PRESENTATION}visibility") == "hidden"
    story = OdtStoryReader(context)
    shapes = [shape for shape in _shapes(slide, story, size, first=number == 1) if shape.blocks]
    titles = [shape for shape in shapes if shape.role == "title"]
    edges = [shape for shape in shapes if shape.role in _EDGES]
    body = [shape for shape in shapes if shape.role != "title" and shape.role not in _EDGES]
    ordered = [body[at] for at in reading_order([shape.bbox for shape in body])]
    blocks = [block for shape in (*titles, *ordered, *edges) for block in shape.blocks]
    blocks += [*_notes(slide, story), *_comments(slide)]
    if hidden:
        blocks = [_flagged(block, Flag.HIDDEN) for block in blocks]
    return TypedPage(
        number=number,
        blocks=tuple(blocks),
        derivation=_DERIVATION,
        name=_name(slide),
        width=size[0],
        height=size[1],
        findings=context.package.take_findings(number),
    )


def _name(slide: Element) -> str | None:
    """The name that a person has given the slide; Impress counts the others."""
    name = clean_text(slide.get(f"{DRAW}name") or "")
    return None if re.fullmatch(r"page\d+", name) else name or None


def _shapes(parent: Element, story: OdtStoryReader, size: tuple[float, float], *, first: bool) -> Iterator[_Shape]:
    """The shapes of a slide in the order they lie over each other; those of a group one by one."""
    for item in parent:
        if item.tag in (f"{DRAW}g", f"{DRAW}a"):
            yield from _shapes(item, story, size, first=first)
        elif item.tag.startswith(DRAW):
            role = item.get(f"{PRESENTATION}class", "")
            if item.get(f"{PRESENTATION}placeholder") == "true":
                continue  # shows how to fill it in, in the program only
            bbox = _box(item)
            blocks = tuple(_placed(block, bbox) for block in _contents(item, role, story, first=first))
            outside = bbox is not None and _outside(bbox, size)
            yield _Shape(
                bbox=bbox,
                role=role,
                blocks=tuple(_flagged(block, Flag.OFF_PAGE) for block in blocks) if outside else blocks,
            )


def _contents(item: Element, role: str, story: OdtStoryReader, *, first: bool) -> Sequence[Block]:
    has_table = item.find(f"{TABLE}table") is not None
    # Of an object that is drawn as a picture too the picture is a copy of what can be read.
    children = [child for child in item if child.tag != f"{DRAW}image"] if has_table else [item]
    blocks = story.blocks(children)
    texts = [block.typed for block in blocks if block.typed is not None and not block.typed.flags]
    if role == "title" and texts:
        kind = ElementKind.TITLE if first else ElementKind.HEADING
        title = join_texts(texts, kind=kind, derivation=_DERIVATION)
        flat = replace(title, text=title.text.replace("\n", " "), level=0 if first else 1)
        return [Block(typed=flat), *(block for block in blocks if block.typed is None or block.typed.flags)]
    if role in _EDGES:
        return [Block(typed=replace(text, kind=_EDGES[role], level=None)) for text in texts]
    return blocks


def _box(item: Element) -> Box | None:
    sides = [_points(item.get(SVG + name)) for name in ("x", "y", "width", "height")]
    left, top, width, height = sides
    if left is None or top is None or width is None or height is None:
        return None
    return left, top, round(left + width, 2), round(top + height, 2)


def _outside(bbox: Box, size: tuple[float, float]) -> bool:
    return bbox[2] <= 0 or bbox[3] <= 0 or bbox[0] >= size[0] or bbox[1] >= size[1]


def _placed(block: Block, bbox: Box | None) -> Block:
    if block.typed is not None:
        return replace(block, typed=replace(block.typed, bbox=bbox))
    if block.table is not None:
        return replace(block, table=replace(block.table, bbox=bbox))
    return block if block.figure is None else replace(block, figure=replace(block.figure, bbox=bbox))


def _flagged(block: Block, flag: Flag) -> Block:
    if block.typed is not None and flag not in block.typed.flags:
        return replace(block, typed=replace(block.typed, flags=(*block.typed.flags, flag)))
    if block.table is not None:
        return replace(block, table=replace(block.table, flags=(*block.table.flags, flag)))
    return block


def _notes(slide: Element, story: OdtStoryReader) -> Iterator[Block]:
    for box in slide.iterfind(f"{PRESENTATION}notes/{DRAW}frame/{DRAW}text-box"):
        for block in story.blocks(box):
            if block.typed is not None:
                yield Block(typed=replace(block.typed, role=Role.SPEAKER_NOTES))


def _comments(slide: Element) -> Iterator[Block]:
    for annotation in slide.iterchildren(f"{OFFICE}annotation"):
        author = clean_text(annotation.findtext(f"{DUBLIN_CORE}creator") or "")
        text = clean_text(" ".join("".join(line.itertext()) for line in annotation.iter(f"{TEXT}p")))
        if text:
            written = f"{author}: {text}" if author else text
            comment = TypedText(kind=ElementKind.PARAGRAPH, text=written, role=Role.COMMENT, derivation=_DERIVATION)
            yield Block(typed=comment)
