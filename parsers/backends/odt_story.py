"""The body of an OpenDocument text, a note, a header or a text box as blocks in reading order."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from parsers.backends.html_inline import code_text
from parsers.backends.odt_lists import ListState, OdtLists
from parsers.backends.odt_names import DRAW, DUBLIN_CORE, MATH, OFFICE, SVG, TABLE, TEXT, XLINK, Element, count
from parsers.backends.odt_runs import Hanging, OdtRunReader, note_mark
from parsers.backends.odt_styles import OdtStyles, hidden_section
from parsers.backends.odt_tables import read_table
from parsers.backends.office_package import Package
from parsers.backends.typed_texts import Piece, flow, in_running_text, is_typed_bullet, join_code, join_texts
from parsers.model import Derivation, ElementKind, Flag, Role
from parsers.plain_text import clean_text
from parsers.reading import Block, FigureReading, LinkReading, TypedText

_SKIPPED: Final = frozenset(
    (f"{TEXT}tracked-changes", f"{TEXT}sequence-decls", f"{TEXT}variable-decls", f"{TEXT}user-field-decls")
) | {f"{OFFICE}forms", f"{TABLE}table-source", f"{TEXT}table-of-content-source", f"{SVG}title", f"{SVG}desc"}
_PARAGRAPHS: Final = frozenset((f"{TEXT}p", f"{TEXT}h"))
_TINY: Final = 8
_DEEPEST_HEADING: Final = 10
_PLAIN: Final = ElementKind.PARAGRAPH


@dataclass(slots=True, kw_only=True)
class _Item:
    """The item of a list that the next paragraph begins."""

    state: ListState
    depth: int
    mark: str
    used: bool = False


_Outer = tuple[ListState, str | None]  # the list around a list, and the name of its style


@dataclass(slots=True, kw_only=True)
class OdtContext:
    """What all stories of a file share."""

    package: Package
    styles: OdtStyles
    lists: OdtLists
    derivation: Derivation
    deletions: Mapping[str, Element]
    languages: Counter[str] = field(default_factory=Counter)


class OdtStoryReader:
    """Reads stories, in order."""

    def __init__(self, context: OdtContext) -> None:
        self._context = context
        self._runs = OdtRunReader(context.styles, context.deletions, context.languages)
        self._boxes = 0  # tables and text boxes around: what lies behind their text is not known
        self._hidden = 0  # hidden sections around
        self._bold = True

    def blocks(self, parent: Iterable[Element]) -> list[Block]:
        """Everything a container of paragraphs, lists, tables and drawings holds, or some of what is in it."""
        return join_code(self._walk(parent, None))

    def _walk(self, parent: Iterable[Element], item: _Item | None) -> Iterator[Block]:
        for child in parent:
            if child.tag in _PARAGRAPHS:
                yield from self._paragraph(child, item)
            elif child.tag == f"{TEXT}list":
                yield from self._list(child)
            elif child.tag == f"{TABLE}table":
                self._boxes += 1
                yield from read_table(child, self._cell, self._context.derivation)
                self._boxes -= 1
            elif child.tag.startswith(DRAW):
                yield from self._drawing(child)
            elif child.tag == f"{TEXT}section" and hidden_section(child):
                self._hidden += 1
                yield from self._walk(child, None)
                self._hidden -= 1
            elif child.tag not in _SKIPPED:
                yield from self._walk(child, None)

    def _list(self, element: Element, outer: _Outer | None = None, depth: int = 0) -> Iterator[Block]:
        own = element.get(f"{TEXT}style-name")
        if outer is None:
            state, style = self._context.lists.begin(element, None)
        else:
            state, style = outer
            if own and own != style:
                state, style = self._context.lists.change_style(state, own), own
        for child in element:
            if child.tag not in (f"{TEXT}list-item", f"{TEXT}list-header"):
                continue
            item = None
            for part in child:
                if part.tag == f"{TEXT}list":
                    yield from self._list(part, (state, style), depth + 1)
                    continue
                if item is None and part.tag in _PARAGRAPHS:
                    numbered = child.tag == f"{TEXT}list-item"
                    start = child.get(f"{TEXT}start-value")
                    mark = state.mark(depth, start) if numbered and part.tag == f"{TEXT}p" else ""
                    item = _Item(state=state, depth=depth, mark=mark)
                yield from self._walk([part], item)

    def _cell(self, cell: Element) -> tuple[list[Block], bool]:
        outer, self._bold = self._bold, True
        blocks = self.blocks(cell)
        bold, self._bold = self._bold and bool(blocks), outer
        return blocks, bold

    def _paragraph(self, paragraph: Element, item: _Item | None) -> Iterator[Block]:
        flags = (Flag.HIDDEN,) if self._hidden else ()
        runs = self._runs.read(paragraph, on_white=not self._boxes, flags=flags)
        self._bold = self._bold and runs.bold
        for hanging in runs.hanging:
            if hanging.leading:
                yield from self._hanging(hanging)
        visible = [piece for piece in runs.pieces if not piece.flags]
        typed = self._visible(paragraph, visible, item)
        if typed is not None:
            yield Block(typed=typed)
        unseen: dict[tuple[Flag, ...], list[Piece]] = {}
        for group_flags, group in groupby(runs.pieces, key=lambda piece: piece.flags):
            if group_flags:
                unseen.setdefault(group_flags, []).extend([Piece(text="\n"), *group])
        for group_flags, parts in unseen.items():
            text, links = flow(parts)
            if text:
                yield self._text(text, flags=group_flags, links=links)
        for hanging in runs.hanging:
            if not hanging.leading:
                yield from self._hanging(hanging)

    def _visible(self, paragraph: Element, pieces: list[Piece], item: _Item | None) -> TypedText | None:
        style = self._context.styles.text("paragraph", paragraph.get(f"{TEXT}style-name"))
        derivation = self._context.derivation
        if style.kind is ElementKind.CODE:
            text = code_text("".join(piece.text for piece in pieces))
            return TypedText(kind=style.kind, text=text, derivation=derivation) if text.strip() else None
        text, links = flow(pieces)
        if not text:
            return None
        kind: ElementKind = style.kind or _PLAIN
        level, mark = style.level, ""
        if paragraph.tag == f"{TEXT}h":
            kind, level, mark = self._heading(paragraph, style.kind)
        elif item is not None and kind in (_PLAIN, ElementKind.HEADING) and not item.used:
            kind, level, mark = ElementKind.LIST_ITEM, item.depth, item.mark
            item.used = True
        elif kind is _PLAIN and is_typed_bullet(text):
            kind, level = ElementKind.LIST_ITEM, 0
        typed = TypedText(kind=kind, text=text, links=links, derivation=derivation)
        joined = join_texts([typed], kind=kind, derivation=derivation, prefix=f"{clean_text(mark)} " if mark else "")
        return TypedText(kind=kind, text=joined.text, level=level, links=joined.links, derivation=derivation)

    def _heading(self, heading: Element, named: ElementKind | None) -> tuple[ElementKind, int, str]:
        if named is ElementKind.TITLE:
            return ElementKind.TITLE, 0, ""
        level = count(heading.get(f"{TEXT}outline-level"), _DEEPEST_HEADING)
        if heading.get(f"{TEXT}is-list-header") == "true":
            return ElementKind.HEADING, level, ""
        return (
            ElementKind.HEADING,
            level,
            self._context.lists.headings.mark(level - 1, heading.get(f"{TEXT}start-value")),
        )

    def _hanging(self, hanging: Hanging) -> Iterator[Block]:
        element = hanging.element
        if element.tag == f"{TEXT}note":
            body = element.find(f"{TEXT}note-body")
            if body is not None:
                yield from self._note(body, ElementKind.FOOTNOTE, f"[{note_mark(element)}] ", None)
        elif element.tag == f"{OFFICE}annotation":
            author = clean_text(element.findtext(f"{DUBLIN_CORE}creator") or "")
            yield from self._note(element, _PLAIN, f"{author}: " if author else "", Role.COMMENT)
        else:
            yield from self._drawing(element)

    def _note(self, body: Element, kind: ElementKind, prefix: str, role: Role | None) -> Iterator[Block]:
        blocks = self.blocks(body)
        texts = [block.typed for block in blocks if block.typed is not None and in_running_text(block)]
        if texts:
            derivation = self._context.derivation
            yield Block(typed=join_texts(texts, kind=kind, derivation=derivation, prefix=prefix, role=role))
        yield from (block for block in blocks if not in_running_text(block))

    def _drawing(self, drawing: Element) -> Iterator[Block]:
        """Text boxes, shapes with text, pictures, groups of them, and embedded formulas."""
        described = clean_text(drawing.findtext(f"{SVG}desc") or drawing.findtext(f"{SVG}title") or "")
        formula = self._formula(drawing)
        if formula:
            yield self._text(formula, kind=ElementKind.FORMULA)
            return
        images = drawing.findall(f"{DRAW}image")
        if images:
            yield from self._picture(images, described)
        self._boxes += 1
        yield from self._walk([child for child in drawing if child.tag != f"{DRAW}image"], None)
        self._boxes -= 1

    def _picture(self, images: list[Element], described: str) -> Iterator[Block]:
        """One picture, stored once or in several forms: the first form that can be shown."""
        parts = (posixpath.normpath(image.get(f"{XLINK}href", "")) for image in images)
        found = next((image for part in parts if (image := self._context.package.picture(part)) is not None), None)
        if found is None or min(found.width, found.height) >= _TINY:
            figure = FigureReading(bbox=None, derivation=self._context.derivation, alt=described, image=found)
            yield Block(figure=figure)

    def _formula(self, frame: Element) -> str:
        """The formula of an embedded object, in the notation of the office program that wrote it."""
        embedded = frame.find(f"{DRAW}object")
        folder = "" if embedded is None else posixpath.normpath(embedded.get(f"{XLINK}href", ""))
        root = self._context.package.optional_xml(posixpath.join(folder, "content.xml")) if folder else None
        if root is None or not root.tag.startswith(MATH):
            return ""
        written = next(root.iter(f"{MATH}annotation"), None)
        return clean_text((written.text or "") if written is not None else "".join(root.itertext()))

    def _text(
        self,
        text: str,
        *,
        kind: ElementKind = _PLAIN,
        flags: tuple[Flag, ...] = (),
        links: tuple[LinkReading, ...] = (),
    ) -> Block:
        derivation = self._context.derivation
        return Block(typed=TypedText(kind=kind, text=text, flags=flags, links=links, derivation=derivation))
