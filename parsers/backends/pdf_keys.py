"""What a page of a PDF is made of, as a hash: two pages with the same one look the same, in whatever file they stand.

Hashed are the page's objects: its content, fonts, images, annotations, size and rotation. A reference counts as the
hash of what it leads to, never as its number in the file, and a stream as what it unpacks to: a program that writes the
file anew numbers and packs its objects anew. What leads out of the page (its parents, other pages, the tree of tags)
does not count.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

_VISITS = 1_000_000
"""More objects to look at, over all pages, than any honest document has: no keys are made then."""

_UNPACKED_BYTES = 16 * 1024**2
"""Streams that are larger as they are stored count as they are stored."""

_REFERENCE = re.compile(r"\b(\d+) 0 R\b")
_OUTSIDE = re.compile(r"/Type\s*/(?:Page|Pages|Catalog|StructElem|StructTreeRoot|Popup)\b")
# Where a page stands, what was noted of it, and the way back from what is on it.
_LEFT_OUT = re.compile(
    r"/(?:Parent|P|Popup|IRT|B|Metadata|Thumb|PieceInfo)\s*(?:\d+ 0 R|null)|/Struct(?:Parents?)\s*\d+"
    r"|/LastModified\s*\([^)]*\)|/Length\s*(?:\d+ 0 R|\d+)"
)
_FILTER = re.compile(r"/(?:Filter|DecodeParms)\s*(?:/\w+|<<[^<>]*>>|\[[^\]]*\])")
_OF_PICTURES = re.compile(r"/(?:DCT|JPX|CCITTFax|JBIG2)Decode|/(?:DCT|CCF)\b")
_INHERITED = ("Resources", "MediaBox", "CropBox", "Rotate")
_DEEPEST = 64


class _TooLarge(Exception):
    pass


def page_keys(document: Any) -> list[str]:
    """A SHA-256 for each page of an open `pymupdf.Document`; none for a file with more, or deeper, objects than any
    honest one. Raises what MuPDF does on objects that are damaged."""
    objects = _Objects(document)
    try:
        optional, _ = objects.digest(document.xref_get_key(document.pdf_catalog(), "OCProperties")[1], ())
        return [_page_key(document, objects, number, optional) for number in range(document.page_count)]
    except _TooLarge:
        return []


def _page_key(document: Any, objects: _Objects, number: int, optional: bytes) -> str:
    page = document.page_xref(number)
    text = document.xref_object(page, compressed=True)
    inherited = [f"/{key} {_inherited(document, page, key)}" for key in _INHERITED if f"/{key}" not in text]
    digest, _ = objects.digest(_LEFT_OUT.sub("", text + "".join(inherited)), (page,))
    return hashlib.sha256(optional + digest).hexdigest()


def _inherited(document: Any, xref: int, key: str) -> str:
    for _ in range(_DEEPEST):
        kind, parent = document.xref_get_key(xref, "Parent")
        if kind != "xref":
            break
        xref = int(parent.split()[0])
        kind, value = document.xref_get_key(xref, key)
        if kind != "null":
            return str(value)
    return "null"


class _Objects:
    """The objects of a file, each hashed once; those that lead back to where one came from, at each visit."""

    def __init__(self, document: Any) -> None:
        self._document = document
        self._known: dict[int, bytes] = {}
        self._visits = 0

    def digest(self, text: str, path: tuple[int, ...], stream: bytes = b"") -> tuple[bytes, bool]:
        """Of an object's text and all that it leads to; `path` led here. True where something led back into the path:
        then this holds for this path only. Raises `_TooLarge`."""
        self._visits += 1
        if self._visits > _VISITS or len(path) > _DEEPEST:
            raise _TooLarge
        digest, led_back = hashlib.sha256(stream), False
        parts = _REFERENCE.split(text)
        for number, part in enumerate(parts):
            if number % 2 == 0:
                digest.update(part.encode("utf-8", "surrogatepass"))
                continue
            target, leads_back = self._object(int(part), path)
            digest.update(target)
            led_back |= leads_back
        return digest.digest(), led_back

    def _object(self, xref: int, path: tuple[int, ...]) -> tuple[bytes, bool]:
        known = self._known.get(xref)
        if known is not None:
            return known, False
        if xref in path:
            return b"back %d" % path[::-1].index(xref), True
        if not 0 < xref < self._document.xref_length():
            return b"null", False
        text = self._document.xref_object(xref, compressed=True)
        if _OUTSIDE.search(text):
            return b"outside", False
        stream, text = self._stream(xref, _LEFT_OUT.sub("", text))
        digest, led_back = self.digest(text, (*path, xref), stream)
        if not led_back:
            self._known[xref] = digest
        return digest, led_back

    def _stream(self, xref: int, text: str) -> tuple[bytes, str]:
        """The hash of the object's stream, and the rest of its text."""
        if not self._document.xref_is_stream(xref):
            return b"", text
        stored = self._document.xref_stream_raw(xref) or b""
        if len(stored) > _UNPACKED_BYTES or _OF_PICTURES.search(text):
            return hashlib.sha256(stored).digest(), text
        unpacked = self._document.xref_stream(xref) or b""
        return hashlib.sha256(unpacked).digest(), _FILTER.sub("", text)
