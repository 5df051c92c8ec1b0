"""What kind of file this is, by its content: names and declared types are claims of whoever sent the bytes."""

from __future__ import annotations

from parsers.errors import EmptyFile, UnsupportedMediaType

PDF = "application/pdf"
SUPPORTED: frozenset[str] = frozenset({PDF})
HEAD_BYTES = 4096
"""How much of the beginning of a file `detect_media_type` wants to see."""

_PDF_HEADER_WINDOW = 1024
_OFFICE_XML = "application/vnd.openxmlformats-officedocument."
_OCTETS = "application/octet-stream"

_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"II*\x00", 0, "image/tiff"),
    (b"MM\x00*", 0, "image/tiff"),
    (b"WEBP", 8, "image/webp"),
    (b"BM", 0, "image/bmp"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "application/x-ole-storage"),
    (b"{\\rtf", 0, "application/rtf"),
    (b"%!PS", 0, "application/postscript"),
    (b"\x1f\x8b", 0, "application/gzip"),
    (b"BZh", 0, "application/x-bzip2"),
    (b"\xfd7zXZ\x00", 0, "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", 0, "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", 0, "application/vnd.rar"),
    (b"\x7fELF", 0, "application/x-executable"),
    (b"MZ", 0, "application/x-executable"),
)

_DESCRIPTIONS = {
    "image/png": "a PNG image",
    "image/jpeg": "a JPEG image",
    "image/gif": "a GIF image",
    "image/tiff": "a TIFF image",
    "image/webp": "a WebP image",
    "image/bmp": "a BMP image",
    "image/svg+xml": "an SVG image",
    "application/x-ole-storage": "a legacy or encrypted Office file (DOC, XLS, PPT, MSG)",
    "application/rtf": "an RTF document",
    "application/postscript": "a PostScript file",
    "application/gzip": "a gzip archive",
    "application/x-bzip2": "a bzip2 archive",
    "application/x-xz": "an xz archive",
    "application/x-7z-compressed": "a 7-Zip archive",
    "application/vnd.rar": "a RAR archive",
    "application/x-executable": "a program",
    "application/zip": "a ZIP archive",
    "application/epub+zip": "an EPUB book",
    "application/vnd.oasis.opendocument.text": "an OpenDocument text (ODT)",
    "application/vnd.oasis.opendocument.spreadsheet": "an OpenDocument spreadsheet (ODS)",
    "application/vnd.oasis.opendocument.presentation": "an OpenDocument presentation (ODP)",
    f"{_OFFICE_XML}wordprocessingml.document": "a Word document (DOCX)",
    f"{_OFFICE_XML}spreadsheetml.sheet": "an Excel workbook (XLSX)",
    f"{_OFFICE_XML}presentationml.presentation": "a PowerPoint presentation (PPTX)",
    "text/html": "an HTML page",
    "application/xml": "an XML file",
    "message/rfc822": "an e-mail message",
    "text/plain": "a plain text file",
    _OCTETS: "a file of unknown kind",
}


def detect_media_type(head: bytes, size: int) -> str:
    """Return the media type of a file from its first bytes (`HEAD_BYTES` of them are enough) and its size.

    A PDF may have up to 1,023 bytes of anything before its header (PDF 32000-1, implementation note 13 of Acrobat).
    Unknown binary content is `application/octet-stream`. Raises `EmptyFile` for a file of zero bytes.
    """
    if size == 0 or not head:
        raise EmptyFile("The file is empty (0 bytes).")
    if b"%PDF-" in head[: _PDF_HEADER_WINDOW + 4] and not head.startswith(b"PK\x03\x04"):
        return PDF
    for magic, offset, media_type in _MAGIC:
        if head.startswith(magic, offset):
            return media_type
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK00PK\x03\x04")):
        return _inside_zip(head)
    return _text_kind(head)


def require_supported(media_type: str) -> None:
    """Raise `UnsupportedMediaType`, saying what the file is and what this version reads."""
    if media_type not in SUPPORTED:
        description = _DESCRIPTIONS.get(media_type, f"a file of type {media_type}")
        raise UnsupportedMediaType(f"This is {description}; this version reads PDF.")


def _inside_zip(head: bytes) -> str:
    """Tell the ZIP-based formats apart by the first member names, which their writers keep in front."""
    if b"mimetypeapplication/" in head[:200]:
        declared = head[head.index(b"mimetypeapplication/") + 8 :][:80]
        for media_type in _DESCRIPTIONS:
            if media_type.startswith("application/") and declared.startswith(media_type.encode()):
                return media_type
    for folder, kind in (
        (b"word/", "wordprocessingml.document"),
        (b"xl/", "spreadsheetml.sheet"),
        (b"ppt/", "presentationml.presentation"),
    ):
        if folder in head:
            return _OFFICE_XML + kind
    return "application/zip"


def _text_kind(head: bytes) -> str:
    text = _decode_text(head)
    if text is None:
        return _OCTETS
    start = text.lstrip("\ufeff \t\r\n").lower()[:1024]
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "text/html"
    if start.startswith("<svg") or (start.startswith("<?xml") and "<svg" in start):
        return "image/svg+xml"
    if start.startswith("<?xml"):
        return "text/html" if "<html" in start else "application/xml"
    first_lines = start.split("\n")[:30]
    names = {line.split(":", 1)[0] for line in first_lines if ":" in line[:40]}
    if len(names & {"from", "to", "subject", "date", "received", "message-id", "mime-version", "return-path"}) >= 2:
        return "message/rfc822"
    return "text/plain"


def _decode_text(head: bytes) -> str | None:
    """Decode what looks like text; None for anything with control characters that text does not have."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="replace")
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 or byte == 127 for byte in head)
    if controls:
        return None
    try:
        # The head may end inside a character, which is no reason to call the file binary.
        return head[: max(1, len(head) - 3)].decode("utf-8", errors="strict") if len(head) > 3 else head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return head.decode("utf-8", errors="replace")
        high = sum(byte >= 0x80 for byte in head)
        return head.decode("latin-1") if high <= len(head) * 0.3 else None
