"""A story of Word - the body, a note, a header, a text box - as blocks in reading order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from parsers.backends.docx_drawings import DrawingReader
from parsers.backends.docx_names import Element, W, local_name, switch, value
from parsers.backends.docx_numbering import Numbering
from parsers.backends.docx_package import WordPackage
from parsers.backends.docx_runs import Anchored, NoteMarks, RunReader
from parsers.backends.docx_styles import ParagraphStyle, Styles, list_place, outline_level
from parsers.backends.docx_tables import read_table
from parsers.backends.html_inline import code_text
from parsers.backends.typed_texts import Piece, flow, in_running_text, is_typed_bullet, join_code, join_texts
from parsers.model import Derivation, ElementKind, Flag, Role
from parsers.plain_text import clean_text
from parsers.reading import Block, TypedText

_CONTAINERS = frozenset(("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag", "body", "hdr", "ftr"))
_DELETED_CONTAINERS = frozenset(("del", "moveFrom"))
_NOTE_PARTS = {"footnoteReference": "footnotes", "endnoteReference": "endnotes", "commentReference": "comments"}
_PLAIN = ElementKind.PARAGRAPH


@dataclass(slots=True, kw_only=True)
class Context:
    """What all stories of a file share. `notes`: the elements of a part of notes, by its kind and their id."""

    package: WordPackage
    styles: Styles
    numbering: Numbering
    marks: NoteMarks
    derivation: Derivation
    notes: dict[str, dict[str, Element]] = field(default_factory=dict)
    note_parts: dict[str, str] = field(default_factory=dict)
    commented: set[str] = field(default_factory=set)
    languages: Counter[str] = field(default_factory=Counter)
    in_note: bool = False
    white_page: bool = True


class StoryReader:
    """Reads stories of one part, in order."""

    def __init__(self, context: Context, part: str) -> None:
        relations = context.package.relations(part)
        self._context = context
        self._runs = RunReader(context.styles, relations, context.marks, context.languages)
        self._drawings = DrawingReader(context.package, relations, self._box, context.derivation)
        self._boxes = 0  # how many tables and text boxes are around: what lies behind their text is not known
        self._drop_cap: list[Piece] = []

    def blocks(self, parent: Element) -> list[Block]:
        """Everything a container of paragraphs and tables holds."""
        return join_code(self._walk(parent))

    def _walk(self, parent: Element) -> Iterator[Block]:
        for child in parent:
            name = local_name(child)
            if name == "p":
                yield from self._paragraph(child)
            elif name == "tbl":
                self._boxes += 1
                yield from read_table(child, self._context.styles, self._cell, self._context.derivation)
                self._boxes -= 1
            elif name == "AlternateContent":
                yield from next((blocks for form in child if (blocks := list(self._walk(form)))), [])
            elif name in ("oMathPara", "oMath"):
                yield from self._paragraph(parent if name == "oMath" else child)
            elif name in _CONTAINERS:
                yield from self._walk(child)
            elif name in _DELETED_CONTAINERS:
                yield from self._deleted(child)

    def _cell(self, cell: Element) -> tuple[list[Block], bool]:
        blocks = self.blocks(cell)
        runs = [run for run in cell.iter(f"{W}r") if run.find(f"{W}t") is not None]
        return blocks, bool(runs) and all(switch(run.find(f"{W}rPr"), "b") for run in runs)

    def _box(self, content: Element) -> list[Block]:
        self._boxes += 1
        blocks = self.blocks(content)
        self._boxes -= 1
        return blocks

    def _deleted(self, parent: Element) -> Iterator[Block]:
        texts = [block.typed for block in self._walk(parent) if block.typed is not None]
        if texts:
            flags = (Flag.DELETED,)
            yield Block(typed=join_texts(texts, kind=_PLAIN, derivation=self._context.derivation, flags=flags))

    def _paragraph(self, paragraph: Element) -> Iterator[Block]:
        if not len(paragraph):
            return
        properties = paragraph.find(f"{W}pPr")
        style_id = value(properties, "pStyle")
        style = self._context.styles.paragraph(style_id)
        shaded = properties is not None and properties.find(f"{W}shd") is not None
        on_white = self._context.white_page and not self._boxes and not shaded
        runs = self._runs.read(paragraph, style.look, on_white=on_white)
        frame = None if properties is None else properties.find(f"{W}framePr")
        if frame is not None and frame.get(f"{W}dropCap") in ("drop", "margin"):
            self._drop_cap += [piece for piece in runs.pieces if piece.text != "\n"]
            return
        pieces, self._drop_cap = [*self._drop_cap, *runs.pieces], []
        for item in runs.anchored:
            if item.leading and not item.mark:
                yield from self._anchored(item)
        mark, depth = self._mark(properties, style_id, style)
        yield from self._texts(pieces, mark, depth, *self._kind(properties, style))
        for item in runs.anchored:
            if not item.leading or item.mark:
                yield from self._anchored(item)

    def _kind(self, properties: Element | None, style: ParagraphStyle) -> tuple[ElementKind, int | None]:
        """The kind that the paragraph itself or its style says, and its level."""
        own = outline_level(properties)
        if own is None or style.kind not in (_PLAIN, ElementKind.HEADING):
            return style.kind, style.level
        return (ElementKind.HEADING, own) if own else (_PLAIN, None)

    def _mark(self, properties: Element | None, style_id: str | None, style: ParagraphStyle) -> tuple[str | None, int]:
        """The number or bullet in front of the paragraph, None where it is no item of a list, and its depth."""
        own = list_place(properties)
        list_id = own.list_id or style.place.list_id
        if list_id is None or list_id == "0":
            return None, 0
        if switch(None if properties is None else properties.find(f"{W}rPr"), "del"):
            return None, 0  # a tracked deletion of the paragraph's end: it is counted as part of the next one
        numbering = self._context.numbering
        depth = own.level
        if depth is None:
            by_style = numbering.level_of_style(list_id, style_id)
            depth = by_style if by_style is not None else style.place.level or 0
        return numbering.mark(list_id, depth), max(depth, style.depth)

    def _texts(
        self, pieces: list[Piece], mark: str | None, depth: int, kind: ElementKind, level: int | None
    ) -> Iterator[Block]:
        visible = [piece for piece in pieces if not piece.flags]
        if kind is _PLAIN and mark is not None:
            kind, level = ElementKind.LIST_ITEM, depth
        typed = self._visible(visible, mark, kind, level)
        if typed is not None:
            yield Block(typed=typed)
        unseen: dict[tuple[Flag, ...], list[Piece]] = {}
        for flags, group in groupby(pieces, key=lambda piece: piece.flags):
            if flags:
                unseen.setdefault(flags, []).extend([Piece(text="\n"), *group])
        for flags, parts in unseen.items():
            text, links = flow(parts)
            if text:
                derivation = self._context.derivation
                yield Block(typed=TypedText(kind=_PLAIN, text=text, flags=flags, links=links, derivation=derivation))

    def _visible(self, pieces: list[Piece], mark: str | None, kind: ElementKind, level: int | None) -> TypedText | None:
        derivation = self._context.derivation
        if kind is ElementKind.CODE:
            text = code_text("".join(piece.text for piece in pieces))
            return TypedText(kind=kind, text=text, derivation=derivation) if text.strip() else None
        written = [piece for piece in pieces if piece.text.strip()]
        if written and all(piece.formula for piece in written) and kind in (_PLAIN, ElementKind.LIST_ITEM):
            text = "\n".join(clean_text(piece.text) for piece in written)
            return TypedText(kind=ElementKind.FORMULA, text=text, derivation=derivation)
        text, links = flow(pieces)
        if not text:
            return None
        if kind is _PLAIN and is_typed_bullet(text):
            kind, level = ElementKind.LIST_ITEM, 0
        typed = TypedText(kind=kind, text=text, links=links, derivation=derivation)
        bullet = mark is not None and not any(character.isalnum() for character in mark)
        prefix = f"{clean_text(mark)} " if mark and not (bullet and kind is not ElementKind.LIST_ITEM) else ""
        joined = join_texts([typed], kind=kind, derivation=derivation, prefix=prefix)
        return TypedText(kind=kind, text=joined.text, level=level, links=joined.links, derivation=derivation)

    def _anchored(self, item: Anchored) -> Iterator[Block]:
        kind = _NOTE_PARTS.get(local_name(item.element))
        if kind is None:
            yield from self._drawings.read(item.element)
        elif not self._context.in_note:
            yield from read_note(self._context, kind, item.element.get(f"{W}id", ""), item.mark, item.flags)


def read_note(context: Context, kind: str, identity: str, mark: str, flags: tuple[Flag, ...] = ()) -> list[Block]:
    """A footnote, endnote or comment as one text, and what else stands in it after that.

    Notes do not refer to notes: a reference inside one is not followed.
    """
    note = context.notes.get(kind, {}).get(identity)
    if note is None or (kind == "comments" and identity in context.commented):
        return []
    context.in_note = True
    blocks = StoryReader(context, context.note_parts[kind]).blocks(note)
    context.in_note = False
    texts = [block.typed for block in blocks if block.typed is not None and in_running_text(block)]
    rest = [block for block in blocks if not in_running_text(block)]
    role, element_kind, prefix = None, ElementKind.FOOTNOTE, f"[{mark}] " if mark else ""
    if kind == "comments":
        context.commented.add(identity)
        author = clean_text(note.get(f"{W}author") or "")
        role, element_kind, prefix = Role.COMMENT, ElementKind.PARAGRAPH, f"{author}: " if author else ""
    if not texts:
        return rest
    text = join_texts(texts, kind=element_kind, derivation=context.derivation, prefix=prefix, role=role, flags=flags)
    return [Block(typed=text), *rest]
