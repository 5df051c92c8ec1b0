"""Lists of OpenDocument texts, and numbers of headings: the mark in front of each item, counted as Writer counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from parsers.backends.docx_symbols import symbol
from parsers.backends.list_numbers import open_document_number
from parsers.backends.odt_names import STYLE, TEXT, XML_ID, Element, count
from parsers.backends.odt_styles import OdtStyles

_DEEPEST: Final = 10
_HIGHEST: Final = 1_000_000
_KINDS: Final = ("list-level-style-number", "list-level-style-bullet", "list-level-style-image", "outline-level-style")


@dataclass(slots=True, kw_only=True)
class ListState:
    """One list as far as it has been read: its levels, and the number of the last item at each depth (from 0)."""

    levels: Mapping[int, Element]
    counts: dict[int, int] = field(default_factory=dict)

    def mark(self, depth: int, start: str | None) -> str:
        """The mark of the next item. `start` is the number it is to have, where the file says so."""
        level = self.levels.get(depth)
        first = count(level.get(f"{TEXT}start-value"), _HIGHEST) if level is not None else 1
        before = self.counts.get(depth)
        self.counts[depth] = count(start, _HIGHEST) if start else first if before is None else before + 1
        for deeper in [at for at in self.counts if at > depth]:
            del self.counts[deeper]
        return "" if level is None else self._written(level, depth)

    def _written(self, level: Element, depth: int) -> str:
        if level.tag == f"{TEXT}list-level-style-image":
            return "•"
        prefix, suffix = str(level.get(f"{STYLE}num-prefix", "")), str(level.get(f"{STYLE}num-suffix", ""))
        if level.tag == f"{TEXT}list-level-style-bullet":
            return _bullet(level)
        if not level.get(f"{STYLE}num-format"):
            return (prefix + suffix).strip()
        shown = count(level.get(f"{TEXT}display-levels"), depth + 1)
        numbers = []
        for at in range(depth + 1 - shown, depth + 1):
            above = self.levels.get(at)
            number_format = "" if above is None else above.get(f"{STYLE}num-format", "")
            numbers.append(open_document_number(self.counts.get(at, 1), number_format))
        return prefix + ".".join(number for number in numbers if number) + suffix


class OdtLists:
    """The lists of a text in order. A list begins anew unless it says that it goes on with an earlier one."""

    def __init__(self, styles: OdtStyles) -> None:
        self._styles = styles
        self._by_id: dict[str, ListState] = {}
        self._last: dict[str, ListState] = {}  # by the name of the style
        self.headings = ListState(levels=_levels(styles.outline))

    def begin(self, element: Element, inherited: str | None) -> tuple[ListState, str | None]:
        """The state of an outermost list (`text:list`), and the name of its style."""
        style = element.get(f"{TEXT}style-name") or inherited
        earlier = self._by_id.get(element.get(f"{TEXT}continue-list", ""))
        if earlier is None and element.get(f"{TEXT}continue-numbering") == "true":
            earlier = self._last.get(style or "")
        state = ListState(levels=_levels(self._styles.list_style(style)))
        if earlier is not None:
            state.counts = earlier.counts
        self._last[style or ""] = state
        if element.get(XML_ID):
            self._by_id[element.get(XML_ID)] = state
        return state, style

    def change_style(self, state: ListState, style: str) -> ListState:
        """A list inside a list in a style of its own: other marks, the same numbers above it."""
        return ListState(levels=_levels(self._styles.list_style(style)), counts=state.counts)


def _levels(style: Element | None) -> dict[int, Element]:
    """The levels of a list style by depth, from 0."""
    levels = () if style is None else (level for kind in _KINDS for level in style.findall(TEXT + kind))
    return {count(level.get(f"{TEXT}level"), _DEEPEST) - 1: level for level in levels}


def _bullet(level: Element) -> str:
    """The bullet as Unicode: fonts of symbols keep theirs in the private use area, where they say nothing."""
    character = str(level.get(f"{TEXT}bullet-char", ""))[:1]
    properties = level.find(f"{STYLE}text-properties")
    known = symbol(None if properties is None else properties.get(f"{STYLE}font-name"), ord(character or " "))
    return known or ("•" if not character or "\ue000" <= character <= "\uf8ff" else character)
