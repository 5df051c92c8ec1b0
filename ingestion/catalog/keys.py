"""API keys. The secret is shown once; what is stored is its SHA-256 (it has 256 bits of chance: no salt needed)."""

from __future__ import annotations

import builtins
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterable

from sqlalchemy import RowMapping, and_, insert, select, update

from ingestion.catalog.database import Database
from ingestion.catalog.stored import unwrap, when, when_or_none, wrap
from ingestion.catalog.tables import api_keys
from ingestion.errors import InvalidInput, InvalidName, KeyNotFound
from ingestion.model import KeyRecord

SCOPES = frozenset({"read", "write", "admin"})
_PREFIX = "ssk_"


class Keys:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, tenant: str, name: str, scopes: Iterable[str], business_unit: str | None = None
    ) -> tuple[str, KeyRecord]:
        """The secret (nobody can read it again) and the record. Raises InvalidName, InvalidInput."""
        chosen = frozenset(scopes)
        if not chosen or not chosen <= SCOPES:
            raise InvalidInput("A key has one or more of the scopes read, write, admin.", field="scopes")
        if not name.strip() or len(name) > 200:
            raise InvalidName("A key's name has 1 to 200 characters.", field="name")
        secret = _PREFIX + secrets.token_urlsafe(32)
        values = {
            "id": "key_" + uuid.uuid4().hex[:24],
            "tenant": tenant,
            "name": name,
            "scopes": wrap("scopes", sorted(chosen)),
            "business_unit": business_unit,
            "secret_sha256": _digest(secret),
            "created_at": self._database.clock(),
        }
        with self._database.writing() as connection:
            connection.execute(insert(api_keys).values(**values))
            row = connection.execute(select(api_keys).where(api_keys.c.id == values["id"])).mappings().one()
        return secret, _record(row)

    def ensure(self, tenant: str, name: str, scopes: Iterable[str], secret: str) -> None:
        """Have a key with this secret, made elsewhere. One that was revoked stays so."""
        values = {
            "id": "key_" + _digest(secret)[:24],
            "tenant": tenant,
            "name": name,
            "scopes": wrap("scopes", sorted(scopes)),
            "secret_sha256": _digest(secret),
            "created_at": self._database.clock(),
        }
        with self._database.writing() as connection:
            known = select(api_keys.c.id).where(api_keys.c.secret_sha256 == values["secret_sha256"])
            if connection.execute(known).first() is None:
                connection.execute(insert(api_keys).values(**values))

    def verify(self, secret: str) -> KeyRecord | None:
        """The record of the key with this secret; None if there is none, or it is revoked."""
        digest = _digest(secret)
        wanted = and_(api_keys.c.secret_sha256 == digest, api_keys.c.revoked_at.is_(None))
        with self._database.reading() as connection:
            row = connection.execute(select(api_keys).where(wanted)).mappings().first()
        if row is None or not hmac.compare_digest(row["secret_sha256"], digest):
            return None
        return _record(row)

    def list(self, tenant: str) -> builtins.list[KeyRecord]:
        """Oldest first, revoked ones too."""
        statement = select(api_keys).where(api_keys.c.tenant == tenant).order_by(api_keys.c.created_at, api_keys.c.id)
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(statement).mappings()]

    def revoke(self, tenant: str, key_id: str) -> KeyRecord:
        """Holds from the next request on. A key that is revoked already stays so. Raises KeyNotFound."""
        wanted = and_(api_keys.c.id == key_id, api_keys.c.tenant == tenant)
        with self._database.writing() as connection:
            connection.execute(
                update(api_keys)
                .where(and_(wanted, api_keys.c.revoked_at.is_(None)))
                .values(revoked_at=self._database.clock())
            )
            row = connection.execute(select(api_keys).where(wanted)).mappings().first()
        if row is None:
            raise KeyNotFound(key_id)
        return _record(row)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _record(row: RowMapping) -> KeyRecord:
    return KeyRecord(
        id=row["id"],
        tenant=row["tenant"],
        name=row["name"],
        scopes=frozenset(unwrap(row["scopes"], "scopes")),
        business_unit=row["business_unit"],
        created_at=when(row["created_at"]),
        revoked_at=when_or_none(row["revoked_at"]),
    )
