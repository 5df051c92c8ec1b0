"""The words that a caption or a note begins with: "Figure 3", "Source:"."""

from __future__ import annotations

import re

from parsers.model import ElementKind

_CAPTION = re.compile(
    r"(?:figure|fig\.|table|tab\.|chart|exhibit|abbildung|tabelle|tableau)\s+"
    r"(?:[A-Z]{1,3}[.-]?)?[\dIVX]+[a-z]?(?:[.-]\d+)*\b",
    re.I,
)
_NOTE = re.compile(r"(?:notes?|sources?|anmerkung(?:en)?|quellen?|remarques?)\s*:", re.IGNORECASE)


def match_caption(text: str) -> re.Match[str] | None:
    """The name that a text gives a table or figure at its beginning: "Figure 3", "Table A.2"."""
    return _CAPTION.match(text)


def caption_kind(text: str) -> ElementKind | None:
    """What a caption says that it belongs to, or None if it does not say."""
    match = _CAPTION.match(text)
    if match is None:
        return None
    return ElementKind.TABLE if match.group(0)[:3].lower() == "tab" else ElementKind.FIGURE


def begins_note(text: str) -> bool:
    """Whether a text begins with a word like "Note:" or "Source:"."""
    return _NOTE.match(text) is not None
