"""Files inside the OLE objects that office documents embed ([MS-OLEDS], [MS-CFB])."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Final

import olefile

_NATIVE: Final = "\x01Ole10Native"
_AS_THEY_ARE: Final = ("Package", "CONTENTS")  # an Open XML package; the PDF of Adobe's programs
_WHOLE: Final = ("WordDocument", "Workbook", "Book", "PowerPoint Document", "__properties_version1.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFile:
    """`name` is "" where the object does not say it."""

    name: str
    content: bytes


def embedded_file(data: bytes) -> EmbeddedFile | None:
    """The file that an OLE object holds; None where it holds none (an equation, a chart of older programs)."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            for stream in _AS_THEY_ARE:
                if container.exists(stream):
                    return EmbeddedFile(name="", content=container.openstream(stream).read())
            if container.exists(_NATIVE):
                return packaged_file(container.openstream(_NATIVE).read())
            whole = any(container.exists(stream) for stream in _WHOLE)
            return EmbeddedFile(name="", content=data) if whole else None
    except (OSError, ValueError, IndexError, struct.error):
        return None


def packaged_file(native: bytes) -> EmbeddedFile | None:
    """A file as Windows packs it: its length, a label, the path it came from, a path for unpacking, its bytes."""
    position = 6
    names = []
    for _ in range(2):
        end = native.index(b"\0", position)
        names.append(native[position:end].decode("cp1252", errors="replace"))
        position = end + 1
    position += 4
    (length,) = struct.unpack_from("<L", native, position)
    position += 4 + length
    (size,) = struct.unpack_from("<L", native, position)
    content = native[position + 4 : position + 4 + size]
    name = (names[0] or names[1]).replace("\\", "/").rpartition("/")[2]
    return EmbeddedFile(name=name, content=content) if content else None
