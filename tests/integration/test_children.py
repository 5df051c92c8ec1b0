"""A file full of files, from bytes to searchable and to nothing left of any of them; and files under lock."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.model import JobState
from parsers.isolation import IsolatedParser
from retrieval.model import AllOf
from tests.support import pdfs
from tests.support.bench import Bench
from tests.unit.ingestion.support import TENANT


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with IsolatedParser() as parser:
        bench = Bench(tmp_path, parser)
        yield bench
        bench.index.close()
        bench.catalog.close()


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in members.items():
            opened.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def test_members_of_an_archive_are_found_and_go_with_it(bench: Bench) -> None:
    inner = archive(note__txt=b"The lighthouse stands in the north.")
    content = archive(report__pdf=pdfs.plain(pages=1), inner__zip=inner, program__bin=bytes(range(256)) * 40)
    set_of = bench.upload(content, "set.zip", media_type="application/zip", year=2024)
    bench.work()
    job = bench.job(set_of)
    assert job.state is JobState.PARTIAL
    assert job.ledger is not None
    assert [finding.code for finding in job.ledger.findings] == ["child_left_out"]
    assert "program.bin" in job.ledger.findings[0].message
    documents = {one.name: one for one in bench.catalog.documents.list(TENANT)[0]}
    assert set(documents) == {
        "set.zip",
        "set.zip!/report.pdf",
        "set.zip!/inner.zip",
        "set.zip!/inner.zip!/note.txt",
    }
    note = documents["set.zip!/inner.zip!/note.txt"]
    assert (note.state, note.attributes) == (JobState.SUCCEEDED, {"year": 2024})
    assert note.parent_id == documents["set.zip!/inner.zip"].id
    assert bench.points() > 0
    bench.catalog.documents.delete(TENANT, set_of.document.id)
    assert bench.catalog.documents.list(TENANT)[0] == []
    bench.work()
    assert bench.points(AllOf(filters=())) == 0
    assert bench.stored() == set()


def test_a_locked_file_is_refused_until_its_password_comes(bench: Bench) -> None:
    content = pdfs.encrypted()
    refused = bench.upload(content)
    bench.work()
    job = bench.job(refused)
    assert job.error is not None
    assert (job.state, job.error.code) == (JobState.FAILED, "encrypted_document")
    opened = bench.upload(content, password=pdfs.PASSWORD)
    bench.work()
    assert bench.job(opened).state is JobState.SUCCEEDED
    assert "password" in " ".join(bench.searchable(opened))
