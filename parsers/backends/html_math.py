"""MathML as text: the TeX that it carries along, or else its characters in order, with signs for what is set apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# What stands between the children of these elements when they are written on one line.
_BETWEEN = {
    "msup": "^",
    "msub": "_",
    "munder": "_",
    "mover": "^",
    "msubsup": "_^",
    "munderover": "_^",
    "mfrac": "/",
    "mtr": " ",
    "mtable": "; ",
}
_SEVERAL = ("mtr", "mtable")
_TEX = ("application/x-tex", "text/tex", "latex")


@dataclass(slots=True)
class MathText:
    """Collects what lies between `<math>` and `</math>`."""

    _parts: list[str] = field(default_factory=list)
    _tex: list[str] = field(default_factory=list)
    _open: list[tuple[str, int]] = field(default_factory=list)
    _annotation: str = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in ("annotation", "annotation-xml"):
            self._annotation = "tex" if attributes.get("encoding", "").lower() in _TEX else "other"
        if self._open:
            parent, count = self._open[-1]
            self._open[-1] = (parent, count + 1)
            between = _BETWEEN.get(parent, "")
            if between and count:
                self._parts.append(between if parent in _SEVERAL else between[min(count, len(between)) - 1])
        self._open.append((tag, 0))

    def end(self, tag: str) -> None:
        if tag in ("annotation", "annotation-xml"):
            self._annotation = ""
        if self._open:
            self._open.pop()

    def data(self, characters: str) -> None:
        if self._annotation == "tex":
            self._tex.append(characters)
        elif not self._annotation:
            self._parts.append(characters.strip())

    def text(self) -> str:
        """`x^2+1`, or the TeX as it stands in the page."""
        return "".join(self._tex) if self._tex else "".join(self._parts)
