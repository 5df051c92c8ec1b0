"""Text of word processors on its way to blocks: runs become canonical text, and texts are joined or told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from parsers.backends.html_inline import InlineText
from parsers.model import Derivation, ElementKind, Flag, Role
from parsers.reading import Block, LinkReading, TypedText

_HYPERLINK = re.compile(r'\s*HYPERLINK\s+(?!\\)(?:"([^"]*)"|(\S+))')
_PLACE_IN_FILE = re.compile(r'HYPERLINK\b.*\\l\s+"?([^"\s]+)')
_TYPED_BULLET = re.compile("[•●▪■◦○‣▸►➢✓❖] ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a paragraph: `text` as stored, `"\\n"` alone for a line break; where it links to; who sees it."""

    text: str
    target: str = ""
    flags: tuple[Flag, ...] = ()
    formula: bool = False


def flow(pieces: Iterable[Piece]) -> tuple[str, tuple[LinkReading, ...]]:
    """Canonical text of pieces that follow each other, and its links; formulas stand between dollar signs."""
    lines = InlineText()
    for target, linked in groupby(pieces, key=lambda piece: piece.target):
        if target:
            lines.open_link(target)
        for piece in linked:
            if piece.text == "\n":
                lines.break_line()
            else:
                lines.add(f"${piece.text.strip()}$" if piece.formula else piece.text)
        if target:
            lines.close_link()
    return lines.take()


def join_texts(
    texts: Sequence[TypedText],
    *,
    kind: ElementKind,
    derivation: Derivation,
    prefix: str = "",
    role: Role | None = None,
    flags: tuple[Flag, ...] = (),
) -> TypedText:
    """Several texts as one, each on lines of its own, `prefix` in front of the first; links keep their anchors."""
    joined = prefix
    links: list[LinkReading] = []
    for index, typed in enumerate(texts):
        joined += "\n" if index else ""
        links += [replace(link, start=link.start + len(joined), end=link.end + len(joined)) for link in typed.links]
        joined += typed.text
    return TypedText(kind=kind, text=joined, role=role, flags=flags, links=tuple(links), derivation=derivation)


def field_target(instruction: str) -> str:
    """Where a field of the kind HYPERLINK points to: an address, a place in this file after `#`, or both."""
    if "HYPERLINK" not in instruction:
        return ""
    address, place = _HYPERLINK.match(instruction), _PLACE_IN_FILE.search(instruction)
    found = (address[1] or address[2] or "") if address else ""
    return found + (f"#{place[1]}" if place else "")


def is_typed_bullet(text: str) -> bool:
    """Whether a plain paragraph is an item of a list whose bullet the author has typed."""
    return _TYPED_BULLET.match(text) is not None


def in_running_text(block: Block) -> bool:
    """Whether a block is text in the flow of its cell or note: seen by a reader, and not itself a note to something."""
    typed = block.typed
    return typed is not None and not typed.flags and typed.role is None and typed.kind is not ElementKind.FOOTNOTE


def join_code(blocks: Iterable[Block]) -> list[Block]:
    """Lines of code that are stored as paragraphs, as one text."""
    joined: list[Block] = []
    for block in blocks:
        last = joined[-1].typed if joined else None
        if last is not None and block.typed is not None and _same_code(last, block.typed):
            text = join_texts([last, block.typed], kind=ElementKind.CODE, derivation=last.derivation, flags=last.flags)
            joined[-1] = Block(typed=text)
        else:
            joined.append(block)
    return joined


def _same_code(first: TypedText, second: TypedText) -> bool:
    return first.kind is ElementKind.CODE and second.kind is ElementKind.CODE and first.flags == second.flags
