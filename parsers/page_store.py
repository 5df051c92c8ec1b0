"""Readings of pages that are kept by what the pages are made of: a page that was read before is not read again.

A reading is found again by the page's content (see `parsers.backends.pdf_keys`), the parser and its options, wherever
the page stands. The pictures of a page are kept by whoever keeps the readings.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import msgspec

from parsers.model import ImageReference
from parsers.reading import PageReading

_FASTEST = 1


class PageStore(Protocol):
    """Readings by their keys, packed as of `pack_reading`. Nothing that is not of the caller's may be in it."""

    def find(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Those that are there."""
        ...

    def keep(self, key: str, packed: bytes) -> None: ...

    def image(self, sha256: str) -> bytes | None:
        """A picture of a page that `find` gave; None if it is not there any more."""
        ...


def reading_keys(page_keys: Sequence[str], producer: str, options: str, declared_language: str | None) -> list[str]:
    """From what pages are made of to what their readings are kept by: everything else that decides what is read."""
    maker = f"{producer}\0{options}\0{declared_language is not None}"
    return [hashlib.sha256(f"{key}\0{maker}".encode()).hexdigest() for key in page_keys]


def pack_reading(reading: PageReading) -> bytes:
    """Without what reading it has cost: that is not spent again."""
    return zlib.compress(msgspec.msgpack.encode(replace(reading, cpu_seconds={})), _FASTEST)


def unpack_reading(packed: bytes, number: int) -> PageReading | None:
    """The reading, of a page that is now number `number`; None for what cannot be read."""
    try:
        reading = msgspec.msgpack.decode(zlib.decompress(packed), type=PageReading)
    except (zlib.error, msgspec.MsgspecError):
        return None
    findings = tuple(replace(finding, page=number) for finding in reading.findings)
    return replace(reading, number=number, findings=findings)


def pictures_of(reading: PageReading) -> list[ImageReference]:
    """Those that were handed on when the page was read."""
    images = [block.figure.image for block in reading.blocks if block.figure is not None]
    return [
        ImageReference(sha256=image.sha256, media_type=image.media_type, width=image.width, height=image.height)
        for image in images
        if image is not None and image.sha256 is not None
    ]
