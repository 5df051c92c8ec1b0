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

_UNSTRUCTURED: Final = "parsers.backends.unstructured_parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file: what people call it, and the module of its backend.

    second        the module that is tried where the first cannot open the file, or read a page of it
    pages_apart   opening the file costs little beside reading its pages: several processes may share them
    """

    media_type: str
    name: str
    module: str
    second: str | None = None
    pages_apart: bool = False


_FORMATS = (
    Format(
        media_type=PDF,
        name="PDF",
        module="parsers.backends.pdf",
        second="parsers.backends.pdfium",
        pages_apart=True,
    ),
    Format(media_type="image/png", name="PNG", module="parsers.backends.images"),
    Format(media_type="image/jpeg", name="JPEG", module="parsers.backends.images"),
    Format(media_type="image/tiff", name="TIFF", module="parsers.backends.images"),
    Format(media_type="image/webp", name="WEBP", module="parsers.backends.images"),
    Format(media_type="image/bmp", name="BMP", module="parsers.backends.images"),
    Format(media_type="image/gif", name="GIF", module="parsers.backends.images"),
    Format(media_type="text/html", name="HTML", module="parsers.backends.html", second=_UNSTRUCTURED),
    Format(media_type="text/markdown", name="Markdown", module="parsers.backends.markdown", second=_UNSTRUCTURED),
    Format(media_type="text/x-rst", name="reStructuredText", module="parsers.backends.rst", second=_UNSTRUCTURED),
    Format(media_type="text/plain", name="plain text", module="parsers.backends.plain", second=_UNSTRUCTURED),
    Format(media_type="application/xml", name="XML", module="parsers.backends.xml"),
    Format(media_type="application/epub+zip", name="EPUB", module="parsers.backends.epub"),
    Format(
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        name="XLSX",
        module="parsers.backends.xlsx",
    ),
    Format(
        media_type="application/vnd.openxmlformats-officedocument.presentationml.presentation",
        name="PPTX",
        module="parsers.backends.pptx",
    ),
    Format(media_type="application/vnd.ms-excel", name="XLS", module="parsers.backends.xls"),
    Format(media_type="text/csv", name="CSV", module="parsers.backends.csv_table"),
    Format(media_type="text/tab-separated-values", name="TSV", module="parsers.backends.csv_table"),
    Format(media_type="application/json", name="JSON", module="parsers.backends.json_records"),
    Format(media_type="application/x-ndjson", name="NDJSON", module="parsers.backends.json_records"),
    Format(
        media_type="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        name="DOCX",
        module="parsers.backends.docx",
    ),
    Format(
        media_type="application/vnd.oasis.opendocument.text",
        name="ODT",
        module="parsers.backends.odt",
    ),
    Format(
        media_type="application/vnd.oasis.opendocument.spreadsheet",
        name="ODS",
        module="parsers.backends.ods",
    ),
    Format(
        media_type="application/vnd.oasis.opendocument.presentation",
        name="ODP",
        module="parsers.backends.odp",
    ),
    Format(media_type="application/rtf", name="RTF", module="parsers.backends.rtf"),
    Format(
        media_type="application/x-encrypted-office",
        name="Office files locked with a password",
        module="parsers.backends.office_crypto",
    ),
    Format(media_type="message/rfc822", name="EML", module="parsers.backends.eml", second=_UNSTRUCTURED),
    Format(media_type="application/mbox", name="MBOX", module="parsers.backends.mbox"),
    Format(media_type="application/zip", name="ZIP", module="parsers.backends.zip"),
    Format(media_type="application/vnd.ms-outlook", name="MSG", module="parsers.backends.msg"),
)

FORMATS: Final[Mapping[str, Format]] = {item.media_type: item for item in _FORMATS}


def open_document(path: Path, media_type: str, options: ParseOptions, *, second: bool = False) -> OpenDocument:
    """Open a file with the backend of its media type, or with the second one. Raises a `ParseError`."""
    known = format_of(media_type)
    module = known.second if second and known.second is not None else known.module
    return cast(Backend, importlib.import_module(module)).open_document(path, options)


def backend_module(media_type: str) -> str:
    """The module that reads files of this type. Raises `UnsupportedMediaType`."""
    return format_of(media_type).module


def format_of(media_type: str) -> Format:
    """What is known of this type. Raises `UnsupportedMediaType`."""
    known = FORMATS.get(media_type)
    if known is None:
        raise UnsupportedMediaType(f"Files of the type {media_type} cannot be parsed.")
    return known
