"""Pages that were read for a tenant before, by what they are made of: of a new version only what changed is read.

A parse keeps the readings of its pages in numbered packs, `pages/<parse_id>-<n>`, written as it goes; so a parse that
was cut short goes on where it was. They are found through the parse itself and the one that is live of the document,
hold a few kilobytes a page, and go with the parse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from ingestion.artefacts import Artefacts
from ingestion.errors import BlobMissing
from ingestion.model import SCHEMA_VERSION

PAGES_PER_PACK = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pack:
    schema_version: int
    pages: dict[str, bytes]


class PageCache:
    """A `parsers.page_store.PageStore` for one parse of one tenant. `flush` it, also when the parse came to nothing.

    `others` are parses of the same tenant that may have the same pages.
    """

    def __init__(self, artefacts: Artefacts, tenant: str, parse_id: str, others: Iterable[str] = ()) -> None:
        self._artefacts = artefacts
        self._tenant = tenant
        self._parse = parse_id
        self._sources = list(dict.fromkeys((parse_id, *others)))
        self._own: set[str] = set()
        self._packs = 0
        self._waiting: dict[str, bytes] = {}

    def find(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        wanted = set(keys)
        found: dict[str, bytes] = {}
        for source in self._sources:
            for pack in self._read(source):
                if source == self._parse:
                    self._own.update(pack)
                    self._packs += 1
                found.update({key: packed for key, packed in pack.items() if key in wanted})
        return found

    def keep(self, key: str, packed: bytes) -> None:
        if key in self._own:
            return
        self._own.add(key)
        self._waiting[key] = packed
        if len(self._waiting) >= PAGES_PER_PACK:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            pack = msgspec.msgpack.encode(_Pack(schema_version=SCHEMA_VERSION, pages=self._waiting))
            self._artefacts.write_pages(self._tenant, self._parse, self._packs, pack)
            self._packs += 1
            self._waiting = {}

    def image(self, sha256: str) -> bytes | None:
        for source in self._sources:
            try:
                return self._artefacts.read_image(self._tenant, source, sha256)
            except BlobMissing:
                continue
        return None

    def _read(self, parse_id: str) -> Iterator[Mapping[str, bytes]]:
        for content in self._artefacts.read_pages(self._tenant, parse_id):
            try:
                pack = msgspec.msgpack.decode(content, type=_Pack)
            except msgspec.MsgspecError:
                yield {}
                continue
            yield pack.pages if pack.schema_version == SCHEMA_VERSION else {}
