"""The text of shapes: paragraphs with their bullets and numbers as the slide shows them, links, equations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from parsers.backends.docx_math import to_latex
from parsers.backends.docx_names import A, Element, M, R, local_name, number
from parsers.backends.docx_package import Relation
from parsers.backends.list_numbers import format_number
from parsers.backends.typed_texts import Piece, flow
from parsers.model import ElementKind
from parsers.plain_text import clean_text
from parsers.reading import LinkReading

_DEEPEST: Final = 8
_NUMBER_FORMATS: Final = {
    "arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman",
    "romanUc": "upperRoman", "circleNum": "decimalEnclosedCircle", "ea1Chs": "chineseCounting",
    "ea1Cht": "chineseCounting", "ea1Jpn": "japaneseCounting",
}  # fmt: skip
_NUMBER_TYPE: Final = re.compile(r"(arabic|alphaLc|alphaUc|romanLc|romanUc|circleNum|ea1Chs|ea1Cht|ea1Jpn)(\w*)")
# Fonts whose characters are signs: what is stored for a bullet says nothing.
_SIGN_FONTS: Final = ("wingdings", "webdings", "symbol")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of a shape: what it is, its level in a list, its text and links."""

    kind: ElementKind
    text: str
    level: int | None = None
    links: tuple[LinkReading, ...] = ()


def read_paragraphs(
    body: Element | None, relations: Mapping[str, Relation], styles: Sequence[Element] = ()
) -> list[Paragraph]:
    """The paragraphs of a text body that hold text; `styles` are elements with `a:lvl1pPr` and so on, nearest first."""
    if body is None:
        return []
    own = body.find(f"{A}lstStyle")
    chain = [*((own,) if own is not None else ()), *styles]
    counters = _Counters()
    found: list[Paragraph] = []
    for paragraph in body.iter(f"{A}p"):
        text, links, formula = paragraph_text(paragraph, relations)
        properties = paragraph.find(f"{A}pPr")
        level = min(max(number(None if properties is None else properties.get("lvl")), 0), _DEEPEST)
        mark = counters.mark(level, _bullet(properties, level, chain)) if text else ""
        if not text:
            continue
        if formula:
            found.append(Paragraph(kind=ElementKind.FORMULA, text=text))
        elif mark:
            shift = len(mark) + 1
            moved = tuple(
                LinkReading(start=link.start + shift, end=link.end + shift, target=link.target) for link in links
            )
            found.append(Paragraph(kind=ElementKind.LIST_ITEM, text=f"{mark} {text}", level=level, links=moved))
        else:
            found.append(Paragraph(kind=ElementKind.PARAGRAPH, text=text, links=links))
    return found


def paragraph_text(paragraph: Element, relations: Mapping[str, Relation]) -> tuple[str, tuple[LinkReading, ...], bool]:
    """Canonical text and links of a paragraph, and whether it is nothing but an equation."""
    pieces = list(_pieces(paragraph, relations))
    written = [piece for piece in pieces if piece.text.strip()]
    if written and all(piece.formula for piece in written):
        return " ".join(clean_text(piece.text) for piece in written), (), True
    text, links = flow(pieces)
    return text, links, False


def _pieces(parent: Element, relations: Mapping[str, Relation]) -> Iterator[Piece]:
    for child in parent:
        name = local_name(child)
        if name in ("r", "fld"):
            yield from _run(child, relations)
        elif name == "br":
            yield Piece(text="\n")
        elif name == "oMath" and child.tag.startswith(M):
            yield Piece(text=to_latex(child), formula=True)
        elif name in ("oMathPara", "m"):
            yield from _pieces(child, relations)
        elif name == "AlternateContent":
            yield from _pieces(next((item for item in child if local_name(item) == "Choice"), child), relations)


def _run(run: Element, relations: Mapping[str, Relation]) -> Iterator[Piece]:
    stored = run.find(f"{A}t")
    if stored is None or not stored.text:
        return
    link = run.find(f"{A}rPr/{A}hlinkClick")
    relation = relations.get("" if link is None else link.get(f"{R}id") or "")
    target = relation.target if relation is not None and relation.external else ""
    for at, line in enumerate(re.split(r"[\v\n]|_x000B_", stored.text)):
        if at:
            yield Piece(text="\n")
        if line:
            yield Piece(text=line, target=target)


def _bullet(properties: Element | None, level: int, styles: Iterable[Element]) -> Element | None:
    """The bullet or number of a paragraph (`a:buChar`, `a:buAutoNum`, `a:buBlip`) that holds for it; None without."""
    inherited = (style.find(f"{A}lvl{level + 1}pPr") for style in styles)
    for candidate in (properties, *inherited):
        for child in () if candidate is None else candidate:
            name = local_name(child)
            if name == "buNone":
                return None
            if name in ("buChar", "buAutoNum", "buBlip"):
                return child
    return None


class _Counters:
    """Numbers of the paragraphs of one text body: a level starts anew below another item of the level above."""

    def __init__(self) -> None:
        self._counts: dict[int, tuple[str, int]] = {}

    def mark(self, level: int, bullet: Element | None) -> str:
        """What stands in front of the next paragraph: `3.`, `•`, or nothing."""
        for deeper in [at for at in self._counts if at > level]:
            del self._counts[deeper]
        name = "" if bullet is None else local_name(bullet)
        if bullet is None or name != "buAutoNum":
            self._counts.pop(level, None)
            return "" if bullet is None else _sign(bullet)
        kind = bullet.get("type") or "arabicPeriod"
        before, count = self._counts.get(level, ("", 0))
        count = count + 1 if before == kind else max(1, number(bullet.get("startAt"), 1))
        self._counts[level] = (kind, count)
        match = _NUMBER_TYPE.match(kind)
        shown = format_number(count, _NUMBER_FORMATS[match[1]] if match else "decimal")
        style = match[2] if match else "Period"
        return {"ParenBoth": f"({shown})", "ParenR": f"{shown})", "Plain": shown}.get(style, f"{shown}.")


def _sign(bullet: Element) -> str:
    font = None if bullet.getparent() is None else bullet.getparent().find(f"{A}buFont")
    family = "" if font is None else (font.get("typeface") or "").lower()
    written = clean_text(bullet.get("char") or "")
    return "•" if not written or family.startswith(_SIGN_FONTS) else written
