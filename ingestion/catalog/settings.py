"""What every question needs to know of the collections it searches, remembered between questions.

A process asks the catalog for it again only when the counter `settings` has moved: languages, schemas and profiles
change seldom, and reading them with every question cost more than a millisecond.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, select

from ingestion.catalog.counters import read_counters
from ingestion.catalog.database import Database
from ingestion.catalog.profiles import version_key
from ingestion.catalog.stored import languages_out, schema_out, unwrap
from ingestion.catalog.tables import collection_profiles, collections
from ingestion.model import AttributeType, ProfileKind
from retrieval.profile import CollectionProfile, parse_glossary, parse_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSettings:
    """`languages` (ISO 639-1): those that its documents are or were in. `profile`: what is in force now."""

    name: str
    attributes: Mapping[str, AttributeType]
    languages: tuple[str, ...]
    profile: CollectionProfile


class Settings:
    """Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._guard = threading.Lock()
        self._version = -1
        self._by_tenant: dict[str, Mapping[str, CollectionSettings]] = {}

    def collections(self, tenant: str) -> Mapping[str, CollectionSettings]:
        """Of every collection of the tenant that is not deleted, by name: the latest state of the catalog."""
        version = read_counters(self._database).settings
        with self._guard:
            if version == self._version and tenant in self._by_tenant:
                return self._by_tenant[tenant]
        with self._database.reading() as connection:
            found = _read(connection, tenant)
        with self._guard:
            if version > self._version:
                self._version = version
                self._by_tenant.clear()
            if version == self._version:
                self._by_tenant[tenant] = found
        return found


def _read(connection: Connection, tenant: str) -> Mapping[str, CollectionSettings]:
    mine = and_(collections.c.tenant == tenant, collections.c.deleted_at.is_(None))
    rows = connection.execute(select(collections).where(mine).order_by(collections.c.name)).mappings().all()
    newest = select(func.max(collection_profiles.c.row_id)).group_by(
        collection_profiles.c.collection_id, collection_profiles.c.kind
    )
    statement = (
        select(collection_profiles)
        .join(collections, collections.c.id == collection_profiles.c.collection_id)
        .where(and_(mine, collection_profiles.c.row_id.in_(newest), collection_profiles.c.content.is_not(None)))
    )
    contents = {
        (row["collection_id"], row["kind"]): unwrap(row["content"], "content")
        for row in connection.execute(statement).mappings()
    }
    return {
        row["name"]: CollectionSettings(
            name=row["name"],
            attributes=schema_out(row["attributes"]),
            languages=languages_out(row["languages"]),
            profile=_profile(
                row["name"],
                contents.get((row["id"], ProfileKind.PROFILE.value)),
                contents.get((row["id"], ProfileKind.GLOSSARY.value)),
            ),
        )
        for row in rows
    }


def _profile(
    collection: str, profile: Mapping[str, Any] | None, glossary: Mapping[str, Any] | None
) -> CollectionProfile:
    if profile is None and glossary is None:
        return CollectionProfile(collection=collection)
    return CollectionProfile(
        collection=collection,
        profile=None if profile is None else parse_profile(profile),
        glossary=None if glossary is None else parse_glossary(glossary),
        version_key=version_key(profile, glossary),
    )
