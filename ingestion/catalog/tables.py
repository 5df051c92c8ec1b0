"""The tables of the catalog. Times are seconds since 1970 (UTC), every JSON value carries `schema_version`.

`generation` counts the lives of a document: it rises when a deleted document is uploaded again, and rows of an earlier
life never become visible again. `version_number` counts versions within a life. An epoch is a moment of the catalog: it
rises with every publication, and a parse is live in `[live_from_epoch, live_until_epoch)`, which by the clock is from
`published_at` (0: before that was noted down) until `retired_at`. A version that history no longer keeps has been
dropped: its row stays, its bytes and parses do not. Of the documents that are not deleted, only one has a name.
A document with a `parent_id` was found in that document's file (an attachment, a member of an archive), `depth` files
deep.

`jobs.queue` is what a job waits for, or is in (see `model.WorkQueue`); every job that is queued has a row in `outbox`
(see `catalog.outbox`). `collections.served_at` is when a job of it was last claimed.

`epochs` holds the counters of the catalog (see `catalog.counters`); `documents.change` is the number of the last change
of what a document is or who may see it.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives out row ids only for a column of exactly the type INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")

_living = text("deleted_at IS NULL")

collections = Table(
    "collections",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(200), nullable=False),
    Column("name", String(64), nullable=False),
    Column("description", String, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("parsing", JSON),
    Column("languages", JSON),
    Column("created_at", Double, nullable=False),
    Column("deleted_at", Double),
    Column("paused_at", Double),
    Column("served_at", Double, nullable=False, server_default="0"),
    UniqueConstraint("tenant", "name"),
)

collection_profiles = Table(
    "collection_profiles",
    metadata,
    Column("row_id", RowId, primary_key=True, autoincrement=True),
    Column("collection_id", String(64), ForeignKey("collections.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", JSON(none_as_null=True)),
    Column("created_at", Double, nullable=False),
    Column("created_by", String(200), nullable=False),
    UniqueConstraint("collection_id", "kind", "number"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("collection_id", String(64), ForeignKey("collections.id"), nullable=False),
    Column("tenant", String(200), nullable=False),
    Column("parent_id", String(64), ForeignKey("documents.id")),
    Column("depth", Integer, nullable=False, server_default="0"),
    Column("name", String(1000), nullable=False),
    Column("source_uri", String, nullable=False),
    Column("title", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("version_number", Integer, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("attributes_revision", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(200), nullable=False),
    Column("job_id", String(64), nullable=False),
    Column("live_parse_id", String(64)),
    Column("live_sha256", String(64)),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("deleted_at", Double),
    Column("purge_lease_until", Double),
    Column("change", BigInteger, nullable=False, server_default="0"),
    Index(None, "tenant", "collection_id", "created_at", "id"),
    Index(None, "collection_id", "name", unique=True, sqlite_where=_living, postgresql_where=_living),
    Index(None, "parent_id"),
    Index(None, "change"),
)

document_versions = Table(
    "document_versions",
    metadata,
    Column("document_id", String(64), ForeignKey("documents.id"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(200), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("parse_id", String(64)),
    Column("sealed_password", String),
    Column("dropped_at", Double),
    Index(None, "sha256"),
)

parses = Table(
    "parses",
    metadata,
    Column("row_id", RowId, primary_key=True, autoincrement=True),
    Column("document_id", String(64), ForeignKey("documents.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("version_number", Integer, nullable=False),
    Column("tenant", String(200), nullable=False),
    Column("parse_id", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("live_from_epoch", BigInteger, nullable=False),
    Column("live_until_epoch", BigInteger),
    Column("published_at", Double, nullable=False, server_default="0"),
    Column("retired_at", Double),
    Column("point_count", Integer, nullable=False),
    Column("ledger", JSON, nullable=False),
    Column("cost", JSON, nullable=False),
    Column("facts", JSON(none_as_null=True)),
    Index(None, "document_id", "parse_id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(200), nullable=False),
    Column("collection_id", String(64), ForeignKey("collections.id"), nullable=False),
    Column("document_id", String(64), ForeignKey("documents.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("version_number", Integer, nullable=False),
    Column("parse_revision", Integer, nullable=False),
    Column("attributes_revision", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("media_type", String(200), nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("parse_id", String(64)),
    Column("state", String(20), nullable=False),
    Column("queue", String(20), nullable=False, server_default="parse"),
    Column("stage", String(20)),
    Column("stage_started_at", Double),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("waits", Integer, nullable=False),
    Column("lost_leases", Integer, nullable=False),
    Column("not_before", Double, nullable=False),
    Column("lease_owner", String(200)),
    Column("lease_token", BigInteger, nullable=False),
    Column("lease_expires_at", Double),
    Column("heartbeat_at", Double),
    Column("cancel_requested", Boolean, nullable=False),
    Column("pages_done", Integer, nullable=False),
    Column("pages_total", Integer),
    Column("error_code", String(100)),
    Column("error_message", String),
    Column("error_stage", String(20)),
    Column("ledger", JSON),
    Column("cost", JSON, nullable=False),
    Column("business_unit", String(200)),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Index(None, "collection_id", "state", "priority", "created_at", "id"),
    Index(None, "state", "lease_expires_at"),
    Index(None, "document_id", "state"),
    Index(None, "tenant", "created_at", "id"),
    Index(None, "tenant", "parse_id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("job_id", String(64), ForeignKey("jobs.id"), primary_key=True),
    Column("queue", String(20), nullable=False),
    Column("sent_at", Double),
    Index(None, "queue", "sent_at"),
)

epochs = Table(
    "epochs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
)

purges = Table(
    "purges",
    metadata,
    Column("row_id", RowId, primary_key=True, autoincrement=True),
    Column("tenant", String(200), nullable=False),
    Column("document_id", String(64), ForeignKey("documents.id"), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("requested_at", Double, nullable=False),
    Column("not_before", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done_at", Double),
    Index(None, "done_at", "not_before"),
    Index(None, "document_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("business_unit", String(200)),
    Column("secret_sha256", String(64), nullable=False, unique=True),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
    Index(None, "tenant", "created_at"),
)

idempotency_records = Table(
    "idempotency_records",
    metadata,
    Column("key_id", String(64), primary_key=True),
    Column("idempotency_key", String(255), primary_key=True),
    Column("fingerprint", String(128), nullable=False),
    Column("response", JSON),
    Column("created_at", Double, nullable=False),
    Column("completed_at", Double),
    Index(None, "created_at"),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("tenant", String(200), nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("report", JSON, nullable=False),
    Column("outcomes", JSON, nullable=False),
    Index(None, "tenant", "created_at", "id"),
)

indexes = Table(
    "indexes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("embedding_model", String),
    Column("model_id", String(500), nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("built_at", Double),
    Column("live_from", Double),
    Column("documents_done", Integer, nullable=False),
    Column("documents_total", Integer, nullable=False),
    Column("points", BigInteger, nullable=False),
)

deletions = Table(
    "deletions",
    metadata,
    Column("receipt_id", String(64), primary_key=True),
    Column("document_id", String(64), primary_key=True),
    Column("tenant", String(200), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("name_sha256", String(64), nullable=False),
    Column("requested_at", Double, nullable=False),
    Column("completed_at", Double),
    Column("removed", JSON(none_as_null=True)),
    Index(None, "document_id"),
)
