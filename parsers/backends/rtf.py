"""Reads RTF: paragraphs, headings, lists, tables, notes, comments, links and pictures, in the order of the file.

A reader of this project's own: libraries for RTF give plain text in which cells run together, or call other programs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.rtf_reader import RtfReader
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.model import Derivation
from parsers.policy import ParseOptions

NAME: Final = "rtf"
VERSION: Final = "1"

_DERIVATION: Final = Derivation(extractor=NAME, version=VERSION, confidence=1.0, reason="As the RTF file stores it.")
_MAX_BYTES: Final = 256 * 1024**2


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Read the file as one page. Raises `DamagedDocument` for what is no RTF, `LimitExceeded` for what is too large."""
    if path.stat().st_size > _MAX_BYTES:
        raise LimitExceeded(f"The RTF file is larger than the {_MAX_BYTES // 1024**2} MiB that are read.")
    data = path.read_bytes()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise DamagedDocument("The file does not begin as an RTF file does.")
    reader = RtfReader(_DERIVATION)
    reader.read(data)
    return one_page(reader.blocks, _DERIVATION, title=reader.title, language=reader.language)
