"""Names in the XML of OpenDocument texts (ODF 1.3, part 3)."""

from __future__ import annotations

from typing import Any, Final

Element = Any
"""An element of lxml, which is untyped here."""

_ODF: Final = "urn:oasis:names:tc:opendocument:xmlns"
OFFICE: Final = f"{{{_ODF}:office:1.0}}"
TEXT: Final = f"{{{_ODF}:text:1.0}}"
STYLE: Final = f"{{{_ODF}:style:1.0}}"
TABLE: Final = f"{{{_ODF}:table:1.0}}"
DRAW: Final = f"{{{_ODF}:drawing:1.0}}"
SVG: Final = f"{{{_ODF}:svg-compatible:1.0}}"
FO: Final = f"{{{_ODF}:xsl-fo-compatible:1.0}}"
META: Final = f"{{{_ODF}:meta:1.0}}"
PRESENTATION: Final = f"{{{_ODF}:presentation:1.0}}"
MANIFEST: Final = f"{{{_ODF}:manifest:1.0}}"
DUBLIN_CORE: Final = "{http://purl.org/dc/elements/1.1/}"
XLINK: Final = "{http://www.w3.org/1999/xlink}"
MATH: Final = "{http://www.w3.org/1998/Math/MathML}"
XML_ID: Final = "{http://www.w3.org/XML/1998/namespace}id"


def count(text: str | None, most: int, default: int = 1) -> int:
    """A number of repetitions or cells spanned: at least 1, at most `most`, whatever the file asks for."""
    digits = text or ""
    return min(max(int(digits[:9]), 1), most) if digits.isascii() and digits.isdigit() else default
