"""Numbered and bulleted lists of Word: the mark that stands in front of an item, counted as Word counts.

ISO 29500-1, 17.9: a paragraph names an instance (`w:num`), which stands for a definition (`w:abstractNum`) of nine
levels. All instances of a definition share its counters, but that one may say that it starts anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from parsers.backends.docx_names import Element, W, number, switch, value
from parsers.backends.docx_symbols import symbol
from parsers.backends.list_numbers import format_number

_LEVELS: Final = 9
_PLACEHOLDER: Final = re.compile(r"%([1-9])")
_PRIVATE_USE: Final = re.compile("[\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    number_format: str = "decimal"
    text: str = ""
    start: int = 1
    restart_after: int | None = (
        None  # a level (from 1) after which counting begins anew; None: after any above, 0: never
    )
    legal: bool = False  # all numbers in digits
    font: str = ""


@dataclass(slots=True, kw_only=True)
class _Definition:
    levels: dict[int, _Level]
    counts: dict[int, int]
    styles: dict[str, int]  # the level that a paragraph style stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class _Instance:
    definition: _Definition
    levels: dict[int, _Level]
    restarts: frozenset[int]


class Numbering:
    """The lists of a file, and how far each has been counted. Ask for the mark of every item once, in order."""

    def __init__(self, root: Element | None) -> None:
        definitions = _definitions(root)
        self._instances: dict[str, _Instance] = {}
        self._started: set[tuple[str, int]] = set()
        for item in () if root is None else root.findall(f"{W}num"):
            definition = definitions.get(value(item, "abstractNumId") or "")
            if definition is not None:
                self._instances.setdefault(item.get(f"{W}numId", ""), _instance(item, definition))

    def level_of_style(self, list_id: str, style: str | None) -> int | None:
        """The depth at which a list numbers the paragraphs of a style."""
        instance = self._instances.get(list_id)
        return None if instance is None else instance.definition.styles.get(style or "")

    def mark(self, list_id: str, depth: int) -> str | None:
        """What stands before the next item of a list at a depth: `1.2`, `•`, or ""; None without such a list."""
        instance = self._instances.get(list_id)
        if instance is None:
            return None
        self._count(instance, list_id, depth)
        return _mark(instance.levels.get(depth, _Level()), instance.levels, instance.definition.counts)

    def _count(self, instance: _Instance, list_id: str, depth: int) -> None:
        counts, levels = instance.definition.counts, instance.levels
        if depth in instance.restarts and (list_id, depth) not in self._started:
            counts.pop(depth, None)
        self._started.add((list_id, depth))
        counts[depth] = counts[depth] + 1 if depth in counts else levels.get(depth, _Level()).start
        for above in range(depth):
            counts.setdefault(above, levels.get(above, _Level()).start)
        for deeper in range(depth + 1, _LEVELS):
            restart = levels.get(deeper, _Level()).restart_after
            if restart is None or (restart and depth < restart):
                counts.pop(deeper, None)


def _definitions(root: Element | None) -> dict[str, _Definition]:
    """Definitions by id. One that only names a numbering style is the definition which that style stands for."""
    definitions: dict[str, _Definition] = {}
    links: dict[str, str] = {}
    by_style: dict[str, str] = {}
    for item in () if root is None else root.findall(f"{W}abstractNum"):
        identity = item.get(f"{W}abstractNumId", "")
        levels = {number(level.get(f"{W}ilvl")): level for level in item.findall(f"{W}lvl")}
        definitions[identity] = _Definition(
            levels={depth: _level(level) for depth, level in levels.items()},
            counts={},
            styles={style: depth for depth, level in levels.items() if (style := value(level, "pStyle")) is not None},
        )
        if (style := value(item, "styleLink")) is not None:
            by_style[style] = identity
        if (style := value(item, "numStyleLink")) is not None:
            links[identity] = style
    for identity, style in links.items():
        if style in by_style:
            definitions[identity] = definitions[by_style[style]]
    return definitions


def _instance(item: Element, definition: _Definition) -> _Instance:
    levels = dict(definition.levels)
    restarts: set[int] = set()
    for override in item.findall(f"{W}lvlOverride"):
        depth = number(override.get(f"{W}ilvl"))
        own = override.find(f"{W}lvl")
        if own is not None:
            levels[depth] = _level(own)
        if (start := value(override, "startOverride")) is not None:
            restarts.add(depth)
            levels[depth] = replace(levels.get(depth, _Level()), start=number(start, 1))
    return _Instance(definition=definition, levels=levels, restarts=frozenset(restarts))


def _level(element: Element) -> _Level:
    restart = value(element, "lvlRestart")
    fonts = element.find(f"{W}rPr/{W}rFonts")
    return _Level(
        number_format=value(element, "numFmt") or _number_format(element) or "decimal",
        text=value(element, "lvlText") or "",
        start=number(value(element, "start"), 0),
        restart_after=None if restart is None else number(restart),
        legal=bool(switch(element, "isLgl")),
        font="" if fonts is None else fonts.get(f"{W}ascii", ""),
    )


def _number_format(element: Element) -> str | None:
    """The number format inside `mc:AlternateContent`, where newer formats stand beside the nearest older one."""
    found = next(iter(element.iter(f"{W}numFmt")), None)
    return None if found is None else found.get(f"{W}val")


def _mark(level: _Level, levels: dict[int, _Level], counts: dict[int, int]) -> str:
    if level.number_format == "bullet":
        return _bullet(level)
    if level.number_format == "none" and "%" not in level.text:
        return level.text.strip()

    def counted(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        style = "decimal" if level.legal else levels.get(at, _Level()).number_format
        return format_number(counts.get(at, 1), "decimal" if style == "bullet" else style)

    return " ".join(_PLACEHOLDER.sub(counted, level.text).split())


def _bullet(level: _Level) -> str:
    """The bullet as Unicode: fonts of symbols keep theirs in the private use area, where they say nothing."""
    text = level.text.strip()
    if level.font == "Courier New" and text == "o":
        return "◦"
    written = "".join(symbol(level.font, ord(character)) or character for character in text)
    return _PRIVATE_USE.sub("•", written) or ("•" if level.text else "")
