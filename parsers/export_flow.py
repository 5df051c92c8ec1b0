"""What the exports share: which elements are shown, how deep a list item lies, and text with its links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from parsers.model import FURNITURE, Document, Element, ElementKind, Link, Role

BULLET: Final = re.compile(r"^(?:[•●▪■◦○‣▸►➢✓❖∙·\uf0b7\uf0a7*–—-])\s+")
NUMBER: Final = re.compile(r"^(\d{1,9})([.)])\s+")
ROLE_NAMES: Final = {Role.COMMENT: "Comment", Role.SPEAKER_NOTES: "Notes"}

_SAFE_TARGET: Final = re.compile(r"(?:https?|ftp|mailto|tel):|(?![a-z][a-z0-9+.-]*:)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An element that is shown; `depth` of a list item counts from the list it is in, which begins at 0."""

    element: Element
    depth: int = 0


def shown(document: Document) -> Iterator[Shown]:
    """The elements that belong into an export.

    Not running headers and footers, and not what a reader of the document does not see: that text may say anything,
    and whoever gets the export could not tell it apart.
    """
    depth = -1
    for element in document.elements:
        if element.kind in FURNITURE or element.flags:
            continue
        if element.kind is ElementKind.LIST_ITEM:
            depth = max(0, min(element.level or 0, depth + 1))
            yield Shown(element=element, depth=depth)
        else:
            depth = -1
            yield Shown(element=element)


def left_out(document: Document) -> int:
    """How many elements are left out because a reader of the document does not see them."""
    return sum(1 for element in document.elements if element.flags)


def inline(
    text: str,
    start: int,
    links: Sequence[Link],
    escape: Callable[[str], str],
    anchor: Callable[[str, str], str],
) -> str:
    """`text`, which begins at `start` of the document, escaped, and its links made by `anchor(text, target)`.

    Targets that a browser would run instead of open are left out, and so are links inside links.
    """
    parts: list[str] = []
    position = 0
    for link in sorted(links, key=lambda link: (link.start, -link.end)):
        first, last = link.start - start, link.end - start
        if first < position or last > len(text) or first >= last or _SAFE_TARGET.match(link.target.strip()) is None:
            continue
        parts += [escape(text[position:first]), anchor(escape(text[first:last]), link.target.strip())]
        position = last
    return "".join([*parts, escape(text[position:])])
