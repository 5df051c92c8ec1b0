"""The catalog: the source of truth for documents, versions, jobs, keys and tombstones (SQL)."""

from ingestion.catalog.catalog import Catalog

__all__ = ["Catalog"]
