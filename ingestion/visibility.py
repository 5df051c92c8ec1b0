"""Who may see what: the visibility port of retrieval, on the catalog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ingestion.catalog import Catalog
from ingestion.catalog.settings import CollectionSettings
from retrieval.errors import UnknownCollection
from retrieval.model import AllOf, Match, Principal, SearchFilter
from retrieval.ports import DocumentView, Pin
from retrieval.profile import CollectionProfile


class CatalogVisibility:
    """Implements `retrieval.ports.Visibility`: the version by the pinned epoch, deletion and permission by the latest
    state. Everybody in a tenant may read its collections; access groups are matched in the index.

    Every call looks whether the catalog has changed, which costs microseconds, and else answers from memory."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def pin(self) -> Pin:
        counters = self._catalog.publishing.counters()
        return Pin(epoch=counters.epoch, revision=(counters.epoch, counters.settings, counters.changes))

    def scope(
        self, principal: Principal, collections: Sequence[str] | None, document_ids: Sequence[str] | None
    ) -> SearchFilter:
        parts: list[SearchFilter] = [
            Match(key="tenant", values=(principal.tenant,)),
            Match(key="access", values=tuple(sorted(principal.groups))),
        ]
        if collections is not None:
            self._settings(principal, collections)
            parts.append(Match(key="collection", values=tuple(collections)))
        if document_ids is not None:
            parts.append(Match(key="document", values=tuple(document_ids)))
        return AllOf(filters=tuple(parts))

    def attribute_schemas(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[Mapping[str, str]]:
        return [
            {name: kind.value for name, kind in settings.attributes.items()}
            for settings in self._settings(principal, collections)
        ]

    def languages(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[str]:
        found = self._settings(principal, collections)
        return tuple(sorted({language for settings in found for language in settings.languages}))

    def profiles(self, principal: Principal, collections: Sequence[str] | None) -> Sequence[CollectionProfile]:
        found = (settings.profile for settings in self._settings(principal, collections))
        return [profile for profile in found if profile.version_key]

    def visible(
        self, pin: Pin, principal: Principal, parses: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], DocumentView]:
        return self._catalog.views.live(pin.epoch, principal.tenant, parses)

    def _settings(self, principal: Principal, collections: Sequence[str] | None) -> list[CollectionSettings]:
        known = self._catalog.settings.collections(principal.tenant)
        if collections is None:
            return list(known.values())
        for name in collections:
            if name not in known:
                raise UnknownCollection(name)
        return [known[name] for name in collections]
