"""`sourcespan scheduler`: tells the broker of jobs that wait, queues those of lost workers again, and keeps house.

Several may run; each piece of work is claimed in the catalog, or harmless when done twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing

from ingestion.catalog import Catalog
from ingestion.dispatch import BrokerUnavailable, Dispatcher
from ingestion.housekeeping import HouseKeeper
from retrieval.ports import VectorIndex
from services.cluster.broker import CeleryBroker
from services.cluster.start import open_catalog_when_there, say_alive
from services.cluster.tasks import OUTAGES
from services.index_parts import LiveIndex, connect_index, other_indexes
from services.profile import open_blobs
from services.settings import Settings

DISPATCH_SECONDS = 0.25
RECONCILE_SECONDS = 1.0
SWEEP_SECONDS = 60.0
HOUSEKEEPING_SECONDS = 3.0

_log = logging.getLogger(__name__)


def run(settings: Settings, stop: threading.Event) -> int:
    """Until asked to end."""
    if settings.redis_url is None:
        raise ValueError("the scheduler needs redis_url")
    with ExitStack() as opened:
        catalog = opened.enter_context(open_catalog_when_there(settings, stop))
        broker = opened.enter_context(closing(CeleryBroker(settings.redis_url)))
        house = opened.enter_context(closing(_House(settings, catalog)))
        dispatcher = Dispatcher(catalog, broker)

        def dispatch() -> None:
            say_alive(settings, "scheduler")
            dispatcher.dispatch()

        loops: list[tuple[str, float, Callable[[], object]]] = [
            ("dispatching", DISPATCH_SECONDS, dispatch),
            ("looking for lost workers", RECONCILE_SECONDS, catalog.queue.reconcile),
            ("sweeping the outbox", SWEEP_SECONDS, catalog.outbox.sweep),
            ("keeping house", HOUSEKEEPING_SECONDS, house.keep),
        ]
        with ThreadPoolExecutor(len(loops)) as threads:
            running = [threads.submit(_repeat, title, seconds, act, stop) for title, seconds, act in loops]
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            stop.set()
        for loop in ended:
            loop.result()
    return 0


class _House:
    """Kept with the index that is the live one."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog
        self._blobs = open_blobs(settings)
        self._live: LiveIndex | None = None
        self._index: VectorIndex | None = None
        self._keeper: HouseKeeper | None = None

    def keep(self) -> None:
        if self._keeper is None or self._live is None or self._live.switches != self._catalog.indexes.switches():
            self.close()
            self._live = LiveIndex.of(self._catalog)
            self._index = connect_index(self._settings, self._live.record)
            others = other_indexes(self._settings, self._catalog, self._live.record)
            self._keeper = HouseKeeper(self._catalog, self._blobs, self._index, others)
        self._keeper.keep_house()

    def close(self) -> None:
        self._keeper = None
        if self._index is not None:
            self._index.close()
            self._index = None


def _repeat(title: str, seconds: float, act: Callable[[], object], stop: threading.Event) -> None:
    """An outage is told once, and its end."""
    is_out = False
    while not stop.is_set():
        try:
            act()
            if is_out:
                _log.info("Going on with %s.", title)
            is_out = False
        except (BrokerUnavailable, *OUTAGES) as error:
            if not is_out:
                _log.warning("Waiting with %s: %s", title, error)
            is_out = True
        stop.wait(seconds)
