"""Profiles and glossaries of collections, every version of them: who uploaded it, when, and what was in force since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, and_, insert, select

from ingestion.catalog.collections import collection_id
from ingestion.catalog.counters import settings_changed
from ingestion.catalog.database import Database
from ingestion.catalog.stored import unwrap, when, wrap
from ingestion.catalog.tables import collection_profiles, collections
from ingestion.errors import CollectionNotFound
from ingestion.model import ProfileKind, ProfileVersion
from retrieval.profile import Profile, parse_glossary, parse_profile

KEPT_VERSIONS = 20
"""Of each kind and collection; the oldest give way."""

_CHECK = {ProfileKind.PROFILE: parse_profile, ProfileKind.GLOSSARY: parse_glossary}


class Profiles:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, tenant: str, collection: str, kind: ProfileKind, content: Mapping[str, Any], by: str
    ) -> ProfileVersion:
        """The version in force now: a new one, or the one there where `content` is the same. `by`: the caller's id.

        Raises CollectionNotFound, `retrieval.errors.InvalidProfile`.
        """
        _CHECK[kind](content)
        return self._write(tenant, collection, kind, content, by)

    def remove(self, tenant: str, collection: str, kind: ProfileKind, by: str) -> None:
        """From now on none is in force. Earlier versions stay listed, and so does the removal."""
        self._write(tenant, collection, kind, None, by)

    def versions(self, tenant: str, collection: str, kind: ProfileKind) -> list[ProfileVersion]:
        """Newest first; the first is in force, unless it is a removal."""
        with self._database.reading() as connection:
            identity = _require_collection(connection, tenant, collection)
            statement = _of(identity, kind).order_by(collection_profiles.c.number.desc())
            return [_version(row) for row in connection.execute(statement).mappings()]

    def profile(self, tenant: str, collection: str) -> Profile | None:
        """What documents of the collection are read with now; None also where the collection is gone."""
        with self._database.reading() as connection:
            row = _newest(connection, collection_id(tenant, collection), ProfileKind.PROFILE)
        content = None if row is None else _version(row).content
        return None if content is None else parse_profile(content)

    def _write(
        self, tenant: str, collection: str, kind: ProfileKind, content: Mapping[str, Any] | None, by: str
    ) -> ProfileVersion:
        with self._database.writing() as connection:
            identity = _require_collection(connection, tenant, collection)
            newest = _newest(connection, identity, kind)
            if newest is not None and _version(newest).content == content:
                return _version(newest)
            number = 1 if newest is None else newest["number"] + 1
            values = {
                "collection_id": identity,
                "kind": kind.value,
                "number": number,
                "content": None if content is None else wrap("content", dict(content)),
                "created_at": self._database.clock(),
                "created_by": by,
            }
            if newest is not None or content is not None:
                connection.execute(insert(collection_profiles).values(**values))
                _forget_oldest(connection, identity, kind, number)
                settings_changed(connection)
            return _version(values)


def version_key(*contents: Mapping[str, Any] | None) -> str:
    """The same for the same contents, and never for others: a collection's numbers begin anew in its next life."""
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()[:24]


def _require_collection(connection: Connection, tenant: str, name: str) -> str:
    identity = collection_id(tenant, name)
    wanted = and_(collections.c.id == identity, collections.c.deleted_at.is_(None))
    if connection.execute(select(collections.c.id).where(wanted)).first() is None:
        raise CollectionNotFound(name)
    return identity


def _of(identity: str, kind: ProfileKind) -> Select[Any]:
    return select(collection_profiles).where(
        and_(collection_profiles.c.collection_id == identity, collection_profiles.c.kind == kind.value)
    )


def _newest(connection: Connection, identity: str, kind: ProfileKind) -> RowMapping | None:
    statement = _of(identity, kind).order_by(collection_profiles.c.number.desc()).limit(1)
    return connection.execute(statement).mappings().first()


def _forget_oldest(connection: Connection, identity: str, kind: ProfileKind, newest: int) -> None:
    too_old = and_(
        collection_profiles.c.collection_id == identity,
        collection_profiles.c.kind == kind.value,
        collection_profiles.c.number <= newest - KEPT_VERSIONS,
    )
    connection.execute(collection_profiles.delete().where(too_old))


def _version(row: Mapping[str, Any] | RowMapping) -> ProfileVersion:
    content = row["content"]
    return ProfileVersion(
        number=row["number"],
        content=None if content is None else unwrap(content, "content"),
        created_at=when(row["created_at"]),
        created_by=row["created_by"],
    )
