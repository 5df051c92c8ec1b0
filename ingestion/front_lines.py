"""The lines at the front of a document, where it says what it is; and its file name in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from parsers.model import FURNITURE, Document, Element, ElementKind, Role

ENOUGH_LINES = 12
"""A first page with fewer lines is a cover, and the next page counts too."""

MAX_PAGES = 3
MAX_LINES = 60
MAX_LINE = 300
MAX_PROSE = 20_000

_HEADINGS = frozenset({ElementKind.TITLE, ElementKind.HEADING})
# Marks of lists and boxes, also as symbol fonts leave them: a letter that stands alone before a word in capitals.
_MARK = re.compile(r"^(?:[^\w(\"'“‘©]+|[xoþýü]\s+(?=[A-ZÀ-Þ]))\s*")
_WORD_BREAK = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})|(?<=[a-z]{3})(?=(?:19|20)\d\d)")
_SEPARATORS = re.compile(r"[\s_+,;()\[\]]+|(?<=\D)[-.]+(?=\D)|(?<=\D)[-.]+(?=\d)|(?<=\d)[-.]+(?=\D)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`heading`: it belongs to a title or heading of the document."""

    text: str
    heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`title`: what is set as the title, or ""; `lines` in reading order, `running` the texts that repeat on pages,
    `prose` the beginning of the text."""

    title: str
    lines: tuple[Line, ...]
    running: tuple[str, ...]
    prose: str


def front_of(document: Document) -> Front:
    """Nothing that a reader of the document does not see has a part in it."""
    seen = [element for element in document.elements if not element.flags]
    running = dict.fromkeys(_one_line(element.text) for element in seen if element.kind in FURNITURE)
    titles = (_MARK.sub("", _one_line(element.text)) for element in seen if element.kind is ElementKind.TITLE)
    return Front(
        title=next(titles, ""),
        lines=tuple(_front_lines(seen)),
        running=tuple(running)[:MAX_LINES],
        prose=_prose(seen),
    )


def name_words(file_name: str) -> tuple[str, ...]:
    """The words of a file's name without its folder and ending: parted by signs, and where small letters turn capital.

    >>> name_words("reports/AnnualReport_2023-04.pdf")
    ('Annual', 'Report', '2023-04')
    """
    stem = PurePosixPath(file_name.replace("\\", "/")).stem
    words = (word.strip("-.") for part in _SEPARATORS.split(stem) for word in _WORD_BREAK.split(part))
    return tuple(word for word in words if word)


def _front_lines(elements: list[Element]) -> Iterator[Line]:
    count, page = 0, 0
    for element in elements:
        if element.kind in FURNITURE or element.role in {Role.COMMENT, Role.SPEAKER_NOTES, Role.NAVIGATION}:
            continue
        if element.page != page and (element.page > MAX_PAGES or count >= ENOUGH_LINES):
            return
        page = element.page
        for text in element.text.replace("\t", "\n").split("\n"):
            line = _MARK.sub("", _one_line(text))
            if line:
                count += 1
                yield Line(text=line, heading=element.kind in _HEADINGS)
            if count >= MAX_LINES:
                return


def _prose(elements: list[Element]) -> str:
    texts, length = [], 0
    for element in elements:
        if element.kind not in FURNITURE:
            texts.append(_one_line(element.text, MAX_PROSE))
            length += len(texts[-1])
        if length >= MAX_PROSE:
            break
    return "\n".join(texts)[:MAX_PROSE]


def _one_line(text: str, longest: int = MAX_LINE) -> str:
    return " ".join(text[: 2 * longest].split())[:longest]
