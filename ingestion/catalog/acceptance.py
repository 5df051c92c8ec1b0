"""Taking in bytes under a name: a new document, a new version, changed attributes, or nothing to do.

| what is there            | bytes | attributes | what happens                                                        |
| ------------------------ | ----- | ---------- | ------------------------------------------------------------------- |
| no document, or deleted  | –     | –          | a (new) life of the document with version 1, and a job              |
| a document               | new   | –          | the next version, and a job; older jobs are called off              |
| a document               | same  | changed    | a job that indexes again from the stored parse; no new version      |
| a document, job failed   | same  | same       | a new job for the same version                                      |
| a document               | same  | same       | nothing: `unchanged`                                                |

Changed attributes are indexed again rather than patched into the payload, since the index port has no partial update;
the parse and the vectors are reused, so this costs writes only. See `catalog.amending` for changes without bytes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, RowMapping, and_, insert, select, update

from ingestion.attributes import check_attributes, check_document_name, title_of
from ingestion.catalog.collections import collection_id
from ingestion.catalog.counters import next_change
from ingestion.catalog.outbox import enqueue
from ingestion.catalog.rows import document_record, document_rows, job_record, job_rows
from ingestion.catalog.stored import attributes_in, attributes_out, cost_in, schema_out
from ingestion.catalog.tables import collections, document_versions, documents, jobs
from ingestion.catalog.tombstones import stop_jobs
from ingestion.errors import CollectionNotFound
from ingestion.model import ACTIVE_STATES, SEARCHABLE_STATES, Accepted, Cost, JobState, WorkQueue
from retrieval.model import AttributeValue

SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What a caller brings. `attributes=None`: keep those the document has. `priority`: smaller is sooner.

    `parent_id` and `depth` are of a document that was found inside another one's file. A password is sealed already.
    """

    tenant: str
    collection: str
    name: str
    sha256: str
    size: int
    media_type: str
    attributes: Mapping[str, object] | None = None
    business_unit: str | None = None
    priority: int = 0
    parent_id: str | None = None
    depth: int = 0
    sealed_password: str | None = None


def document_id(tenant: str, collection: str, source_key: str) -> str:
    return "doc_" + hashlib.sha256(f"{tenant}\0{collection}\0{source_key}".encode()).hexdigest()[:24]


def living(connection: Connection, collection: str, name: str) -> RowMapping | None:
    """The document that has the name in the collection (by its id) now, however it was called when it came."""
    wanted = and_(documents.c.collection_id == collection, documents.c.name == name, documents.c.deleted_at.is_(None))
    return connection.execute(select(documents).where(wanted)).mappings().first()


def accept(connection: Connection, upload: Upload, now: float) -> Accepted:
    """Raises CollectionNotFound, InvalidName, InvalidAttributes. Runs inside the caller's writing transaction."""
    collection = _collection(connection, upload)
    check_document_name(upload.name)
    schema = schema_out(collection["attributes"])
    given = None if upload.attributes is None else check_attributes(upload.attributes, schema)
    row = living(connection, collection["id"], upload.name)
    if row is None:
        identity, buried = _unused_identity(connection, upload)
        _begin_life(connection, upload, identity, collection["id"], buried, given or {}, now)
        return _accepted(connection, identity, unchanged=False)
    identity = row["id"]
    attributes = attributes_out(row["attributes"]) if given is None else given
    same_bytes = row["sha256"] == upload.sha256
    same_attributes = attributes == attributes_out(row["attributes"])
    if same_bytes and same_attributes and _is_served(connection, row["job_id"]):
        return _accepted(connection, identity, unchanged=True)
    _change(connection, upload, row, attributes, same_bytes, same_attributes, now)
    return _accepted(connection, identity, unchanged=False)


def _collection(connection: Connection, upload: Upload) -> RowMapping:
    wanted = and_(
        collections.c.id == collection_id(upload.tenant, upload.collection), collections.c.deleted_at.is_(None)
    )
    row = connection.execute(select(collections).where(wanted)).mappings().first()
    if row is None:
        raise CollectionNotFound(upload.collection)
    return row


def _unused_identity(connection: Connection, upload: Upload) -> tuple[str, RowMapping | None]:
    """The id that the name gives, and what is buried under it. A document that came under the name and was renamed
    keeps its id: the next one gets another."""
    for number in count():
        key = upload.name if number == 0 else f"{upload.name}\0{number}"
        identity = document_id(upload.tenant, upload.collection, key)
        row = connection.execute(select(documents).where(documents.c.id == identity)).mappings().first()
        if row is None or row["deleted_at"] is not None:
            return identity, row
    raise AssertionError("numbers do not end")


def _is_served(connection: Connection, job_id: str) -> bool:
    """The newest job has taken the bytes in, or is about to."""
    statement = select(jobs.c.state, jobs.c.cancel_requested).where(jobs.c.id == job_id)
    state, cancelling = connection.execute(statement).one()
    return state in SEARCHABLE_STATES or (state in ACTIVE_STATES and not cancelling)


def named(name: str) -> dict[str, str]:
    """What a document has of its name."""
    return {"name": name, "source_uri": "upload:///" + quote(name), "title": title_of(name)}


def _begin_life(
    connection: Connection,
    upload: Upload,
    identity: str,
    collection: str,
    buried: RowMapping | None,
    attributes: Mapping[str, AttributeValue],
    now: float,
) -> None:
    generation = 1 if buried is None else buried["generation"] + 1
    revision = 1 if buried is None else buried["attributes_revision"] + 1
    job_id = new_job_id()
    values: dict[str, Any] = {
        **named(upload.name),
        "parent_id": upload.parent_id,
        "depth": upload.depth,
        "generation": generation,
        "version_number": 1,
        "attributes": attributes_in(attributes),
        "attributes_revision": revision,
        "sha256": upload.sha256,
        "size": upload.size,
        "media_type": upload.media_type,
        "job_id": job_id,
        "live_parse_id": None,
        "live_sha256": None,
        "created_at": now,
        "updated_at": now,
        "deleted_at": None,
        "change": next_change(connection),
    }
    if buried is None:
        fixed = {
            "id": identity,
            "collection_id": collection,
            "tenant": upload.tenant,
        }
        connection.execute(insert(documents).values(**fixed, **values))
    else:
        connection.execute(update(documents).where(documents.c.id == identity).values(**values))
    _add_version(connection, upload, identity, generation, 1, now)
    of_document = {"id": identity, "collection_id": collection, "tenant": upload.tenant, **values}
    add_job(connection, of_document, now, priority=upload.priority, business_unit=upload.business_unit)


def _change(
    connection: Connection,
    upload: Upload,
    row: RowMapping,
    attributes: Mapping[str, AttributeValue],
    same_bytes: bool,
    same_attributes: bool,
    now: float,
) -> None:
    stop_jobs(
        connection,
        jobs.c.document_id == row["id"],
        now,
        SUPERSEDED,
        "The document was uploaded again before this job ended.",
    )
    values: dict[str, Any] = {
        "generation": row["generation"],
        "version_number": row["version_number"] + (0 if same_bytes else 1),
        "attributes": attributes_in(attributes),
        "attributes_revision": row["attributes_revision"] + (0 if same_attributes else 1),
        "sha256": upload.sha256,
        "size": upload.size,
        "media_type": upload.media_type,
        "job_id": new_job_id(),
        "updated_at": now,
        "change": next_change(connection),
    }
    connection.execute(update(documents).where(documents.c.id == row["id"]).values(**values))
    if not same_bytes:
        _add_version(connection, upload, row["id"], row["generation"], values["version_number"], now)
    elif upload.sealed_password is not None:
        of_version = and_(
            document_versions.c.document_id == row["id"],
            document_versions.c.generation == row["generation"],
            document_versions.c.number == values["version_number"],
        )
        connection.execute(update(document_versions).where(of_version).values(sealed_password=upload.sealed_password))
    add_job(connection, {**row, **values}, now, priority=upload.priority, business_unit=upload.business_unit)


def _add_version(
    connection: Connection, upload: Upload, identity: str, generation: int, number: int, now: float
) -> None:
    connection.execute(
        insert(document_versions).values(
            document_id=identity,
            generation=generation,
            number=number,
            sha256=upload.sha256,
            size=upload.size,
            media_type=upload.media_type,
            created_at=now,
            sealed_password=upload.sealed_password,
        )
    )


def add_job(
    connection: Connection, document: Mapping[str, Any], now: float, *, priority: int, business_unit: str | None
) -> None:
    """Queue the job `document["job_id"]` for the version that the document's values name. A `parse_revision` among
    them is the job's (`model.INDEX_AGAIN`); else it has the newest of its version."""
    connection.execute(
        insert(jobs).values(
            id=document["job_id"],
            tenant=document["tenant"],
            collection_id=document["collection_id"],
            document_id=document["id"],
            generation=document["generation"],
            version_number=document["version_number"],
            parse_revision=document["parse_revision"]
            if "parse_revision" in document
            else newest_revision(connection, document),
            attributes_revision=document["attributes_revision"],
            sha256=document["sha256"],
            media_type=document["media_type"],
            attributes=document["attributes"],
            state=JobState.QUEUED,
            priority=priority,
            attempts=0,
            waits=0,
            lost_leases=0,
            not_before=now,
            lease_token=0,
            cancel_requested=False,
            pages_done=0,
            cost=cost_in(Cost()),
            business_unit=business_unit,
            created_at=now,
        )
    )
    enqueue(connection, document["job_id"], WorkQueue.PARSE)


def newest_revision(connection: Connection, document: Mapping[str, Any]) -> int:
    """A repeated parse (see `Jobs.retry`) stays the one of its version."""
    statement = (
        select(jobs.c.parse_revision)
        .where(
            and_(
                jobs.c.document_id == document["id"],
                jobs.c.generation == document["generation"],
                jobs.c.version_number == document["version_number"],
            )
        )
        .order_by(jobs.c.parse_revision.desc())
        .limit(1)
    )
    return max(connection.execute(statement).scalar() or 0, 0)


def _accepted(connection: Connection, identity: str, *, unchanged: bool) -> Accepted:
    document = document_record(connection.execute(document_rows().where(documents.c.id == identity)).mappings().one())
    job = job_record(connection.execute(job_rows().where(jobs.c.id == document.job_id)).mappings().one())
    return Accepted(document=document, job=job, unchanged=unchanged)


def new_job_id() -> str:
    return "job_" + uuid.uuid4().hex[:24]
