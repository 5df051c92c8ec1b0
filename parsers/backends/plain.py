"""Plain text: paragraphs parted by blank lines, and what its author made plain by hand: underlined or numbered
headings, bullets, columns set with blanks. Nothing is left out, and nothing is guessed that is not clear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.html_inline import code_text
from parsers.backends.text_bytes import decode_text
from parsers.errors import LimitExceeded
from parsers.model import Derivation, ElementKind
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, TypedText

DERIVATION = Derivation(
    extractor="plain_text", version="1", confidence=0.9, reason="Plain text: its lines say what everything is."
)
LARGEST_TEXT = 128 * 1024**2
_MOST_LINES = 60
_LONGEST_HEADING = 80
_UNDERLINE = re.compile(r"(=+|-+|~+|\^+|\*+|#+)")
_ITEM = re.compile(r"(\s*)(?:[•●▪■◦○‣▸►–*+-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+\S")
_CHAPTER = re.compile(
    r"(?:chapter|part|book|section|appendix|annex|kapitel|teil|chapitre)\s+(?:\d+|[IVXLC]+|[A-Z])\b.*", re.I
)
_NUMBERED = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+[^\W\d_].*")
_WIDE_GAP = re.compile(r"\S(?:\t+| {3,})\S")
_DRAWN = re.compile(r"[│┌├└─═║╔|+][-─═+|│ ]{3,}")


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a text as one page without geometry. Raises `LimitExceeded` above 128 MiB."""
    data = path.read_bytes()
    if len(data) > LARGEST_TEXT:
        raise LimitExceeded("The text is larger than 128 MiB.")
    return one_page(blocks_of_text(decode_text(data)), DERIVATION)


def blocks_of_text(text: str, derivation: Derivation = DERIVATION) -> tuple[Block, ...]:
    """The blocks of a text, every character that is not white space in one of them. Form feeds part blocks."""
    blocks: list[Block] = []
    for lines, alone in _groups(text.replace("\f", "\n\n").expandtabs(8).split("\n")):
        blocks += [Block(typed=typed) for typed in _typed(lines, alone, derivation)]
    return tuple(blocks)


def _groups(lines: Sequence[str]) -> Iterator[tuple[list[str], bool]]:
    """Lines between blank lines. A very long run is parted, so that no element is endless; then none is alone."""
    group: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            group.append(line)
        elif group:
            for start in range(0, len(group), _MOST_LINES):
                yield group[start : start + _MOST_LINES], len(group) <= _MOST_LINES
            group = []


def _typed(lines: list[str], alone: bool, derivation: Derivation) -> Iterator[TypedText]:
    heading = _heading(lines) if alone else None
    if heading is not None:
        level, count = heading
        yield from _text(ElementKind.HEADING, lines[:count], derivation, level=level)
        lines = lines[count:]
        if not lines:
            return
    if _set_with_blanks(lines):
        yield TypedText(kind=ElementKind.CODE, text=code_text("\n".join(lines)), derivation=derivation)
    elif any(_ITEM.match(line) for line in lines):
        yield from _items(lines, derivation)
    else:
        yield from _text(ElementKind.PARAGRAPH, lines, derivation)


def _text(
    kind: ElementKind, lines: Sequence[str], derivation: Derivation, level: int | None = None
) -> Iterator[TypedText]:
    text = "\n".join(cleaned for line in lines if (cleaned := clean_text(line)))
    if text:
        yield TypedText(kind=kind, text=text, level=level, derivation=derivation)


def _heading(lines: Sequence[str]) -> tuple[int, int] | None:
    """Level and number of lines of the heading that a group begins with, underline included; None for none."""
    first = lines[0].strip()
    if len(first) > _LONGEST_HEADING or not any(character.isalpha() for character in first):
        return None
    if len(lines) > 1 and _underlines(lines[1].strip(), first):
        return (1 if lines[1].strip()[0] in "=#*" else 2), 2
    if len(lines) > 1 or first.endswith((".", ",", ";", ":")):
        return None
    if _CHAPTER.fullmatch(first):
        return 1, 1
    numbered = _NUMBERED.fullmatch(first)
    if numbered is not None and "." in numbered[1]:
        return numbered[1].count(".") + 1, 1
    letters = [character for character in first if character.isalpha()]
    capitals = len(letters) >= 4 and all(letter.isupper() for letter in letters) and len(first.split()) <= 10
    return (1, 1) if capitals else None


def _underlines(line: str, text: str) -> bool:
    return _UNDERLINE.fullmatch(line) is not None and len(line) >= max(3, len(text) - 2)


def _set_with_blanks(lines: Sequence[str]) -> bool:
    """Whether columns are aligned with blanks, or drawn: joined to lines of words they could not be read."""
    wide = sum(1 for line in lines if _WIDE_GAP.search(line.strip()) or _DRAWN.search(line))
    return len(lines) > 1 and wide >= max(2, 0.6 * len(lines))


def _items(lines: Sequence[str], derivation: Derivation) -> Iterator[TypedText]:
    """List items with their continuation lines; a line before the first item is a paragraph."""
    indents: list[int] = []
    current: list[str] = []
    kind, level = ElementKind.PARAGRAPH, None
    for line in lines:
        match = _ITEM.match(line)
        if match is None:
            current.append(line)
            continue
        yield from _text(kind, current, derivation, level)
        indent = len(match[1])
        while indents and indent < indents[-1]:
            indents.pop()
        if not indents or indent > indents[-1]:
            indents.append(indent)
        kind, level, current = ElementKind.LIST_ITEM, len(indents) - 1, [line]
    yield from _text(kind, current, derivation, level)
