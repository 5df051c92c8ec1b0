"""Readings of pages are found again by the parse that kept them and by the next, and go with their parse."""

from __future__ import annotations

from pathlib import Path

from ingestion.artefacts import Artefacts
from ingestion.blobs import FolderBlobStore
from ingestion.page_cache import PAGES_PER_PACK, PageCache

KEYS = [f"{number:064x}" for number in range(3 * PAGES_PER_PACK)]


def test_a_parse_that_was_cut_short_goes_on_where_it_was(tmp_path: Path) -> None:
    blobs = FolderBlobStore(tmp_path)
    artefacts = Artefacts(blobs)
    killed = PageCache(artefacts, "t", "prs_1")
    for key in KEYS[: PAGES_PER_PACK + 3]:
        killed.keep(key, key.encode())
    again = PageCache(artefacts, "t", "prs_1")
    found = again.find(KEYS)
    assert set(found) == set(KEYS[:PAGES_PER_PACK])
    for key in KEYS:
        again.keep(key, key.encode())
    again.flush()
    assert len(blobs.list_named("t", "pages/prs_1-")) == 3
    assert PageCache(artefacts, "t", "prs_2", ["prs_1"]).find(KEYS) == {key: key.encode() for key in KEYS}
    assert PageCache(artefacts, "other", "prs_1").find(KEYS) == {}
    artefacts.remove_document("t", "prs_1")
    assert PageCache(artefacts, "t", "prs_1").find(KEYS) == {}
    assert blobs.list_named("t", "pages/prs_1-") == []


def test_a_pack_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    artefacts = Artefacts(FolderBlobStore(tmp_path))
    artefacts.write_pages("t", "prs_1", 0, b"\xc1")
    cache = PageCache(artefacts, "t", "prs_1")
    assert cache.find(KEYS) == {}
    cache.keep(KEYS[0], b"page")
    cache.flush()
    assert PageCache(artefacts, "t", "prs_1").find(KEYS) == {KEYS[0]: b"page"}
