"""The index written again beside the live one, checks and repairs, backups, and the proof of deletions."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.artefacts import Artefacts
from ingestion.catalog import Catalog
from ingestion.catalog.indexes import SETTLE_SECONDS, IndexLife, IndexRecord
from ingestion.catalog.purging import LOOK_AGAIN_SECONDS
from ingestion.errors import BackupUnusable, DocumentNotFound, IndexConflict, IndexSwitched, LeaseLost, Superseded
from ingestion.lifecycle.backup import back_up, restore, verify
from ingestion.lifecycle.check import Checker, Fault
from ingestion.lifecycle.plan import plan_rebuild
from ingestion.lifecycle.rebuild import IndexBuilder, RebuildProgress
from ingestion.model import ClaimedJob, Cost, JobState, Stage
from ingestion.worker import Worker
from parsers.isolation import IsolatedParser
from retrieval.index.edge import SCHEMA_VERSION, EdgeIndex
from retrieval.model import AllOf, Match
from services import index_building
from services.failures import Failure
from services.index_parts import IndexedModel, adopt_index, check_index_folder
from services.settings import Settings
from tests.support import pdfs
from tests.support.bench import NEVER, Bench, HashEmbedder
from tests.unit.ingestion.support import LEDGER, TENANT, publish

EVERYTHING = AllOf(filters=())
NOTE = "The swing bridge at Tollgate was painted in green.\n"


@pytest.fixture(scope="module")
def parser() -> Iterator[IsolatedParser]:
    with IsolatedParser() as parser:
        yield parser


@pytest.fixture
def bench(tmp_path: Path, parser: IsolatedParser) -> Iterator[Bench]:
    bench = Bench(tmp_path / "data", parser)
    yield bench
    bench.index.close()
    bench.catalog.close()


def note(bench: Bench, name: str, text: str) -> str:
    """The id of a plain document that has been taken in."""
    document = bench.upload(text.encode(), name=name, media_type="text/plain").document.id
    bench.work()
    return document


def adopted(bench: Bench) -> IndexRecord:
    return bench.catalog.indexes.adopt(
        "first", embedding_model=None, model_id="test/hash", dimension=8, schema_version=SCHEMA_VERSION
    )


class Shadow:
    """An index beside the live one, and its builder."""

    def __init__(self, bench: Bench) -> None:
        self.record = bench.catalog.indexes.begin(
            embedding_model=None, model_id="test/hash", dimension=8, schema_version=SCHEMA_VERSION
        )
        self.index = EdgeIndex(bench.folder / self.record.name, 8)
        self.embedder = HashEmbedder()
        self.told: list[RebuildProgress] = []
        self.builder = IndexBuilder(
            catalog=bench.catalog,
            blobs=bench.blobs,
            index=self.index,
            embedder=self.embedder,
            record=self.record,
            report=self.told.append,
        )


def test_an_index_is_written_again_from_what_is_stored(bench: Bench) -> None:
    former = adopted(bench)
    for number in range(3):
        note(bench, f"{number}.txt", f"Note {number}. {NOTE}")
    shadow = Shadow(bench)
    with closing(shadow.index):
        built = shadow.builder.build()
        assert bench.catalog.indexes.get(shadow.record.id).state is IndexLife.BUILT
        assert bench.catalog.indexes.live() == former
        shadow.builder.switch()
        assert shadow.index.ids(EVERYTHING) == bench.index.ids(EVERYTHING) != set()
    assert (built.documents_done, built.points, built.unreadable) == (3, bench.points(), ())
    assert shadow.embedder.texts == 0
    live = bench.catalog.indexes.live()
    assert live is not None and live.id == shadow.record.id
    assert bench.catalog.indexes.get(former.id).state is IndexLife.KEPT


def test_an_interrupted_rebuild_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    adopted(bench)
    for number in range(3):
        note(bench, f"{number}.txt", f"Note {number}. {NOTE}")
    shadow = Shadow(bench)
    with closing(shadow.index):
        written: list[int] = []
        upsert = shadow.index.upsert

        def killed(points: list[object]) -> None:
            written.append(len(points))
            if len(written) == 2:
                raise KeyboardInterrupt
            upsert(points)

        monkeypatch.setattr(shadow.index, "upsert", killed)
        with pytest.raises(KeyboardInterrupt):
            shadow.builder.build()
        shadow.builder.build()
        assert shadow.index.ids(EVERYTHING) == bench.index.ids(EVERYTHING)
    assert len(written) == 4  # one before, the one that broke off, and the two that were left


def test_what_changes_while_it_is_built_is_followed(bench: Bench) -> None:
    adopted(bench)
    kept, deleted, replaced = (note(bench, f"{name}.txt", f"{name}. {NOTE}") for name in ("a", "b", "c"))
    shadow = Shadow(bench)
    with closing(shadow.index):
        shadow.builder.build()
        bench.catalog.documents.delete(TENANT, deleted)
        note(bench, "c.txt", "Another text altogether.\n")
        added = note(bench, "d.txt", f"d. {NOTE}")
        shadow.builder.switch()
        bench.clock.pass_by(100)
        bench.work()
        assert shadow.index.ids(EVERYTHING) == bench.index.ids(EVERYTHING)
        for document in (kept, replaced, added):
            assert shadow.index.count(Match(key="document", values=(document,)))
        assert not shadow.index.count(Match(key="document", values=(deleted,)))


def test_no_switch_while_the_catalog_has_moved_on(bench: Bench) -> None:
    adopted(bench)
    note(bench, "a.txt", NOTE)
    shadow = Shadow(bench)
    with closing(shadow.index):
        with pytest.raises(IndexConflict):
            bench.catalog.indexes.switch(shadow.record.id, compared_at=bench.catalog.living.change())
        shadow.builder.build()
    before = bench.catalog.living.change()
    note(bench, "b.txt", NOTE)
    assert not bench.catalog.indexes.switch(shadow.record.id, compared_at=before)
    assert bench.catalog.indexes.switch(shadow.record.id, compared_at=bench.catalog.living.change())


def test_nothing_is_published_from_an_index_that_is_not_live_any_more(bench: Bench) -> None:
    first = adopted(bench)
    note(bench, "a.txt", NOTE)
    switches = bench.catalog.indexes.switches()
    shadow = Shadow(bench)
    with closing(shadow.index):
        shadow.builder.build()
        shadow.builder.switch()
    assert [record.id for record in bench.catalog.indexes.asked()] == [shadow.record.id, first.id]
    bench.upload(b"A second note.\n", name="b.txt", media_type="text/plain")
    job = bench.catalog.queue.claim("worker")
    assert job is not None
    with pytest.raises(IndexSwitched):
        publish_for(bench, job, switches)
    with pytest.raises(IndexSwitched):  # readers may still be about to move
        publish_for(bench, job, switches + 1)
    with pytest.raises(IndexConflict):
        bench.catalog.indexes.drop(first.id)
    bench.clock.pass_by(SETTLE_SECONDS)
    publish_for(bench, job, switches + 1)
    assert [record.id for record in bench.catalog.indexes.asked()] == [shadow.record.id]
    bench.catalog.indexes.drop(first.id)


def publish_for(bench: Bench, job: ClaimedJob, switches: int) -> None:
    bench.catalog.publishing.publish(
        job, parse_id="prs_1", point_count=1, ledger=LEDGER, cost=Cost(), state=JobState.SUCCEEDED, switches=switches
    )


def test_a_plan_counts_what_is_to_be_embedded(bench: Bench) -> None:
    note(bench, "a.txt", NOTE)
    planned = plan_rebuild(bench.catalog, bench.blobs, other_model=False)
    assert (planned.documents, planned.points, planned.to_embed, planned.unreadable) == (1, bench.points(), 0, 0)
    other = plan_rebuild(bench.catalog, bench.blobs, other_model=True)
    assert other.to_embed == bench.points()
    assert other.cpu_seconds > planned.cpu_seconds > 0


def test_an_index_of_an_older_version_is_refused_with_the_way_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(bench, "a.txt", NOTE)
    settings = Settings(data_dir=bench.folder, url=None, api_key=None)
    model = IndexedModel.of(HashEmbedder())
    old = settings.index_dir / model.folder_name
    old.mkdir(parents=True)
    (old / "index.json").write_text(json.dumps({"schema_version": 1, "dimension": 8, "model_id": ""}))
    record = adopt_index(settings, bench.catalog, model)
    with pytest.raises(Failure, match="sourcespan index rebuild"):
        check_index_folder(settings, bench.catalog, record)
    monkeypatch.setattr(index_building, "make_embedder", lambda _: HashEmbedder())
    monkeypatch.setattr(index_building.os, "nice", lambda _: 0)
    done = index_building.rebuild(settings, lambda _: None, switch=True)
    live = bench.catalog.indexes.live()
    assert live is not None and live.id == done.record.id and live.schema_version == SCHEMA_VERSION
    check_index_folder(settings, bench.catalog, live)
    assert not old.exists() and len(bench.catalog.indexes.list()) == 1
    with closing(EdgeIndex(settings.index_dir / live.name, 8, create=False)) as index:
        assert index.ids(EVERYTHING) == bench.index.ids(EVERYTHING)


def checked(bench: Bench, *, full: bool = True) -> dict[Fault, int]:
    report = Checker(catalog=bench.catalog, blobs=bench.blobs, index=bench.index).check(full=full)
    return {item.fault: item.count for item in report.found}


def repaired(bench: Bench) -> dict[Fault, int]:
    checker = Checker(catalog=bench.catalog, blobs=bench.blobs, index=bench.index)
    shadow = Shadow(bench)
    shadow.index.close()
    checker.repair(checker.check(full=True), replace_index(shadow, bench))
    bench.work()
    return checked(bench)


def replace_index(shadow: Shadow, bench: Bench) -> IndexBuilder:
    shadow.builder.index = bench.index
    return shadow.builder


def test_what_does_not_agree_is_found_and_mended(bench: Bench) -> None:
    first, second = note(bench, "a.txt", f"a. {NOTE}"), note(bench, "b.txt", f"b. {NOTE}")
    assert checked(bench) == {}
    points = bench.index.ids(EVERYTHING)

    bench.index.delete(Match(key="kind", values=("title",)))
    assert checked(bench) == {Fault.POINTS_WRONG: 1}
    assert repaired(bench) == {}

    parse = bench.catalog.documents.get(TENANT, first).live_parse_id
    assert parse is not None
    bench.blobs.remove_named(TENANT, f"chunks/{first}-{parse}.ndjson")
    Artefacts(bench.blobs).remove_document(TENANT, parse)
    assert Fault.ARTEFACT_MISSING in checked(bench)
    assert repaired(bench) == {}

    bench.blobs.put_named(TENANT, f"chunks/doc_{'9' * 24}-{parse}.ndjson", b"")
    assert checked(bench) == {Fault.ARTEFACTS_ORPHANED: 1}
    assert repaired(bench) == {}
    assert bench.index.ids(EVERYTHING) == points

    original = bench.blobs.path(bench.catalog.documents.get(TENANT, second).sha256)
    original.write_bytes(b"something else")
    assert checked(bench) == {Fault.ORIGINAL_DAMAGED: 1} == repaired(bench)
    original.unlink()
    assert checked(bench) == {Fault.ORIGINAL_MISSING: 1}


def test_points_of_what_the_catalog_does_not_know_are_removed(bench: Bench) -> None:
    note(bench, "a.txt", NOTE)
    stranger = note(bench, "b.txt", "Gone without a purge.\n")
    with bench.catalog._database.writing() as connection:
        connection.exec_driver_sql("UPDATE documents SET deleted_at = 1 WHERE id = ?", (stranger,))
    assert checked(bench)[Fault.POINTS_ORPHANED] > 0
    assert repaired(bench) == {}
    assert not bench.index.count(Match(key="document", values=(stranger,)))


def test_a_backup_is_taken_checked_and_put_back(bench: Bench, tmp_path: Path) -> None:
    document = note(bench, "a.txt", NOTE)
    (bench.folder / "admin.key").write_text("secret")
    target = tmp_path / "backup"
    summary = back_up(bench.folder, target, with_keys=False)
    note(bench, "later.txt", "After the backup.\n")
    assert (summary.documents, summary.missing, verify(target)) == (1, (), summary)
    assert not list(target.rglob("*.key"))
    with pytest.raises(BackupUnusable, match="never overwrites"):
        back_up(bench.folder, target, with_keys=True)
    with pytest.raises(BackupUnusable, match="not empty"):
        restore(target, bench.folder)
    restore(target, tmp_path / "restored")
    with Catalog.open(f"sqlite:///{tmp_path}/restored/catalog.db") as catalog:
        (found,), _ = catalog.documents.list(TENANT)
        assert (found.id, found.name) == (document, "a.txt")
        assert catalog.indexes.live() is None
    blobs = type(bench.blobs)(tmp_path / "restored" / "blobs")
    assert blobs.path(found.sha256).read_text() == NOTE
    assert found.live_parse_id and Artefacts(blobs).read_document(TENANT, found.live_parse_id).text.strip() in NOTE


def test_a_damaged_backup_is_not_put_back(bench: Bench, tmp_path: Path) -> None:
    note(bench, "a.txt", NOTE)
    back_up(bench.folder, tmp_path / "backup", with_keys=True)
    (original,) = (tmp_path / "backup" / "blobs" / "sha256").glob("*/*")
    original.unlink()
    original.write_text("another text")
    with pytest.raises(BackupUnusable, match="damaged"):
        restore(tmp_path / "backup", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
    with pytest.raises(BackupUnusable, match="not a backup"):
        verify(bench.folder)


def test_a_deletion_leaves_a_receipt_and_nothing_else(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    kept = note(bench, "a.txt", "Only the ferry runs.\n")
    document = note(bench, "Tollgate_secret.txt", NOTE)
    record = bench.catalog.documents.get(TENANT, document)
    points = bench.index.count(Match(key="document", values=(document,)))
    receipt_id = bench.catalog.documents.delete(TENANT, document)

    pending = bench.catalog.deletions.get(TENANT, receipt_id)
    assert pending.completed_at is None and pending.documents[0].removed == {}
    with pytest.raises(DocumentNotFound):
        bench.catalog.documents.get(TENANT, document)
    bench.work()

    receipt = bench.catalog.deletions.get(TENANT, receipt_id)
    assert receipt.completed_at is not None
    (gone,) = receipt.documents
    assert (gone.document_id, gone.removed["points"]) == (document, points)
    assert gone.removed["sha256s"] == [record.sha256] and gone.removed["parses"] == [record.live_parse_id]
    assert gone.removed["checked"] == ["index", "artefacts", "bytes"]
    assert gone.removed["artefacts"] >= 3
    assert "Tollgate" not in repr(receipt)
    for path in (bench.folder / "blobs").rglob("*"):
        assert document not in path.name and str(record.live_parse_id) not in path.name
        assert not path.is_file() or b"Tollgate" not in path.read_bytes()
    assert "Tollgate" not in caplog.text
    assert bench.index.ids(EVERYTHING) == bench.index.ids(Match(key="document", values=(kept,)))


def test_bytes_that_others_have_are_kept_and_told(bench: Bench) -> None:
    note(bench, "a.txt", NOTE)
    document = note(bench, "b.txt", NOTE)
    sha256 = bench.catalog.documents.get(TENANT, document).sha256
    receipt = bench.catalog.documents.delete(TENANT, document)
    bench.work()
    (gone,) = bench.catalog.deletions.get(TENANT, receipt).documents
    assert (gone.removed["sha256s"], gone.removed["shared"]) == ([], [sha256])
    assert bench.blobs.path(sha256).is_file()


def test_a_purge_looks_into_every_index(bench: Bench) -> None:
    adopted(bench)
    document = note(bench, "a.txt", NOTE)
    shadow = Shadow(bench)
    with closing(shadow.index):
        shadow.builder.build()
        receipt = bench.catalog.documents.delete(TENANT, document)
        bench.work(replace(bench.parts, other_indexes=lambda: [shadow.index]))
        assert not shadow.index.count(EVERYTHING) and not bench.index.count(EVERYTHING)
    assert bench.catalog.deletions.get(TENANT, receipt).completed_at is not None


def test_a_late_task_resurrects_nothing(bench: Bench) -> None:
    """A worker that sleeps through its lease, the deletion and the purge, and then goes on."""
    bench.upload(pdfs.SAMPLES["two_columns"]())
    late = bench.catalog.queue.claim("sleeper", 10)
    assert late is not None
    receipt = bench.catalog.documents.delete(TENANT, late.document_id)
    bench.clock.pass_by(60)
    bench.work()
    assert bench.catalog.deletions.get(TENANT, receipt).completed_at is not None
    bench.blobs.put_named(TENANT, f"chunks/{late.document_id}-prs_{'1' * 24}.ndjson", b"late")
    with pytest.raises((LeaseLost, Superseded)):
        publish(bench.catalog, late, "prs_" + "1" * 24)
    with pytest.raises(LeaseLost):
        bench.catalog.queue.progress(late, stage=Stage.PARSE, parse_id="prs_" + "1" * 24)
    assert bench.catalog.documents.list(TENANT)[0] == []
    bench.clock.pass_by(LOOK_AGAIN_SECONDS)
    worker = Worker(bench.parts, "worker")
    worker.keep_house()
    assert bench.stored() == set()
    assert not worker.step(NEVER)
