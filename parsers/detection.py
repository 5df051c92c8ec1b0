"""What kind of file this is, by its content: names and declared types are claims of whoever sent the bytes.

Runs on hostile bytes in the process of the API: it reads a bounded part of the file and unpacks next to nothing.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Final

from parsers.detection_packages import OLE_MAGIC, kind_of_ole, kind_of_zip
from parsers.detection_text import decode_head, kind_of_text
from parsers.errors import EmptyFile, UnsupportedMediaType
from parsers.formats import FORMATS, PDF
from parsers.media_types import ADVICE, DESCRIPTIONS, OCTETS, RTF

__all__ = ["PDF", "detect_media_type", "require_supported"]

HEAD_BYTES: Final = 64 * 1024
"""How much of the beginning of a file is looked at."""

_PDF_HEADER_WINDOW: Final = 1024
_PDF_OBJECT: Final = re.compile(rb"\d\s+\d+\s+obj\s*<<")
_ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK00PK\x03\x04")

_MAGIC: Final[tuple[tuple[bytes, int, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
    (b"II+\x00", 0, "image/tiff"),
    (b"MM\x00+", 0, "image/tiff"),
    (b"WEBP", 8, "image/webp"),
    (b"WAVE", 8, "audio/wav"),
    (b"AVI ", 8, "video/x-msvideo"),
    (b"{\\rtf", 0, RTF),
    (b"%!PS", 0, "application/postscript"),
    (b"\xc5\xd0\xd3\xc6", 0, "application/postscript"),
    (b"\x1f\x8b", 0, "application/gzip"),
    (b"BZh", 0, "application/x-bzip2"),
    (b"\xfd7zXZ\x00", 0, "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", 0, "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", 0, "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", 0, "application/vnd.rar"),
    (b"ustar", 257, "application/x-tar"),
    (b"SQLite format 3\x00", 0, "application/vnd.sqlite3"),
    (b"PAR1", 0, "application/vnd.apache.parquet"),
    (b"!BDN", 0, "application/vnd.ms-outlook-pst"),
    (b"\x78\x9f\x3e\x22", 0, "application/vnd.ms-tnef"),
    (b"\xd7\xcd\xc6\x9a", 0, "image/wmf"),
    (b" EMF", 40, "image/emf"),
    (b"8BPS", 0, "image/vnd.adobe.photoshop"),
    (b"AT&TFORM", 0, "image/vnd.djvu"),
    (b"\x00\x00\x00\x0cjP  ", 0, "image/jp2"),
    (b"ftypheic", 4, "image/heif"),
    (b"ftypmif1", 4, "image/heif"),
    (b"ftypavif", 4, "image/heif"),
    (b"ftyp", 4, "video/mp4"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"ID3", 0, "audio/mpeg"),
    (b"fLaC", 0, "audio/flac"),
    (b"OggS", 0, "application/ogg"),
    (b"\x7fELF", 0, "application/x-executable"),
)
# The lengths of the second header of a BMP ([MS-WMF] 2.2.2.3 and its later versions): "BM" alone begins many texts.
_BMP_HEADERS: Final = frozenset({12, 40, 52, 56, 64, 108, 124})
_RIFF_KINDS: Final = frozenset({"image/webp", "audio/wav", "video/x-msvideo"})


def detect_media_type(content: BinaryIO, name: str = "") -> str:
    """The media type of a file that is open for reading and can be sought; it is left at its beginning.

    The `name` decides only between kinds of text that the content leaves open (Markdown, CSV, plain text). A PDF may
    have up to 1,023 bytes of anything before its header (PDF 32000-1, implementation note 13 of Acrobat). Unknown
    binary content is `application/octet-stream`. Raises `EmptyFile` for a file of zero bytes.
    """
    content.seek(0)
    head = content.read(HEAD_BYTES)
    if not head:
        raise EmptyFile("The file is empty (0 bytes).")
    whole = len(head) < HEAD_BYTES
    try:
        return _kind(content, head, name, whole=whole)
    finally:
        content.seek(0)


def require_supported(media_type: str) -> None:
    """Raise `UnsupportedMediaType`, saying what the file is and what can be done with it."""
    if media_type in FORMATS:
        return
    description = DESCRIPTIONS.get(media_type, f"a file of type {media_type}")
    advice = ADVICE.get(media_type)
    advised = "" if advice is None else f"; {advice}"
    raise UnsupportedMediaType(f"This is {description}, which cannot be read{advised}.")


def _kind(content: BinaryIO, head: bytes, name: str, *, whole: bool) -> str:
    if head.startswith(_ZIP_MAGIC):
        return kind_of_zip(content, head)
    if head.startswith(OLE_MAGIC):
        return kind_of_ole(content)
    if b"%PDF-" in head[: _PDF_HEADER_WINDOW + 4]:
        return PDF
    for magic, offset, media_type in _MAGIC:
        if head.startswith(magic, offset) and (media_type not in _RIFF_KINDS or head.startswith(b"RIFF")):
            return media_type
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    text = decode_head(head)
    if text is None:
        return _binary_kind(head)
    return kind_of_text(text, name, whole=whole)


def _binary_kind(head: bytes) -> str:
    """A PDF may have lost its header; a reader that repairs it decides whether there is anything to read."""
    if head.startswith(b"MZ"):
        return "application/x-executable"
    return PDF if _PDF_OBJECT.search(head) else OCTETS
