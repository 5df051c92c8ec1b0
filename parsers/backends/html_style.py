"""What a page hides from its readers: by attributes, inline styles, and the simple rules of its style sheets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_BRACE = re.compile(r"[{}]")
_SIMPLE_SELECTOR = re.compile(r"([a-z][\w-]*)?(?:([.#])([\w-]+))?", re.I)
_ZERO = re.compile(r"0*\.?0+(?:px|pt|em|rem|%|cm|mm|in)?")
_RGB = re.compile(r"rgba?\(([^)]*)\)")
_WHITE = frozenset({"white", "#fff", "#ffffff", "#fffffff", "#ffffffff"})
_LONGEST_SHEET = 1_000_000

Declarations = Mapping[str, str]


def declarations(style: str) -> dict[str, str]:
    """`font-size: 0; COLOR: White` → `{"font-size": "0", "color": "white"}`; a later declaration wins."""
    found: dict[str, str] = {}
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return found


def takes_away(style: Declarations) -> bool:
    """Whether these declarations hide an element with all its descendants, whatever those say."""
    if style.get("display") == "none" or style.get("content-visibility") == "hidden":
        return True
    if _is_zero(style.get("opacity")) or style.get("mso-hide") == "all":
        return True
    flat = _is_zero(style.get("max-height")) or _is_zero(style.get("height"))
    return flat and style.get("overflow") == "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is inherited of an element's look, as far as it decides whether text is seen."""

    background: str = "white"
    color: str = "black"
    unseen_size: bool = False
    invisible: bool = False

    @property
    def hides_text(self) -> bool:
        return self.unseen_size or self.invisible or self.color in (self.background, "transparent")

    def inside(self, style: Declarations, background_attribute: str | None = None) -> Look:
        """The look of a child with these declarations."""
        background = style.get("background-color") or style.get("background") or background_attribute
        size, visibility, color = style.get("font-size"), style.get("visibility"), style.get("color")
        if not (background or size or visibility or color):
            return self
        return Look(
            background=self.background if background is None else _background(background, self.background),
            color=self.color if color in (None, "inherit") else _color(str(color)),
            unseen_size=self.unseen_size if size is None else _is_zero(size),
            invisible=self.invisible if visibility is None else visibility in ("hidden", "collapse"),
        )


def _is_zero(value: str | None) -> bool:
    return value is not None and _ZERO.fullmatch(value.strip()) is not None


def _background(value: str, inherited: str) -> str:
    if value in ("none", "transparent", "inherit", "initial", "unset"):
        return inherited
    # A picture may lie behind the text: no colour of text is the same as that.
    return "picture" if "url(" in value or "gradient" in value else _color(value)


def _color(value: str) -> str:
    """A colour in one spelling, so that equal colours compare equal."""
    value = value.strip()
    rgb = _RGB.search(value)
    if rgb is not None:
        parts = re.split(r"[\s,/]+", rgb[1].strip())
        if len(parts) == 4 and _is_zero(parts[3]):
            return "transparent"
        if len(parts) >= 3 and all(part.isdigit() for part in parts[:3]):
            value = "#" + "".join(f"{min(int(part), 255):02x}" for part in parts[:3])
    if re.fullmatch(r"#[0-9a-f]{3}", value):
        value = "#" + "".join(2 * digit for digit in value[1:])
    if value in _WHITE:
        return "white"
    return "black" if value == "#000000" else value


@dataclass(slots=True)
class StyleSheet:
    """The rules of a page's own style sheets that can hide something and whose selector is one tag, class or id.

    Conditional rules (`@media`) are left out: they say what one kind of screen does not show.
    """

    _rules: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)

    def add(self, sheet: str) -> None:
        for selectors, body in _top_rules(_without_comments(sheet[:_LONGEST_SHEET])):
            style = {name: value for name, value in declarations(body).items() if name in _DECIDING}
            if style:
                for key in _keys(selectors):
                    self._rules.setdefault(key, {}).update(style)

    def style_of(self, tag: str, classes: Iterable[str], identity: str | None) -> dict[str, str]:
        """What the sheets declare for an element, the more special selector last."""
        if not self._rules:
            return {}
        style: dict[str, str] = dict(self._rules.get((tag, "", ""), {}))
        names = [(".", name) for name in classes] + ([("#", identity)] if identity else [])
        for kind, name in names:
            style.update(self._rules.get(("", kind, name), {}))
            style.update(self._rules.get((tag, kind, name), {}))
        return style


_DECIDING = frozenset(
    {
        "display", "visibility", "opacity", "mso-hide", "content-visibility", "max-height", "height", "overflow",
        "font-size", "color", "background", "background-color"
    }
)  # fmt: skip


def _without_comments(sheet: str) -> str:
    parts: list[str] = []
    position = 0
    while (begin := sheet.find("/*", position)) >= 0:
        parts.append(sheet[position:begin])
        end = sheet.find("*/", begin + 2)
        if end < 0:
            return "".join(parts)
        position = end + 2
    return "".join([*parts, sheet[position:]])


def _top_rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and body of the rules that stand in no other block. One pass, whatever is or is not closed."""
    depth, begin, selectors = 0, 0, ""
    for brace in _BRACE.finditer(sheet):
        if brace[0] == "{":
            if depth == 0:
                # What stands before a semicolon is a statement of its own (`@import …;`).
                selectors = sheet[begin : brace.start()].rpartition(";")[2].strip()
            depth, begin = depth + 1, brace.end()
        elif depth:
            if depth == 1 and not selectors.startswith("@"):
                yield selectors, sheet[begin : brace.start()]
            depth, begin = depth - 1, brace.end()


def _keys(selectors: str) -> Iterator[tuple[str, str, str]]:
    for selector in selectors.split(","):
        match = _SIMPLE_SELECTOR.fullmatch(selector.strip())
        if match is not None and match[0]:
            yield (match[1] or "").lower(), match[2] or "", match[3] or ""
