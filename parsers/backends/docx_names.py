"""Names in the XML of Word files (ISO 29500-1), and the small readings that every part of the reader needs."""

from __future__ import annotations

from typing import Any, Final

Element = Any
"""An element of lxml, which is untyped here."""

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
V: Final = "{urn:schemas-microsoft-com:vml}"
MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
VAL: Final = f"{W}val"

_OFF: Final = frozenset({"0", "false", "off", "none"})


def value(parent: Element | None, *path: str) -> str | None:
    """`w:val` of the element that is found by going down the names in `path`; None where there is none."""
    for name in path:
        parent = None if parent is None else parent.find(W + name)
    return None if parent is None else parent.get(VAL)


def number(text: str | None, default: int = 0) -> int:
    """A whole number as written in XML, or `default`."""
    try:
        return int(text or "")
    except ValueError:
        return default


def switch(properties: Element | None, name: str) -> bool | None:
    """A property that is on or off (`w:b`, `w:b w:val="0"`); None where it is not said."""
    found = None if properties is None else properties.find(W + name)
    return None if found is None else (found.get(VAL) or "on") not in _OFF


def local_name(element: Element) -> str:
    """The name without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
