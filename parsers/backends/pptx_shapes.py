"""The shapes of a slide become blocks in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parsers.backends.docx_charts import read_chart
from parsers.backends.docx_names import A, Element, R, local_name
from parsers.backends.docx_package import Relation, WordPackage
from parsers.backends.pptx_notes import read_diagram
from parsers.backends.pptx_places import Placeholders, Transform, own_or_inherited_xfrm, placeholder, reading_order
from parsers.backends.pptx_tables import read_table
from parsers.backends.pptx_text import Paragraph, read_paragraphs
from parsers.model import Box, Derivation, ElementKind, Flag
from parsers.plain_text import clean_text
from parsers.reading import Block, FigureReading, TypedText

_TITLES: Final = frozenset({"title", "ctrTitle"})
_EDGES: Final = {
    "ftr": ElementKind.FOOTER,
    "sldNum": ElementKind.FOOTER,
    "dt": ElementKind.FOOTER,
    "hdr": ElementKind.HEADER,
}
_DEEPEST_GROUP: Final = 200  # libxml2 reads no XML that is nested deeper than 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """A slide with what it takes its looks from. `size` in points."""

    package: WordPackage
    relations: Mapping[str, Relation]
    placeholders: Placeholders
    body_style: Element | None
    other_style: Element | None
    size: tuple[float, float]
    title_kind: ElementKind
    derivation: Derivation
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    bbox: Box | None
    blocks: list[Block]
    title: bool = False
    edge: bool = False


def slide_blocks(tree: Element, slide: Slide) -> list[Block]:
    """The blocks of a slide (`p:spTree`): its title, its shapes by their place, its footers."""
    placed = list(_walk(tree, slide, Transform(), slide.flags, 0))
    first = [item for item in placed if item.title]
    last = [item for item in placed if item.edge]
    middle = [item for item in placed if not item.title and not item.edge]
    ordered = [middle[at] for at in reading_order([item.bbox for item in middle])]
    return [block for item in (*first, *ordered, *last) for block in item.blocks]


def _walk(
    parent: Element, slide: Slide, transform: Transform, flags: tuple[Flag, ...], depth: int
) -> Iterator[_Placed]:
    for shape in parent:
        name = local_name(shape)
        if name == "AlternateContent":
            yield from _alternative(shape, slide, transform, flags, depth)
            continue
        if name not in ("sp", "grpSp", "pic", "graphicFrame", "cxnSp"):
            continue
        seen = _flags(shape, flags)
        if name == "grpSp":
            if depth < _DEEPEST_GROUP:
                yield from _group(shape, slide, transform, seen, depth)
            continue
        models = slide.placeholders.models(shape)
        bbox = transform.box(own_or_inherited_xfrm(shape, models))
        if bbox is not None and _outside(bbox, slide.size) and Flag.OFF_PAGE not in seen:
            seen = (*seen, Flag.OFF_PAGE)
        placed = _shape(shape, name, slide, bbox, models, seen)
        if placed.blocks:
            yield placed


def _alternative(
    element: Element, slide: Slide, transform: Transform, flags: tuple[Flag, ...], depth: int
) -> Iterator[_Placed]:
    """The first of several forms of the same thing that can be read."""
    for form in element:
        found = list(_walk(form, slide, transform, flags, depth)) if depth < _DEEPEST_GROUP else []
        if found:
            yield from found
            return


def _group(
    group: Element, slide: Slide, transform: Transform, flags: tuple[Flag, ...], depth: int
) -> Iterator[_Placed]:
    """A group is read as a whole, in the order of its own shapes."""
    inside = list(_walk(group, slide, transform.inside(group), flags, depth + 1))
    yield from (item for item in inside if item.title or item.edge)
    body = [item for item in inside if not item.title and not item.edge]
    if body:
        boxes = [item.bbox for item in body]
        known = [box for box in boxes if box is not None]
        bbox = (
            (min(b[0] for b in known), min(b[1] for b in known), max(b[2] for b in known), max(b[3] for b in known))
            if known
            else None
        )
        yield _Placed(bbox=bbox, blocks=[block for at in reading_order(boxes) for block in body[at].blocks])


def _flags(shape: Element, flags: tuple[Flag, ...]) -> tuple[Flag, ...]:
    properties = _properties(shape)
    hidden = properties is not None and properties.get("hidden") in ("1", "true")
    return (*flags, Flag.HIDDEN) if hidden and Flag.HIDDEN not in flags else flags


def _properties(shape: Element) -> Element | None:
    return next((item.find("{*}cNvPr") for item in shape if local_name(item).startswith("nv")), None)


def _outside(bbox: Box, size: tuple[float, float]) -> bool:
    return bbox[2] <= 0 or bbox[3] <= 0 or bbox[0] >= size[0] or bbox[1] >= size[1]


def _shape(
    shape: Element, name: str, slide: Slide, bbox: Box | None, models: Sequence[Element], flags: tuple[Flag, ...]
) -> _Placed:
    kind = (placeholder(shape) or ("", ""))[0]
    if name == "graphicFrame":
        return _Placed(bbox=bbox, blocks=list(_frame(shape, slide, bbox, flags)))
    blocks = list(_pictures(shape, slide, bbox))
    body = shape.find("{*}txBody")
    if kind in _TITLES:
        text = " ".join(item.text.replace("\n", " ") for item in read_paragraphs(body, slide.relations))
        if text:
            level = 0 if slide.title_kind is ElementKind.TITLE else 1
            title = Paragraph(kind=slide.title_kind, text=text, level=level)
            blocks.append(_text(title, slide, bbox, flags))
        return _Placed(bbox=bbox, blocks=blocks, title=True)
    styles = [style for model in models if (style := model.find(f"{{*}}txBody/{A}lstStyle")) is not None]
    rest = slide.body_style if kind in ("body", "obj", "subTitle") else slide.other_style
    if rest is not None:
        styles.append(rest)
    paragraphs = read_paragraphs(body, slide.relations, styles)
    if kind in _EDGES:
        paragraphs = [replace(item, kind=_EDGES[kind], level=None) for item in paragraphs]
    blocks += [_text(item, slide, bbox, flags) for item in paragraphs]
    return _Placed(bbox=bbox, blocks=blocks, edge=kind in _EDGES)


def _text(paragraph: Paragraph, slide: Slide, bbox: Box | None, flags: tuple[Flag, ...]) -> Block:
    return Block(
        typed=TypedText(
            kind=paragraph.kind,
            text=paragraph.text,
            bbox=bbox,
            level=paragraph.level,
            flags=flags,
            links=paragraph.links,
            derivation=slide.derivation,
        )
    )


def _pictures(shape: Element, slide: Slide, bbox: Box | None) -> Iterator[Block]:
    """A picture, or the picture that fills a shape."""
    fill = shape.find("{*}blipFill")
    if fill is None:
        fill = shape.find(f"{{*}}spPr/{A}blipFill")
    blip = None if fill is None else fill.find(f"{A}blip")
    if blip is None:
        return
    relation = slide.relations.get(blip.get(f"{R}embed") or "")
    image = None if relation is None or relation.external else slide.package.picture(relation.target)
    properties = _properties(shape)
    described = "" if properties is None else properties.get("descr") or properties.get("title") or ""
    yield Block(figure=FigureReading(bbox=bbox, derivation=slide.derivation, alt=clean_text(described), image=image))


def _frame(frame: Element, slide: Slide, bbox: Box | None, flags: tuple[Flag, ...]) -> Iterator[Block]:
    """What a frame holds: a table, a chart, a diagram, or the picture of an embedded object."""
    table = next(frame.iter(f"{A}tbl"), None)
    if table is not None:
        reading = read_table(table, bbox, slide.relations, slide.derivation, flags)
        if reading is not None:
            yield Block(table=reading)
        return
    properties = _properties(frame)
    described = "" if properties is None else clean_text(properties.get("descr") or properties.get("title") or "")
    for item in frame.iter():
        name = local_name(item)
        if name == "chart":
            root = _part(slide, item.get(f"{R}id"))
            if root is not None:
                for block in read_chart(root, described, slide.derivation):
                    yield _with_place(block, bbox, flags)
        elif name == "relIds":
            root = _part(slide, item.get(f"{R}dm"))
            if root is not None:
                yield from (_text(point, slide, bbox, flags) for point in read_diagram(root))
        elif name == "pic":
            yield from _pictures(item, slide, bbox)
            return


def _part(slide: Slide, reference: str | None) -> Element | None:
    relation = slide.relations.get(reference or "")
    return None if relation is None else slide.package.optional_xml(relation.target)


def _with_place(block: Block, bbox: Box | None, flags: tuple[Flag, ...]) -> Block:
    if block.figure is not None:
        return Block(figure=replace(block.figure, bbox=bbox))
    return Block(table=replace(block.table, flags=flags)) if block.table is not None else block
