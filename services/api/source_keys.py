"""From the file name a client sent to the name a document is kept and shown under."""

from __future__ import annotations

import re
import unicodedata

# Marks that reorder what a person reads ("gpj.exe" shown as "exe.jpg"): Unicode bidirectional controls (UAX #9).
_BIDIRECTIONAL_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def source_key(file_name: str) -> str:
    """The document's key in its collection: the relative path with `/`, without control characters and without any
    step that means "up", "here" or "root". It is a name and never a path of this machine. Empty if nothing is left.

    >>> source_key("../reports\\\\2024/./annual.pdf")
    'reports/2024/annual.pdf'
    """
    text = _BIDIRECTIONAL_CONTROLS.sub("", unicodedata.normalize("NFC", file_name)).replace("\\", "/")
    printable = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cs"})
    steps = (step.strip() for step in printable.split("/"))
    return "/".join(step for step in steps if step not in {"", ".", ".."})
