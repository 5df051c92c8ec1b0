"""The formats that can be read, and the module that reads each: the place to register a new backend.

Modules are imported when the first file of their kind is opened: a parse of plain text never loads a PDF library.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from parsers.backends.base import Backend, OpenDocument
from parsers.errors import UnsupportedMediaType
from parsers.policy import ParseOptions

PDF: Final = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file: what people call it, and the module of its backend."""

    media_type: str
    name: str
    module: str


_FORMATS = (Format(media_type=PDF, name="PDF", module="parsers.backends.pdf"),)

FORMATS: Final[Mapping[str, Format]] = {item.media_type: item for item in _FORMATS}


def open_document(path: Path, media_type: str, options: ParseOptions) -> OpenDocument:
    """Open a file with the backend of its media type. Raises a `ParseError`."""
    return cast(Backend, importlib.import_module(backend_module(media_type))).open_document(path, options)


def backend_module(media_type: str) -> str:
    """The module that reads files of this type. Raises `UnsupportedMediaType`."""
    known = FORMATS.get(media_type)
    if known is None:
        raise UnsupportedMediaType(f"Files of the type {media_type} cannot be parsed.")
    return known.module
