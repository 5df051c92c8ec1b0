"""Cleaning of extracted characters: what may stand in canonical text, and how much of it is usable."""

from __future__ import annotations

import re

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
# NUL and the other control characters, surrogates, noncharacters, and marks without width or ink.
_DROPPED = [
    *range(0x00, 0x09),
    *range(0x0E, 0x20),
    *range(0x7F, 0x85),
    *range(0x86, 0xA0),
    *range(0xD800, 0xE000),
    0x200B,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    0x2060,
    *range(0x2066, 0x206A),
    0xFEFF,
    0xFFFE,
    0xFFFF,
]
_TABLE = {
    **dict.fromkeys(_DROPPED),
    **_LIGATURES,
    0x00AD: "-",  # a soft hyphen that the page shows is a hyphen
}
_NEEDS_CLEANING = re.compile("[" + "".join(re.escape(chr(code)) for code in _TABLE) + "]")
_UNMAPPED = re.compile("[\ufffd\ue000-\uf8ff]")
_SPACE = re.compile(r"\s+")


def clean_word(text: str) -> str:
    """A word with ligatures spelled out and characters removed that have no place in text."""
    return text.translate(_TABLE) if _NEEDS_CLEANING.search(text) else text


def clean_text(text: str) -> str:
    """`text` on one line: cleaned, white space collapsed to single blanks, ends trimmed."""
    return " ".join(clean_word(text).split())


def count_characters(text: str) -> int:
    """Characters that are not white space."""
    return len(_SPACE.sub("", text))


def count_unmapped(text: str) -> int:
    """Characters a font gives no usable Unicode value for: the replacement character and the private use area."""
    return len(_UNMAPPED.findall(text))
