"""Which kind of file is packed into a ZIP archive or a compound file (OLE): by the parts inside, read in bounds."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from parsers.archive_guard import ArchiveLimits, read_directory, read_member
from parsers.errors import ParseError
from parsers.media_types import (
    DOC,
    DOCX,
    ENCRYPTED_OFFICE,
    EPUB,
    MSG,
    ODP,
    ODS,
    ODT,
    OLE,
    PPT,
    PPTX,
    VISIO,
    XLS,
    XLSB,
    XLSX,
    ZIP,
)

OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_LIMITS: Final = ArchiveLimits()
_CONTENT_TYPES: Final = "[Content_Types].xml"
_CONTENT_TYPES_BYTES: Final = 1024**2
_MIMETYPE_BYTES: Final = 256
# The content type of the main part, in all variants: with macros, template, slide show (ISO/IEC 29500-1, 11 to 13).
_MAIN_PARTS: Final = (
    (re.compile(rb"wordprocessingml\.(document|template)\.main|ms-word\.\w+\.\w+\.main", re.I), DOCX),
    (re.compile(rb"ms-excel\.sheet\.binary", re.I), XLSB),
    (re.compile(rb"spreadsheetml\.(sheet|template)\.main|ms-excel\.\w+\.\w+\.main", re.I), XLSX),
    (re.compile(rb"presentationml\.(presentation|template|slideshow)\.main|ms-powerpoint\.\w+\.\w+\.main", re.I), PPTX),
    (re.compile(rb"ms-visio\.drawing", re.I), VISIO),
)
_FOLDERS: Final = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))
_IWORK: Final = "application/vnd.apple.iwork"
_JAR: Final = "application/java-archive"

# Byte order, sector shift; first sector of the directory; first sector and length of the list of FAT sectors.
_HEADER: Final = struct.Struct("<28x2H16xL16x2L")
_DIRECTORY_ENTRY: Final = struct.Struct("<64sHBB3L")
_ENTRY_BYTES: Final = 128
_HEADER_FAT_SECTORS: Final = 109
_MAX_CHAIN: Final = 512
_STREAMS: Final = (
    ("EncryptedPackage", ENCRYPTED_OFFICE),
    ("__properties_version1.0", MSG),
    ("WordDocument", DOC),
    ("PowerPoint Document", PPT),
    ("Workbook", XLS),
    ("Book", XLS),
)


def kind_of_zip(stream: BinaryIO, head: bytes) -> str:
    """The media type of a ZIP-based format, `ZIP` for any other archive, damaged ones included."""
    try:
        members = read_directory(stream, _LIMITS)
    except ParseError:
        return _kind_by_first_headers(head)
    names = {member.name for member in members}
    try:
        with zipfile.ZipFile(stream) as archive:
            declared = _declared_kind(archive, names)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        declared = None
    return declared or _kind_by_names(names)


def _declared_kind(archive: zipfile.ZipFile, names: set[str]) -> str | None:
    try:
        if "mimetype" in names:
            declared = read_member(archive, "mimetype", _MIMETYPE_BYTES).decode("ascii", errors="replace").strip()
            return _open_document_kind(declared)
        if _CONTENT_TYPES in names:
            types = read_member(archive, _CONTENT_TYPES, _CONTENT_TYPES_BYTES).replace(b"\0", b"")
            return next((kind for pattern, kind in _MAIN_PARTS if pattern.search(types)), None)
    except ParseError:
        return None
    return None


def _open_document_kind(declared: str) -> str | None:
    if declared == EPUB:
        return EPUB
    return next((kind for kind in (ODT, ODS, ODP) if declared in (kind, f"{kind}-template")), None)


def _kind_by_names(names: Iterable[str]) -> str:
    """By the folders that each format keeps its parts in."""
    known = set(names)
    if _CONTENT_TYPES in known:
        for folder, kind in _FOLDERS:
            if any(name.startswith(folder) for name in known):
                return kind
    if "META-INF/container.xml" in known:
        return EPUB
    if "Index/Document.iwa" in known or "Index.zip" in known:
        return _IWORK
    if "META-INF/MANIFEST.MF" in known:
        return _JAR
    return ZIP


def _kind_by_first_headers(head: bytes) -> str:
    """Of an archive without a directory: what it was once, so that the reader of that kind can say it is damaged."""
    position = head.find(b"mimetypeapplication/")
    if position >= 0:
        declared = re.match(rb"[\w.+-]+/[\w.+-]+", head[position + len(b"mimetype") :])
        for kind in (EPUB, ODT, ODS, ODP):
            if declared is not None and declared[0].startswith(kind.encode()):
                return kind
    names = re.findall(rb"PK\x03\x04.{26}([\x20-\x7e]{1,80})", head, re.S)
    for folder, kind in _FOLDERS:
        if any(name.startswith(folder.encode()) for name in names):
            return kind
    return ZIP


def kind_of_ole(stream: BinaryIO) -> str:
    """The media type of a compound file, by the streams in its root; `OLE` when they cannot be read."""
    try:
        names = set(_root_names(stream))
    except (struct.error, IndexError, OSError, ValueError, OverflowError):
        return OLE
    return next((kind for name, kind in _STREAMS if name in names), OLE)


def _root_names(stream: BinaryIO) -> Iterator[str]:
    """Names of the streams and storages in the root of a compound file ([MS-CFB] 2.6): a tree of siblings.

    Streams of the same names deeper inside belong to embedded files.
    """
    entries = _directory_entries(stream)
    waiting, seen = [entries[0][3]], set()
    while waiting:
        number = waiting.pop()
        if number in seen or number >= len(entries):
            continue
        seen.add(number)
        name, left, right, _ = entries[number]
        yield name
        waiting += [left, right]


def _directory_entries(stream: BinaryIO) -> list[tuple[str, int, int, int]]:
    """Name, left and right sibling and child of each entry, of as many sectors as a message has that is large."""
    stream.seek(0)
    header = stream.read(512)
    byte_order, shift, first, difat_start, difat_count = _HEADER.unpack_from(header)
    if byte_order != 0xFFFE or shift not in (9, 12):
        raise ValueError("not a compound file")
    size = 1 << shift
    fat = list(struct.unpack_from(f"<{_HEADER_FAT_SECTORS}L", header, 76))
    sector = difat_start
    for _ in range(min(difat_count, _MAX_CHAIN)):
        *more, sector = struct.unpack(f"<{size // 4}L", _sector(stream, sector, size))
        fat += more
    data = bytearray()
    sector = first
    for _ in range(_MAX_CHAIN):
        data += _sector(stream, sector, size)
        table = _sector(stream, fat[sector // (size // 4)], size)
        sector = struct.unpack_from("<L", table, sector % (size // 4) * 4)[0]
        if sector >= 0xFFFFFFFA:
            break
    entries = []
    for position in range(0, len(data), _ENTRY_BYTES):
        raw, length, _, _, left, right, child = _DIRECTORY_ENTRY.unpack_from(data, position)
        entries.append((raw[: max(0, length - 2)].decode("utf-16-le", errors="replace"), left, right, child))
    return entries


def _sector(stream: BinaryIO, number: int, size: int) -> bytes:
    stream.seek((number + 1) * size)
    data = stream.read(size)
    if len(data) < size:
        # The last sector of a file may be cut short; what is missing of it was never written.
        data = data.ljust(size, b"\0") if data else b""
    return data
