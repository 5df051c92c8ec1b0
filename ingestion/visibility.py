"""Who may see what: the visibility port of retrieval, on the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingestion.catalog import Catalog
from ingestion.catalog.stored import attributes_out, when
from ingestion.errors import CollectionNotFound
from ingestion.model import CollectionRecord
from retrieval.errors import UnknownCollection
from retrieval.model import AllOf, Match, Principal, SearchFilter
from retrieval.ports import DocumentView, Pin


class CatalogVisibility:
    """Implements `retrieval.ports.Visibility`: the version by the pinned epoch, deletion and permission by the latest
    state. Everybody in a tenant may read its collections; access groups are matched in the index."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def pin(self) -> Pin:
        return Pin(epoch=self._catalog.publishing.epoch())

    def scope(
        self, principal: Principal, collections: Sequence[str] | None, document_ids: Sequence[str] | None
    ) -> SearchFilter:
        parts: list[SearchFilter] = [
            Match(key="tenant", values=(principal.tenant,)),
            Match(key="access", values=tuple(sorted(principal.groups))),
        ]
        if collections is not None:
            for name in collections:
                self._collection(principal, name)
            parts.append(Match(key="collection", values=tuple(collections)))
        if document_ids is not None:
            parts.append(Match(key="document", values=tuple(document_ids)))
        return AllOf(filters=tuple(parts))

    def attribute_schemas(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[Mapping[str, str]]:
        if collections is not None:
            return [self._schema(self._collection(principal, name)) for name in collections]
        schemas: list[Mapping[str, str]] = []
        rows, cursor = self._catalog.collections.list(principal.tenant)
        schemas += map(self._schema, rows)
        while cursor is not None:
            rows, cursor = self._catalog.collections.list(principal.tenant, after=cursor)
            schemas += map(self._schema, rows)
        return schemas

    def languages(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[str]:
        return self._catalog.collections.languages(principal.tenant, collections)

    def _collection(self, principal: Principal, name: str) -> CollectionRecord:
        try:
            return self._catalog.collections.get(principal.tenant, name)
        except CollectionNotFound as error:
            raise UnknownCollection(name) from error

    @staticmethod
    def _schema(collection: CollectionRecord) -> Mapping[str, str]:
        return {name: kind.value for name, kind in collection.attributes.items()}

    def visible(
        self, pin: Pin, principal: Principal, parses: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], DocumentView]:
        rows = self._catalog.publishing.live(pin.epoch, principal.tenant, parses)
        return {
            pair: DocumentView(
                id=row["id"],
                collection=row["collection_name"],
                version=row["version"],
                title=row["title"],
                source_uri=row["source_uri"],
                media_type=row["media_type"],
                updated_at=when(row["updated_at"]).isoformat(),
                attributes=attributes_out(row["attributes"]),
            )
            for pair, row in rows.items()
        }
