"""The pages that were read, kept small until the Document is assembled from them.

A decoded page of text takes some 40 KB, packed some 4. So only the first pages are kept as they are, and a document of
thousands of pages takes hardly more memory than one of a few dozen.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import msgspec

from parsers.reading import PageReading

_KEPT_READY = 64
_FASTEST = 1


class StoredReadings(Sequence[PageReading]):
    """The pages that could be read, in the order of the file, whatever order they came in; `failed` are the others.

    Each access to a page may decode it anew: go through them in passes, and hold no page longer than needed.
    """

    def __init__(self, readings: Iterable[PageReading] = ()) -> None:
        self.failed: list[PageReading] = []
        self._numbers: list[int] = []
        self._ready: dict[int, PageReading] = {}
        self._packed: dict[int, bytes] = {}
        self._decoder = msgspec.msgpack.Decoder(PageReading)
        for reading in readings:
            self.add(reading)

    def add(self, reading: PageReading) -> None:
        """Keep a page; its number must be new."""
        if reading.failed:
            self.failed.append(reading)
            return
        self._numbers.insert(bisect_left(self._numbers, reading.number), reading.number)
        self._keep(reading, ready=len(self._ready) < _KEPT_READY)

    def replace(self, reading: PageReading) -> None:
        """Keep a page in the place of the one with its number, which must be there."""
        self._keep(reading, ready=reading.number in self._ready)

    @property
    def numbers(self) -> frozenset[int]:
        """Of the pages that are there."""
        return frozenset(self._numbers)

    def page(self, number: int) -> PageReading:
        """The page with this number, which must be there."""
        return self._page(number)

    def _keep(self, reading: PageReading, *, ready: bool) -> None:
        if ready:
            self._ready[reading.number] = reading
        else:
            self._packed[reading.number] = zlib.compress(msgspec.msgpack.encode(reading), _FASTEST)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> PageReading: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[PageReading]: ...

    def __getitem__(self, index: int | slice) -> PageReading | Sequence[PageReading]:
        if isinstance(index, slice):
            return [self._page(number) for number in self._numbers[index]]
        return self._page(self._numbers[index])

    def __iter__(self) -> Iterator[PageReading]:
        return map(self._page, self._numbers)

    def _page(self, number: int) -> PageReading:
        ready = self._ready.get(number)
        return self._decoder.decode(zlib.decompress(self._packed[number])) if ready is None else ready
