"""Chunks in, cited hits out: embedding, index, fusion, citations. No SQL, no web framework."""
