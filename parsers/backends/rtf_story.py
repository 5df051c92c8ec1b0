"""A story of an RTF file - the body, a note, a header, a text box - as it grows paragraph by paragraph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from parsers.backends.html_inline import code_text
from parsers.backends.rtf_state import Paragraph, RtfStyle
from parsers.backends.rtf_tables import Row, RowPlan, read_rows
from parsers.backends.typed_texts import Piece, flow, is_typed_bullet, join_code, join_texts
from parsers.model import Derivation, ElementKind, Flag
from parsers.plain_text import clean_text
from parsers.reading import Block, TypedText

_PLAIN: Final = ElementKind.PARAGRAPH
_DEEPEST_HEADING: Final = 9
_DEEPEST_TABLE: Final = 16


@dataclass(slots=True, kw_only=True)
class _Level:
    """The body (the first), or a table being read: the blocks of its open cell, of its open row, and its rows."""

    blocks: list[Block] = field(default_factory=list)
    cells: list[tuple[list[Block], bool]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    bold: bool = True


class Story:
    """Collects runs into paragraphs, and paragraphs into cells and tables."""

    def __init__(self, styles: Mapping[int, RtfStyle], derivation: Derivation) -> None:
        self._styles = styles
        self._derivation = derivation
        self._levels = [_Level()]
        self.pieces: list[Piece] = []
        self.mark = ""
        self.hanging: list[Block] = []  # what follows the open paragraph: its notes, pictures, text boxes
        self.bold = True

    def end_paragraph(self, paragraph: Paragraph) -> None:
        """`\\par`, or the end of what holds the paragraph."""
        level = self._settle(min(paragraph.depth, _DEEPEST_TABLE))
        level.blocks += self._blocks(paragraph)
        level.bold = level.bold and self.bold
        self.pieces, self.mark, self.hanging, self.bold = [], "", [], True

    def end_cell(self, paragraph: Paragraph, depth: int) -> None:
        """`\\cell` or `\\nestcell`, in the table of that depth, from 1."""
        paragraph.depth = max(paragraph.depth, depth)
        self.end_paragraph(paragraph)
        level = self._settle(min(depth, _DEEPEST_TABLE))
        level.cells.append((join_code(level.blocks), level.bold and bool(level.blocks)))
        level.blocks, level.bold = [], True

    def end_row(self, plan: RowPlan, depth: int) -> None:
        """`\\row` or `\\nestrow`."""
        level = self._settle(min(depth, _DEEPEST_TABLE))
        if level.cells:
            row = Row(cells=level.cells, left=plan.left, header=plan.header, places=tuple(plan.places))
            level.rows.append(row)
        level.cells = []

    def finish(self, paragraph: Paragraph) -> list[Block]:
        """All blocks of the story, which has come to its end."""
        if self.pieces or self.hanging:
            self.end_paragraph(paragraph)
        return join_code(self._settle(0).blocks)

    def _settle(self, depth: int) -> _Level:
        """The level of a depth: tables deeper than it have come to their end, and new ones begin."""
        while len(self._levels) - 1 > depth:
            closed = self._levels.pop()
            if closed.cells or closed.blocks:
                cells = [*closed.cells, (closed.blocks, False)] if closed.blocks else closed.cells
                closed.rows.append(Row(cells=cells, left=0, header=False, places=()))
            self._levels[-1].blocks += read_rows(closed.rows, self._derivation)
        while len(self._levels) - 1 < depth:
            self._levels.append(_Level())
        return self._levels[-1]

    def _blocks(self, paragraph: Paragraph) -> list[Block]:
        blocks: list[Block] = []
        typed = self._visible(paragraph, [piece for piece in self.pieces if not piece.flags])
        if typed is not None:
            blocks.append(Block(typed=typed))
        unseen: dict[tuple[Flag, ...], list[Piece]] = {}
        for flags, group in groupby(self.pieces, key=lambda piece: piece.flags):
            if flags:
                unseen.setdefault(flags, []).extend([Piece(text="\n"), *group])
        for flags, parts in unseen.items():
            text, links = flow(parts)
            if text:
                hidden = TypedText(kind=_PLAIN, text=text, flags=flags, links=links, derivation=self._derivation)
                blocks.append(Block(typed=hidden))
        return blocks + self.hanging

    def _visible(self, paragraph: Paragraph, pieces: list[Piece]) -> TypedText | None:
        style = self._styles.get(paragraph.style, RtfStyle())
        if style.kind is ElementKind.CODE:
            text = code_text("".join(piece.text for piece in pieces))
            return TypedText(kind=style.kind, text=text, derivation=self._derivation) if text.strip() else None
        text, links = flow(pieces)
        if not text:
            return None
        mark = clean_text(self.mark)
        kind, level = self._kind(paragraph, style)
        if kind is _PLAIN and (mark or paragraph.in_list):
            kind, level = ElementKind.LIST_ITEM, paragraph.list_level
        elif kind is _PLAIN and is_typed_bullet(text):
            kind, level = ElementKind.LIST_ITEM, 0
        typed = TypedText(kind=kind, text=text, links=links, derivation=self._derivation)
        joined = join_texts([typed], kind=kind, derivation=self._derivation, prefix=f"{mark} " if mark else "")
        return TypedText(kind=kind, text=joined.text, level=level, links=joined.links, derivation=self._derivation)

    def _kind(self, paragraph: Paragraph, style: RtfStyle) -> tuple[ElementKind, int | None]:
        if style.kind is not None and style.kind is not ElementKind.HEADING:
            return style.kind, style.level
        outline = paragraph.outline if paragraph.outline is not None else style.outline
        if outline is not None:
            return (ElementKind.HEADING, outline + 1) if 0 <= outline < _DEEPEST_HEADING else (_PLAIN, None)
        return (style.kind, style.level) if style.kind is not None else (_PLAIN, None)
