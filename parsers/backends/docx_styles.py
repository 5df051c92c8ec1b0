"""Styles of a Word file: what a paragraph is by its style, and what its runs look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from parsers.backends.docx_names import Element, W, number, switch, value
from parsers.backends.run_look import NO_LOOK, RunLook
from parsers.backends.style_names import kind_by_name
from parsers.model import ElementKind

_MAX_CHAIN: Final = 32
_BODY_OUTLINE: Final = 9

_LIST_NAME: Final = re.compile(r"list (?:bullet|number|continue)? ?([2-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """Which list a paragraph is an item of (`numId`, "0": none), and how deep in it (from 0)."""

    list_id: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphStyle:
    """What a style makes of its paragraphs. `depth` is the nesting that a style's name stands for (`List Bullet 2`)."""

    kind: ElementKind = ElementKind.PARAGRAPH
    level: int | None = None
    place: ListPlace = ListPlace()
    look: RunLook = NO_LOOK
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStyle:
    """Which parts of a table its style sets apart from the others."""

    first_row: bool = False
    first_column: bool = False


class Styles:
    """The styles of a file; those that are not there are plain. Loops of `basedOn` end after 32 steps."""

    def __init__(self, root: Element | None) -> None:
        self._styles: dict[str, Element] = {}
        self._default = ""
        for style in () if root is None else root.iter(f"{W}style"):
            identity = style.get(f"{W}styleId", "")
            self._styles.setdefault(identity, style)
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true", "on"):
                self._default = self._default or identity
        defaults = None if root is None else root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        self._base = run_look(defaults)
        self.language = value_of_language(defaults)
        self.paragraph = cache(self._paragraph)
        self.look = cache(self._look)
        self.table = cache(self._table)

    def _chain(self, identity: str | None) -> list[Element]:
        """A style and those it is based on, itself first."""
        chain: list[Element] = []
        while identity in self._styles and len(chain) < _MAX_CHAIN:
            style = self._styles[identity or ""]
            chain.append(style)
            identity = value(style, "basedOn")
        return chain

    def _look(self, identity: str | None) -> RunLook:
        """What a character style says of its runs."""
        look = RunLook()
        for style in self._chain(identity):
            look = look.over(run_look(style.find(f"{W}rPr")))
        return look

    def _paragraph(self, identity: str | None) -> ParagraphStyle:
        """What a paragraph style says, with all it is based on."""
        chain = self._chain(identity if identity in self._styles else self._default)
        look = RunLook()
        place = ListPlace()
        for style in chain:
            look = look.over(run_look(style.find(f"{W}rPr")))
            found = list_place(style.find(f"{W}pPr"))
            place = ListPlace(list_id=place.list_id or found.list_id, level=_first(place.level, found.level))
        kind, level = _kind(chain)
        named = _LIST_NAME.fullmatch(_name(chain[0])) if chain else None
        depth = int(named[1]) - 1 if named else 0
        return ParagraphStyle(kind=kind, level=level, place=place, look=look.over(self._base), depth=depth)

    def _table(self, identity: str | None) -> TableStyle:
        parts = {part.get(f"{W}type") for style in self._chain(identity) for part in style.findall(f"{W}tblStylePr")}
        return TableStyle(first_row="firstRow" in parts, first_column="firstCol" in parts)


def run_look(properties: Element | None) -> RunLook:
    """What `w:rPr` says."""
    if properties is None:
        return RunLook()
    size = value(properties, "sz")
    fonts = properties.find(f"{W}rFonts")
    return RunLook(
        hidden=switch(properties, "vanish"),
        bold=switch(properties, "b"),
        color=(value(properties, "color") or "").upper() or None,
        shaded=_shaded(properties),
        half_points=number(size, 24) if size else None,
        font=None if fonts is None else fonts.get(f"{W}ascii"),
    )


def _shaded(properties: Element) -> bool | None:
    """Whether something dark may lie behind the text."""
    shading, marker = properties.find(f"{W}shd"), value(properties, "highlight")
    if marker and marker not in ("none", "white"):
        return True
    if shading is None:
        return None
    return shading.get(f"{W}fill", "auto").lower() not in ("auto", "ffffff") or bool(shading.get(f"{W}themeFill"))


def list_place(properties: Element | None) -> ListPlace:
    """What `w:pPr` says of the list."""
    numbering = None if properties is None else properties.find(f"{W}numPr")
    level = value(numbering, "ilvl")
    return ListPlace(
        list_id=value(numbering, "numId"), level=min(max(number(level), 0), 8) if level is not None else None
    )


def outline_level(properties: Element | None) -> int | None:
    """The rank of a heading, from 1, that `w:pPr` gives a paragraph; 0 says that it is none."""
    stored = value(properties, "outlineLvl")
    if stored is None:
        return None
    level = number(stored, _BODY_OUTLINE)
    return level + 1 if 0 <= level < _BODY_OUTLINE else 0


def value_of_language(properties: Element | None) -> str | None:
    """The language that `w:rPr` names (`de-DE`)."""
    return value(properties, "lang")


def _kind(chain: list[Element]) -> tuple[ElementKind, int | None]:
    """The nearest style of the chain that says what its paragraphs are, by its name or its outline level."""
    for style in chain:
        named = kind_by_name(_name(style))
        if named is not None:
            return named
        outline = outline_level(style.find(f"{W}pPr"))
        if outline is not None:
            return (ElementKind.HEADING, outline) if outline else (ElementKind.PARAGRAPH, None)
    return ElementKind.PARAGRAPH, None


def _name(style: Element) -> str:
    return (value(style, "name") or style.get(f"{W}styleId", "")).strip().lower()


def _first(*values: int | None) -> int | None:
    return next((item for item in values if item is not None), None)
