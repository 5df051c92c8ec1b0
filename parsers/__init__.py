"""Bytes → Document: detection, routing, extractors, lineage. No network, no database, no environment."""
