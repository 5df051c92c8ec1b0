"""Loading what is kept in memory from the shard, a bit at a time, while searches and writes go on."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

from qdrant_edge import ScrollRequest

from retrieval.index.mirror import Mirror
from retrieval.index.payloads import RECORD, TEXT_KEYS, TOKENS_OF, decode_payload
from retrieval.model import IndexPoint

log = logging.getLogger(__name__)

_PAGE = 32


class MirrorLoader:
    """The mirror that answers (`ready`), if there is one, and the one that is being loaded.

    Points are read in the order of their ids. Every write goes to both mirrors: what is written behind the place of
    reading is there already, and what is written before it is not overwritten by what is read.
    """

    def __init__(self) -> None:
        self.ready: Mirror | None = None
        self._growing: Mirror | None = Mirror()
        self._next: Any = None
        self._started = time.monotonic()

    def add(self, points: Sequence[IndexPoint]) -> None:
        for mirror in self._mirrors():
            for point in points:
                mirror.add(point.id, point.tokens, point.payload)
        if self.ready is not None and self.ready.full:
            log.warning("The index has more points than are kept in memory; searches by words go to the engine.")
            self.ready = None

    def remove(self, ids: Iterable[str]) -> None:
        for mirror in self._mirrors():
            mirror.remove(ids)

    def load_some(self, shard: Any) -> bool:
        """Reads some points of the shard; whether there are more to read."""
        if self._growing is None:
            if self.ready is None or not self.ready.worn:
                return False
            self._growing, self._next, self._started = Mirror(), None, time.monotonic()
        growing = self._growing
        wanted = [*TEXT_KEYS, RECORD]
        request = ScrollRequest(offset=self._next, limit=_PAGE, with_payload=wanted, with_vector=False)
        page, self._next = shard.scroll(request)
        for record in page:
            if str(record.id) not in growing:
                payload = decode_payload(record.payload[RECORD])
                growing.add(str(record.id), record.payload.get(TOKENS_OF[payload.kind], "").split(), payload)
        if growing.full:
            self._growing = None
            return False
        if self._next is None:
            log.info("The index is in memory after %.1f s.", time.monotonic() - self._started)
            self.ready, self._growing = growing, None
        return self._growing is not None

    def _mirrors(self) -> list[Mirror]:
        return [mirror for mirror in (self.ready, self._growing) if mirror is not None]
