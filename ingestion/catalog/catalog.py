"""The catalog as one object: its parts share one database."""

from __future__ import annotations

import time
from types import TracebackType

from ingestion.catalog.collections import Collections
from ingestion.catalog.database import Clock, Database
from ingestion.catalog.deletions import Deletions
from ingestion.catalog.documents import Documents
from ingestion.catalog.evaluations import Evaluations
from ingestion.catalog.idempotency import Idempotency
from ingestion.catalog.indexes import Indexes
from ingestion.catalog.jobs import Jobs
from ingestion.catalog.keys import Keys
from ingestion.catalog.living import Living
from ingestion.catalog.outbox import Outbox
from ingestion.catalog.profiles import Profiles
from ingestion.catalog.publishing import GRACE_SECONDS, Publishing
from ingestion.catalog.purging import Purging
from ingestion.catalog.queue import Queue
from ingestion.catalog.settings import Settings
from ingestion.catalog.views import Views


class Catalog:
    """Thread-safe; every call is one short transaction. Every process opens its own."""

    def __init__(
        self, database: Database, *, grace_seconds: float = GRACE_SECONDS, versions_kept: int | None = None
    ) -> None:
        self._database = database
        self.collections = Collections(database)
        self.profiles = Profiles(database)
        self.settings = Settings(database)
        self.documents = Documents(database)
        self.jobs = Jobs(database)
        self.queue = Queue(database)
        self.outbox = Outbox(database)
        self.views = Views(database)
        self.publishing = Publishing(database, grace_seconds)
        self.purging = Purging(database, grace_seconds, versions_kept)
        self.keys = Keys(database)
        self.idempotency = Idempotency(database)
        self.evaluations = Evaluations(database)
        self.deletions = Deletions(database)
        self.indexes = Indexes(database)
        self.living = Living(database)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Clock = time.time,
        grace_seconds: float = GRACE_SECONDS,
        versions_kept: int | None = None,
    ) -> Catalog:
        """`url` as SQLAlchemy has it (`sqlite:////data/catalog.db`). Brings the schema up to date first.

        `grace_seconds`: how long a retired parse stays in the index for queries that pinned it.
        `versions_kept`: how many versions of a document purges leave (None: all).
        """
        return cls(Database.open(url, clock), grace_seconds=grace_seconds, versions_kept=versions_kept)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
