"""Styles of OpenDocument texts: what paragraphs of a style are, and who sees text of a style."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from parsers.backends.odt_names import FO, STYLE, TABLE, TEXT, Element
from parsers.backends.run_look import NO_LOOK, RunLook
from parsers.backends.style_names import kind_by_name
from parsers.model import ElementKind

_MAX_CHAIN: Final = 32
# Writer's own names for what stands under a picture or table; they are based on its style "Caption".
_ENCODED: Final = (("_20_", " "), ("_5f_", "_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStyle:
    """What a style says, with all it is based on. `list_style`: the list its paragraphs are items of."""

    kind: ElementKind | None = None
    level: int | None = None
    look: RunLook = NO_LOOK
    language: str | None = None
    list_style: str | None = None


class OdtStyles:
    """The styles of a text: those of `styles.xml`, and the automatic ones of `content.xml`, which go before."""

    def __init__(self, *roots: Element | None) -> None:
        self._styles: dict[tuple[str, str], Element] = {}
        self._lists: dict[str, Element] = {}
        self._default = NO_LOOK
        self.language: str | None = None
        self.outline: Element | None = None
        for root in roots:
            for style in () if root is None else root.iter(f"{STYLE}style"):
                key = (style.get(f"{STYLE}family", ""), style.get(f"{STYLE}name", ""))
                self._styles.setdefault(key, style)
            for style in () if root is None else root.iter(f"{TEXT}list-style"):
                self._lists.setdefault(style.get(f"{STYLE}name", ""), style)
            if root is not None:
                self.outline = root.find(f".//{TEXT}outline-style") if self.outline is None else self.outline
                self._take_defaults(root)
        self.text = cache(self._text)

    def _take_defaults(self, root: Element) -> None:
        for style in root.iter(f"{STYLE}default-style"):
            if style.get(f"{STYLE}family") == "paragraph":
                properties = style.find(f"{STYLE}text-properties")
                self._default, self.language = _look(properties), _language(properties)

    def list_style(self, name: str | None) -> Element | None:
        """A list style by its name."""
        return self._lists.get(name or "")

    def master_pages(self) -> set[str]:
        """The names of the page styles that styles of paragraphs and tables switch to."""
        return {name for style in self._styles.values() if (name := style.get(f"{STYLE}master-page-name"))}

    def hides_table(self, name: str | None) -> bool:
        """Whether tables (sheets) of a style are not shown."""
        style = self._styles.get(("table", name or ""))
        properties = None if style is None else style.find(f"{STYLE}table-properties")
        return properties is not None and properties.get(f"{TABLE}display") == "false"

    def drawing_page(self, name: str | None) -> Element | None:
        """The properties of slides of a style."""
        style = self._styles.get(("drawing-page", name or ""))
        return None if style is None else style.find(f"{STYLE}drawing-page-properties")

    def _text(self, family: str, name: str | None) -> TextStyle:
        """A style of the family `paragraph`, `text`, `section` or `table-cell`."""
        found = TextStyle(look=NO_LOOK)
        steps = 0
        while (style := self._styles.get((family, name or ""))) is not None and steps < _MAX_CHAIN:
            properties = style.find(f"{STYLE}text-properties")
            named = kind_by_name(_readable(style)) if found.kind is None else None
            found = replace(
                found,
                kind=found.kind or (named[0] if named else None),
                level=found.level if found.kind else (named[1] if named else None),
                look=found.look.over(_look(properties)),
                language=found.language or _language(properties),
                list_style=found.list_style or style.get(f"{STYLE}list-style-name"),
            )
            name, steps = style.get(f"{STYLE}parent-style-name"), steps + 1
        return replace(found, look=found.look.over(self._default)) if family == "paragraph" else found


def _readable(style: Element) -> str:
    name: str = style.get(f"{STYLE}display-name") or style.get(f"{STYLE}name", "")
    for code, character in _ENCODED:
        name = name.replace(code, character)
    return name.strip().lower()


def _look(properties: Element | None) -> RunLook:
    if properties is None:
        return NO_LOOK
    weight, display = properties.get(f"{FO}font-weight"), properties.get(f"{TEXT}display")
    background, size = properties.get(f"{FO}background-color"), properties.get(f"{FO}font-size", "")
    return RunLook(
        hidden=None if display is None else display == "none",
        bold=None if weight is None else weight == "bold" or weight in ("600", "700", "800", "900"),
        color=(properties.get(f"{FO}color") or "").lstrip("#").upper() or None,
        shaded=None if background is None else background not in ("transparent", "#ffffff"),
        half_points=_half_points(size),
        font=properties.get(f"{STYLE}font-name"),
    )


def _half_points(size: str) -> int | None:
    try:
        return round(2 * float(size.removesuffix("pt"))) if size.endswith("pt") else None
    except (ValueError, OverflowError):
        return None


def _language(properties: Element | None) -> str | None:
    if properties is None:
        return None
    language, country = properties.get(f"{FO}language", "none"), properties.get(f"{FO}country", "none")
    if language in ("none", "zxx"):
        return None
    return language if country == "none" else f"{language}-{country}"


def hidden_section(section: Element) -> bool:
    """Whether a section is not shown."""
    return bool(section.get(f"{TEXT}display") == "none" or section.get(f"{TEXT}is-hidden") == "true")
