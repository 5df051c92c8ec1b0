"""The catalog's counters: what readers ask first, to know whether what they remember still holds.

`epoch` rises with every publication (see `catalog.publishing`), `settings` with every change of a collection or of what
belongs to one (schema, languages, profile), `changes` with every change of a document that searching must know of:
the document keeps the number; `indexes` with every switch of the index that questions go to. A writer holds the
counter's row until it commits, so the numbers come out in order.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from ingestion.catalog.database import Database
from ingestion.catalog.tables import epochs

_EPOCH, _SETTINGS, _CHANGES, _INDEXES = 1, 2, 3, 4
_READ = "SELECT value FROM epochs ORDER BY id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    epoch: int
    settings: int
    changes: int
    indexes: int


def read_counters(database: Database) -> Counters:
    """About ten microseconds: every question asks."""
    (epoch,), (settings,), (changes,), (indexes,) = database.look(_READ)
    return Counters(epoch=epoch, settings=settings, changes=changes, indexes=indexes)


def read_epoch(connection: Connection) -> int:
    return int(connection.execute(select(epochs.c.value).where(epochs.c.id == _EPOCH)).scalar_one())


def lock_epoch(connection: Connection) -> None:
    """Until this transaction ends nothing is published, and the index is not switched."""
    connection.execute(select(epochs.c.value).where(epochs.c.id == _EPOCH).with_for_update())


def next_epoch(connection: Connection) -> int:
    return _next(connection, _EPOCH)


def settings_changed(connection: Connection) -> None:
    _next(connection, _SETTINGS)


def next_change(connection: Connection) -> int:
    """For `documents.change` of what is written in the same transaction."""
    return _next(connection, _CHANGES)


def index_switched(connection: Connection) -> None:
    _next(connection, _INDEXES)


def _next(connection: Connection, counter: int) -> int:
    connection.execute(update(epochs).where(epochs.c.id == counter).values(value=epochs.c.value + 1))
    return int(connection.execute(select(epochs.c.value).where(epochs.c.id == counter)).scalar_one())
