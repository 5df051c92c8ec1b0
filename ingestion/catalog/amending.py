"""Changing what is said of a document, and not its bytes: its name, its title, its attributes.

The catalog has the change at once: answers and listings show it. What the index holds of it (attributes to filter by,
the words of the title) is written again by a job from the stored parse and vectors:

| the newest job        | what happens                                                                    |
| --------------------- | ------------------------------------------------------------------------------- |
| waits                 | it takes the change along                                                       |
| runs                  | it goes on and publishes what it began with; a job after it writes the change   |
| has ended             | a job writes the change, where something of the document is live                |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, select, update

from ingestion.attributes import check_attributes, check_document_name, check_title
from ingestion.catalog.acceptance import add_job, living, named, new_job_id
from ingestion.catalog.counters import next_change
from ingestion.catalog.rows import document_record, document_rows
from ingestion.catalog.stored import attributes_in, attributes_out, schema_out
from ingestion.catalog.tables import collections, document_versions, documents, jobs, parses
from ingestion.errors import DocumentNotFound, InvalidName, NameTaken
from ingestion.model import ACTIVE_STATES, INDEX_AGAIN, SEARCHABLE_STATES, DocumentRecord, JobState

INSIDE = "!/"
"""Between the name of a document and that of one found in its file; see `ingestion.children`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What is to change. None: stays as it is; an attribute of None: is taken away; others stay.

    A new `name` gives a new title, unless `title` names one.
    """

    name: str | None = None
    title: str | None = None
    attributes: Mapping[str, object | None] | None = None
    business_unit: str | None = None


def amend(connection: Connection, tenant: str, document_id: str, change: Amendment, now: float) -> DocumentRecord:
    """The document as it is then. Runs inside the caller's writing transaction.

    Raises DocumentNotFound, InvalidName, InvalidAttributes, NameTaken if another document of the collection has the
    name.
    """
    row = _locked(connection, tenant, document_id)
    values = _renamed(connection, row, change) | _attributes(connection, row, change)
    values = {key: value for key, value in values.items() if value != row[key]}
    if values:
        if "name" in values:
            _rename_children(connection, row["id"], row["name"], values["name"])
        values |= {
            "attributes_revision": row["attributes_revision"] + 1,
            "updated_at": now,
            "change": next_change(connection),
        }
        connection.execute(update(documents).where(documents.c.id == document_id).values(**values))
        _index_again(connection, {**row, **values}, change.business_unit, now)
    return document_record(connection.execute(document_rows().where(documents.c.id == document_id)).mappings().one())


def _locked(connection: Connection, tenant: str, document_id: str) -> RowMapping:
    wanted = and_(documents.c.id == document_id, documents.c.tenant == tenant, documents.c.deleted_at.is_(None))
    row = connection.execute(select(documents).where(wanted).with_for_update()).mappings().first()
    if row is None:
        raise DocumentNotFound(document_id)
    return row


def _renamed(connection: Connection, row: RowMapping, change: Amendment) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.name is not None and change.name != row["name"]:
        check_document_name(change.name)
        if living(connection, row["collection_id"], change.name) is not None:
            raise NameTaken(change.name)
        values |= named(change.name)
    if change.title is not None:
        values["title"] = check_title(change.title)
    return values


def _attributes(connection: Connection, row: RowMapping, change: Amendment) -> dict[str, Any]:
    if change.attributes is None:
        return {}
    stored = select(collections.c.attributes).where(collections.c.id == row["collection_id"])
    schema = schema_out(connection.execute(stored).scalar_one())
    known = {key: value for key, value in attributes_out(row["attributes"]).items() if key in schema}
    merged: dict[str, object | None] = {**known, **change.attributes}
    check_attributes({key: "" for key in merged if key not in schema}, schema)
    values = {key: value for key, value in merged.items() if value is not None}
    return {"attributes": attributes_in(check_attributes(values, schema))}


def _rename_children(connection: Connection, parent: str, old: str, new: str) -> None:
    """What was found in the document's file is named after it, and keeps its identity, too. A name that would be too
    long stays."""
    inside = and_(documents.c.parent_id == parent, documents.c.deleted_at.is_(None))
    for row in connection.execute(select(documents).where(inside)).mappings().all():
        name = new + row["name"].removeprefix(old)
        try:
            taken = living(connection, row["collection_id"], check_document_name(name)) is not None
        except InvalidName:
            continue
        if not row["name"].startswith(old + INSIDE) or taken:
            continue
        values = {"name": name, "source_uri": named(name)["source_uri"], "change": next_change(connection)}
        connection.execute(update(documents).where(documents.c.id == row["id"]).values(**values))
        _rename_children(connection, row["id"], row["name"], name)


def _index_again(connection: Connection, document: Mapping[str, Any], business_unit: str | None, now: float) -> None:
    newest = connection.execute(select(jobs).where(jobs.c.id == document["job_id"])).mappings().one()
    waiting = newest["state"] == JobState.QUEUED and not newest["cancel_requested"]
    if waiting or newest["state"] not in ACTIVE_STATES | SEARCHABLE_STATES:
        # Also one that failed, or was called off: it may be tried again.
        said = {"attributes": document["attributes"], "attributes_revision": document["attributes_revision"]}
        connection.execute(update(jobs).where(jobs.c.id == newest["id"]).values(**said))
    if waiting:
        return
    job = {**document, "job_id": new_job_id(), "parse_revision": INDEX_AGAIN}
    if newest["state"] in ACTIVE_STATES | SEARCHABLE_STATES:
        connection.execute(update(documents).where(documents.c.id == document["id"]).values(job_id=job["job_id"]))
    else:
        live = _live_version(connection, document)
        if live is None:
            return
        job |= live
    add_job(connection, job, now, priority=0, business_unit=business_unit)


def _live_version(connection: Connection, document: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is live is of an earlier version than the one that could not be taken in."""
    live = and_(
        parses.c.document_id == document["id"],
        parses.c.generation == document["generation"],
        parses.c.live_until_epoch.is_(None),
    )
    statement = (
        select(parses.c.version_number, parses.c.sha256, document_versions.c.media_type)
        .join(
            document_versions,
            and_(
                document_versions.c.document_id == parses.c.document_id,
                document_versions.c.generation == parses.c.generation,
                document_versions.c.number == parses.c.version_number,
            ),
        )
        .where(live)
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else dict(row)
