"""The tables in front of an RTF file: its fonts, colours and styles."""

from __future__ import annotations

from dataclasses import dataclass

from parsers.backends.rtf_state import Goal, RtfStyle
from parsers.backends.rtf_tokens import CHARSETS, SYMBOL_CHARSET, code_page
from parsers.backends.style_names import kind_by_name


@dataclass(slots=True)
class Font:
    """`codec`: of its bytes, None where that of the file holds; `symbols`: its characters are pictures."""

    name: str = ""
    codec: str | None = None
    symbols: bool = False


_NO_FONT = Font()


class Definitions:
    """Collects what the words and texts of these tables say."""

    def __init__(self) -> None:
        self.styles: dict[int, RtfStyle] = {}
        self.colors: list[str] = []  # `RRGGBB`, "" for the colour that a reader chooses
        self._fonts: dict[int, Font] = {}
        self._font = 0
        self._color = ""
        self._style = 0
        self._outline: int | None = None
        self._style_name = ""

    def font(self, number: int | None) -> Font:
        """A font by its number; one that says nothing where it is not there."""
        return _NO_FONT if number is None else self._fonts.get(number, _NO_FONT)

    def word(self, goal: Goal, word: str, number: int) -> None:
        """A control word in one of the tables."""
        if goal is Goal.FONT:
            if word == "f":
                self._font = number
            font = self._fonts.setdefault(self._font, Font())
            if word == "fcharset":
                font.codec, font.symbols = CHARSETS.get(number), number == SYMBOL_CHARSET
            elif word == "cpg":
                font.codec = code_page(number)
        elif goal is Goal.COLOR and word in ("red", "green", "blue"):
            self._color += f"{number & 0xFF:02X}"
        elif goal is Goal.STYLE and word == "s":
            self._style = number
        elif goal is Goal.STYLE and word == "outlinelevel":
            self._outline = number

    def text(self, goal: Goal, text: str) -> None:
        """Text in one of the tables: names of fonts and styles, and the semicolons that end colours."""
        if goal is Goal.FONT:
            self._fonts.setdefault(self._font, Font()).name += text.partition(";")[0]
        elif goal is Goal.STYLE:
            self._style_name += text
        elif goal is Goal.COLOR:
            for _ in range(text.count(";")):
                self.colors.append(self._color)
                self._color = ""

    def end_style(self) -> None:
        """A group in the table of styles has ended."""
        name = self._style_name.partition(";")[0].strip().lower()
        if name:
            kind, level = kind_by_name(name) or (None, None)
            self.styles.setdefault(self._style, RtfStyle(kind=kind, level=level, outline=self._outline))
        self._style, self._outline, self._style_name = 0, None, ""
