"""Files inside a PDF: those it embeds as a whole, and those pinned to a place on a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from parsers.backends.mupdf import pymupdf
from parsers.plain_text import clean_text

_MOST: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """`index` is its number among the embedded files; `stream` the number of the object that holds a pinned one."""

    name: str
    index: int | None = None
    stream: int | None = None


def find_attachments(document: Any, faults: tuple[type[Exception], ...]) -> list[Attachment]:
    """The files in an open PDF, embedded ones first, each once; what cannot be listed is as good as not there.

    `faults` is what MuPDF raises on damaged files.
    """
    found: list[Attachment] = []
    known: set[tuple[str, int]] = set()
    try:
        for index in range(min(document.embfile_count(), _MOST)):
            properties = document.embfile_info(index)
            stored = str(properties.get("ufilename") or properties.get("filename") or properties.get("name") or "")
            known.add((stored, properties.get("length", -1)))
            found.append(Attachment(name=_shown(stored, len(found)), index=index))
        for stored, stream, length in _pinned(document):
            if len(found) < _MOST and (stored, length) not in known:
                known.add((stored, length))
                found.append(Attachment(name=_shown(stored, len(found)), stream=stream))
    except faults:
        return found
    return found


def read_attachment(document: Any, attachment: Attachment) -> bytes:
    """The bytes of an attachment. Raises what MuPDF raises."""
    if attachment.stream is None:
        embedded: bytes = document.embfile_get(attachment.index)
        return embedded
    pinned: bytes = document.xref_stream(attachment.stream)
    return pinned


def _pinned(document: Any) -> Iterator[tuple[str, int, int]]:
    """Name, object number and stored length of the files of annotations, page by page (ISO 32000-2, 12.5.6.15)."""
    for number in range(document.page_count):
        for annotation, kind, *_ in document.page_annot_xrefs(number):
            if kind != pymupdf.PDF_ANNOT_FILE_ATTACHMENT:
                continue
            stream = _reference(document, annotation, "FS/EF/UF") or _reference(document, annotation, "FS/EF/F")
            if stream is not None and document.xref_is_stream(stream):
                length = document.xref_get_key(stream, "Length")[1]
                yield _name(document, annotation), stream, int(length) if length.isdecimal() else -1


def _reference(document: Any, number: int, key: str) -> int | None:
    kind, value = document.xref_get_key(number, key)
    return int(value.split()[0]) if kind == "xref" else None


def _name(document: Any, annotation: int) -> str:
    for key in ("FS/UF", "FS/F"):
        kind, value = document.xref_get_key(annotation, key)
        if kind == "string" and value:
            return str(value)
    return ""


def _shown(stored: str, number: int) -> str:
    return clean_text(stored).replace("/", " ").strip() or f"attachment {number + 1}"
