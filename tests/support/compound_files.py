"""Compound files (OLE) written by hand: a directory of streams, which is all that their kind is told by."""

from __future__ import annotations

import struct

_SECTOR = 512
_FREE, _END, _FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound_file(*streams: str, inner: tuple[str, ...] = ()) -> bytes:
    """A compound file with empty streams in its root, and `inner` ones in a storage of its own."""
    entries: list[bytes] = []

    def add(name: str, kind: int, *, right: int = _FREE, child: int = _FREE) -> None:
        raw = name.encode("utf-16-le") + b"\0\0"
        entries.append(
            struct.pack("<64sHBB3L", raw, len(raw), kind, 1, _FREE, right, child) + bytes(36) + struct.pack("<LQ", 0, 0)
        )

    root = [*streams, *(["ObjectPool"] if inner else [])]
    add("Root Entry", 5, child=1)
    for number, name in enumerate(root, start=1):
        last = number == len(root)
        add(name, 2 if name in streams else 1, right=_FREE if last else number + 1,
            child=len(root) + 1 if last and inner else _FREE)  # fmt: skip
    for number, name in enumerate(inner, start=len(root) + 1):
        add(name, 2, right=_FREE if number == len(root) + len(inner) else number + 1)
    data = b"".join(entries)
    data += bytes(-len(data) % _SECTOR)
    sectors = len(data) // _SECTOR
    fat = [_FAT_SECTOR, *range(2, sectors + 1), _END]
    header = struct.pack("<8s16xHHHHH6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 62, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9L", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109L", 0, *[_FREE] * 108)
    return header + struct.pack(f"<{len(fat)}L", *fat).ljust(_SECTOR, b"\xff") + data
