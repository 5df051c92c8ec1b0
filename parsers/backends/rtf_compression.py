"""The compression of RTF in Outlook messages ([MS-OXRTFCP]): LZ77 over a window that begins with common RTF."""

from __future__ import annotations

import struct
from typing import Final

from parsers.errors import DamagedDocument

_HEADER: Final = struct.Struct("<4L")
_COMPRESSED: Final = 0x75465A4C
_STORED: Final = 0x414C454D
_WINDOW: Final = 4096
_LARGEST: Final = 64 * 1024**2
_PRELOADED: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress_rtf(data: bytes) -> bytes:
    """The RTF; empty for no data. Raises `DamagedDocument` for what is neither compressed nor stored RTF."""
    if not data:
        return b""
    if len(data) < _HEADER.size:
        raise DamagedDocument("The text of the message is damaged.")
    _, size, kind, _ = _HEADER.unpack_from(data)
    if kind == _STORED:
        return data[_HEADER.size : _HEADER.size + size]
    if kind != _COMPRESSED:
        raise DamagedDocument("The text of the message is damaged.")
    return _unpack(data[_HEADER.size :], min(size, _LARGEST))


def _unpack(data: bytes, size: int) -> bytes:
    window = bytearray(_PRELOADED.ljust(_WINDOW, b"\0"))
    write, position = len(_PRELOADED), 0
    unpacked = bytearray()
    while position < len(data) and len(unpacked) < size:
        control = data[position]
        position += 1
        for bit in range(8):
            if control >> bit & 1:
                reference = int.from_bytes(data[position : position + 2], "big")
                position += 2
                offset, length = reference >> 4, (reference & 0xF) + 2
                if offset == write or position > len(data):
                    return bytes(unpacked)
                for step in range(length):  # byte by byte: a reference may reach into what it writes
                    unpacked.append(window[(offset + step) % _WINDOW])
                    window[write] = unpacked[-1]
                    write = (write + 1) % _WINDOW
            elif position < len(data):
                unpacked.append(data[position])
                window[write] = unpacked[-1]
                write, position = (write + 1) % _WINDOW, position + 1
    return bytes(unpacked[:size])
