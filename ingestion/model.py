"""The values of ingestion: collections, documents, versions, jobs, keys, as the catalog gives them out.

Times are aware datetimes in UTC, sizes are bytes, costs are CPU seconds and US dollars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from parsers.model import Ledger
from retrieval.facts import DocumentFacts
from retrieval.model import AttributeValue

SCHEMA_VERSION = 1
"""Of every JSON value that the catalog and the artefacts persist."""


INDEX_AGAIN = -1
"""As a job's `parse_revision`: the parse that is live is indexed again, whatever parser and settings there are now."""


class JobState(StrEnum):
    """`PARTIAL`: searchable, and the ledger's findings say what was not understood. `FAILED`: the error says why.
    `QUARANTINED`: it took its worker down again and again, and waits for a person."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    CANCELLED = "cancelled"


ACTIVE_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})
SEARCHABLE_STATES = frozenset({JobState.SUCCEEDED, JobState.PARTIAL})
FINISHED_STATES = frozenset(JobState) - ACTIVE_STATES


class Stage(StrEnum):
    """The stages of a job, in order."""

    FETCH = "fetch"
    PARSE = "parse"
    CHUNK = "chunk"
    EMBED = "embed"
    INDEX = "index"
    PUBLISH = "publish"


class WorkQueue(StrEnum):
    """What a job waits for. A worker brings it through the stages of a queue, each from the artefacts of those before:
    parse (fetch, parse, chunk), embed, index (index, publish)."""

    PARSE = "parse"
    EMBED = "embed"
    INDEX = "index"


class Priority(IntEnum):
    """Smaller is sooner: somebody waits for an interactive job, nobody for a bulk one."""

    INTERACTIVE = 0
    BULK = 10


class AttributeType(StrEnum):
    """`DATE` is an ISO 8601 calendar date (`2024-12-31`), kept as text."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsingSettings:
    """How the files of a collection are read. `policy` as of `parsers.policy.parse_policy`, None: the service's own;
    `languages`: what OCR should expect, likeliest first; empty: found out from each file."""

    policy: str | None = None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRecord:
    """Documents that share access rules and index settings. `document_count` leaves deleted documents out. No job of a
    collection that is `paused` is begun."""

    id: str
    name: str
    description: str
    attributes: Mapping[str, AttributeType]
    parsing: ParsingSettings
    created_at: datetime
    document_count: int
    paused: bool = False


class ProfileKind(StrEnum):
    """What the owner of a collection says of its field of work; see `retrieval.profile`."""

    PROFILE = "profile"
    GLOSSARY = "glossary"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileVersion:
    """A profile or glossary as it was uploaded, and by whom (the id of a key). `content` is None of a removal; `number`
    counts from 1."""

    number: int
    content: Mapping[str, Any] | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed, or what it is waiting out: `code` is stable, `message` a sentence for a person."""

    code: str
    message: str
    stage: Stage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Why a queued job is not being worked on: `code` is stable, `message` a sentence for a person."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a job has cost so far: CPU seconds by stage, over all attempts, and money."""

    cpu_seconds: Mapping[str, float] = field(default_factory=dict)
    money: float = 0.0

    def plus(self, stage: str, seconds: float) -> Cost:
        merged = dict(self.cpu_seconds)
        merged[stage] = round(merged.get(stage, 0.0) + seconds, 6)
        return Cost(cpu_seconds=merged, money=self.money)

    def paid(self, usd: float) -> Cost:
        return Cost(cpu_seconds=self.cpu_seconds, money=round(self.money + usd, 6))

    @property
    def total_cpu_seconds(self) -> float:
        return sum(self.cpu_seconds.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """One logical file. `sha256`, `size`, `media_type` are of the newest version; `state` is the newest job's; the text
    that is searchable now is that of `live_parse_id`, `ledger` tells what that parse understood, and `facts` what the
    document is. `parent_id` names the document in whose file this one was found (a mail, an archive)."""

    id: str
    tenant: str
    collection: str
    parent_id: str | None
    name: str
    source_uri: str
    title: str
    media_type: str
    sha256: str
    size: int
    state: JobState
    attributes: Mapping[str, AttributeValue]
    created_at: datetime
    updated_at: datetime
    live_parse_id: str | None
    live_sha256: str | None
    job_id: str
    ledger: Ledger | None
    facts: DocumentFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """The immutable bytes a document had from `created_at` on. `number` counts from 1 within one life of a document;
    `parse_id` is set once the version has been published. `dropped_at`: when history let go of its bytes and parses."""

    number: int
    sha256: str
    size: int
    media_type: str
    created_at: datetime
    parse_id: str | None
    state: JobState
    dropped_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One run of ingestion for one DocumentVersion (`version` is its SHA-256).

    `pages_done` counts the pages through the current stage, `pages_per_second` its speed by the clock; a queued job
    with an `error` waits to be tried again. `children` counts the documents that were found inside this one.
    `waiting` is told of a single job that is queued, not in listings.
    """

    id: str
    document_id: str
    document_name: str
    collection: str
    version: str
    state: JobState
    stage: Stage | None
    pages_done: int
    pages_total: int | None
    pages_per_second: float | None
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: JobError | None
    ledger: Ledger | None
    cost: Cost
    business_unit: str | None
    cancel_requested: bool
    children: int
    queue: WorkQueue = WorkQueue.PARSE
    priority: int = Priority.INTERACTIVE
    waiting: Waiting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """`unchanged`: the same bytes and attributes were there already; `job` is then the one that took them in."""

    document: DocumentRecord
    job: JobRecord
    unchanged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedJob:
    """A job and the lease on it. `lease_token` is the fencing token that every write of the holder carries. `parse_id`
    is what an earlier claim has begun to read, or has read."""

    id: str
    tenant: str
    document_id: str
    generation: int
    version_number: int
    parse_revision: int
    attributes_revision: int
    lease_owner: str
    lease_token: int
    attempts: int
    collection: str
    name: str
    title: str
    sha256: str
    media_type: str
    attributes: Mapping[str, AttributeValue]
    cost: Cost
    depth: int = 0
    business_unit: str | None = None
    sealed_password: str | None = None
    parsing: ParsingSettings = ParsingSettings()
    queue: WorkQueue = WorkQueue.PARSE
    parse_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildFile:
    """A file that was found inside a document's file, and is in the blob store. `name`: its key in the collection."""

    name: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """An API key without its secret, of which only the SHA-256 is stored."""

    id: str
    tenant: str
    name: str
    scopes: frozenset[str]
    business_unit: str | None
    created_at: datetime
    revoked_at: datetime | None
