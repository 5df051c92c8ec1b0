"""Revisions of the catalog's schema; `ingestion.catalog.migrate` runs them."""
