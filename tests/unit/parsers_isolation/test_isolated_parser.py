"""Whole documents through the isolated parser: what is lost is said, what is not survives."""

from __future__ import annotations

import base64
import hashlib
import io
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from parsers import errors
from parsers.contract import encode, encode_document, encode_parts
from parsers.detection import PDF, detect_media_type, require_supported
from parsers.isolation import IsolatedParser
from parsers.model import LedgerState, ParseOutcome
from parsers.policy import ParseLimits, ParseOptions, ParsePolicy
from tests.support import pdfs
from tests.unit.parsers_isolation import hostile_reading_tasks as hostile

QUICK = ParseLimits(memory_bytes=512 * 1024**2, seconds_to_open=60, seconds_per_page=1.0, pages_per_range=3)
SamplePdf = Callable[[str], Path]


@pytest.fixture(scope="module")
def parser() -> Iterator[IsolatedParser]:
    with IsolatedParser(ParseLimits(seconds_per_page=30)) as parser:
        yield parser


def _parse(parser: IsolatedParser, path: Path, **options: object) -> ParseOutcome:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return parser.parse(path, sha256=sha256, media_type=PDF, options=ParseOptions(policy=ParsePolicy.FAST), **options)  # type: ignore[arg-type]


def _write(tmp_path: Path, content: bytes, name: str = "document.pdf") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def test_a_document_is_parsed_with_progress_and_measurements(parser: IsolatedParser, tmp_path: Path) -> None:
    progress: list[tuple[int, int]] = []
    outcome = _parse(
        parser,
        _write(tmp_path, pdfs.plain(pages=20)),
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert outcome.document.ledger.state is LedgerState.COMPLETE
    assert "harbour" in outcome.document.text
    assert progress == [(16, 20), (20, 20)]
    assert outcome.measurements.cpu_seconds > 0
    assert {"open", "read", "overhead", "assemble"} <= set(outcome.measurements.by_step)


def test_page_ranges_do_not_change_the_document(tmp_path: Path) -> None:
    path = _write(tmp_path, pdfs.furniture(pages=5))
    documents = []
    for size in (1, 2, 16):
        with IsolatedParser(ParseLimits(pages_per_range=size)) as parser:
            documents.append(_parse(parser, path).document)
    assert documents[0] == documents[1] == documents[2]


@pytest.mark.parametrize(
    ("sample", "error"),
    [
        (pdfs.encrypted, errors.EncryptedDocument),
        (pdfs.zero_pages, errors.NoPages),
        (pdfs.truncated, errors.DamagedDocument),
    ],
)
def test_what_cannot_be_read_has_its_own_error(
    parser: IsolatedParser, tmp_path: Path, sample: Callable[[], bytes], error: type[errors.ParseError]
) -> None:
    with pytest.raises(error) as raised:
        _parse(parser, _write(tmp_path, sample()))
    assert type(raised.value) is error
    assert str(tmp_path) not in str(raised.value)
    assert _parse(parser, _write(tmp_path, pdfs.plain(), "next.pdf")).document.ledger.state is LedgerState.COMPLETE


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", errors.EmptyFile, "empty"),
        (b"\x7fELF\x02\x01", errors.UnsupportedMediaType, "a program"),
    ],
)
def test_what_is_no_pdf_is_refused_by_content(content: bytes, error: type[errors.ParseError], words: str) -> None:
    with pytest.raises(error, match=words):
        require_supported(detect_media_type(io.BytesIO(content)))


def test_a_document_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with IsolatedParser(QUICK) as parser:
        with pytest.raises(errors.LimitExceeded, match="time"):
            _parse(parser, _write(tmp_path, pdfs.endless()))
        assert _parse(parser, _write(tmp_path, pdfs.plain(), "next.pdf")).document.ledger.state is LedgerState.COMPLETE


def _stream_bomb() -> bytes:
    """A page of thirty million line segments in about one kilobyte: its content is compressed twice."""
    compressor = zlib.compressobj(9)
    once = compressor.compress(b"0 0 m ")
    for _ in range(30):
        once += compressor.compress(b"1 1 l 9 7 l " * 500_000)
    stream = zlib.compress(once + compressor.flush(), 9)
    head = b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>" % len(stream)
    return pdfs.raw_pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Contents 4 0 R >>",
            4: head + b"\nstream\n" + stream + b"\nendstream",
        }
    )


def test_a_stream_that_unpacks_to_more_than_the_memory_is_given_up(tmp_path: Path) -> None:
    with IsolatedParser(ParseLimits(memory_bytes=256 * 1024**2, seconds_per_page=60)) as parser:
        with pytest.raises(errors.LimitExceeded, match="memory"):
            _parse(parser, _write(tmp_path, _stream_bomb()))
        assert _parse(parser, _write(tmp_path, pdfs.plain(), "next.pdf")).document.ledger.state is LedgerState.COMPLETE


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    with IsolatedParser(ParseLimits(pages=2)) as parser, pytest.raises(errors.LimitExceeded, match="3 pages"):
        _parse(parser, _write(tmp_path, pdfs.plain(pages=3)))


def test_poisoned_pages_become_findings_and_the_others_survive(tmp_path: Path) -> None:
    progress: list[int] = []
    with IsolatedParser(QUICK, tasks_module=hostile.__name__) as parser:
        outcome = _parse(
            parser, _write(tmp_path, pdfs.plain(pages=8)), on_progress=lambda done, _: progress.append(done)
        )
    ledger = outcome.document.ledger
    found = {finding.page: finding.code for finding in ledger.findings}
    assert found == {
        hostile.HANGING: "page_timeout",
        hostile.CRASHING: "page_crashed",
        hostile.DEVOURING: "page_memory",
        hostile.FAILING: "page_failed",
    }
    assert any("beyond repair" in finding.message for finding in ledger.findings)
    assert ledger.state is LedgerState.PARTIAL
    assert (ledger.pages_total, ledger.pages_parsed) == (8, 4)
    assert {page.number for page in outcome.document.pages} >= {1, 3, 7, 8}
    assert progress == sorted(set(progress))
    assert progress[-1] == 8
    assert outcome.measurements.by_step["overhead"] > 0


def test_a_document_whose_pages_all_hang_is_given_up_early(tmp_path: Path) -> None:
    limits = ParseLimits(seconds_per_page=0.1, pages_per_range=4)
    with (
        IsolatedParser(limits, tasks_module="tests.unit.parsers_isolation.hopeless_tasks") as parser,
        pytest.raises(errors.LimitExceeded),
    ):
        _parse(parser, _write(tmp_path, pdfs.plain(pages=400)))


@pytest.mark.parametrize(
    ("name", "seconds", "error"), [("hang.pdf", 0.3, errors.LimitExceeded), ("crash.pdf", 60, errors.ParserCrashed)]
)
def test_opening_can_hang_or_crash(tmp_path: Path, name: str, seconds: float, error: type[errors.ParseError]) -> None:
    limits = ParseLimits(seconds_to_open=seconds)
    with (
        IsolatedParser(limits, tasks_module="tests.unit.parsers_isolation.hopeless_tasks") as parser,
        pytest.raises(error, match="open"),
    ):
        _parse(parser, _write(tmp_path, pdfs.plain(), name))


def test_a_running_parse_can_be_cancelled(tmp_path: Path) -> None:
    asked: list[float] = []

    def stop() -> bool:  # says so once the document is open and its pages hang
        asked.append(time.monotonic())
        return asked[-1] - asked[0] > 2.0

    with (
        IsolatedParser(tasks_module="tests.unit.parsers_isolation.hopeless_tasks") as parser,
        pytest.raises(errors.ParseCancelled),
    ):
        _parse(parser, _write(tmp_path, pdfs.plain(pages=2)), should_stop=stop)
    assert len(asked) > 2


def test_a_file_inside_that_is_too_large_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("large.txt", "x" * 2_000)
        archive.writestr("small.txt", "x")
    with IsolatedParser(ParseLimits(child_bytes=1_000)) as parser:
        document = parser.parse(path, sha256="0" * 64, media_type="application/zip", options=ParseOptions()).document
    assert [child.name for child in document.children] == ["small.txt"]
    (finding,) = [finding for finding in document.ledger.findings if finding.code == "child_unreadable"]
    assert "larger than" in finding.message


def test_pictures_can_be_handed_on_as_their_pages_arrive(parser: IsolatedParser, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    picture = base64.b64encode(_small_picture()).decode()
    path.write_text(
        f'<html><body><p>Text.</p><img src="data:image/png;base64,{picture}" alt="A tide gauge"></body></html>'
    )
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    handed: dict[str, bytes] = {}
    options = ParseOptions(policy=ParsePolicy.FAST)
    kept = parser.parse(path, sha256=sha256, media_type="text/html", options=options)
    given = parser.parse(
        path,
        sha256=sha256,
        media_type="text/html",
        options=options,
        on_image=lambda reference, data: handed.update({reference.sha256: data}),
    )
    assert kept.document == given.document
    assert dict(kept.images) == handed
    assert handed
    assert not given.images


def _small_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (120, 90), "navy").save(buffer, "PNG")
    return buffer.getvalue()


def test_a_parse_is_encoded_in_pieces(parser: IsolatedParser, tmp_path: Path) -> None:
    outcome = _parse(parser, _write(tmp_path, pdfs.headings()))
    whole = msgspec.json.decode(encode(outcome))
    assert b"".join(encode_parts(outcome)) == encode(outcome)
    for element in whole["elements"]:
        assert element["derivation"].pop("cpu_seconds") >= 0
    assert whole == msgspec.json.decode(encode_document(outcome.document))
    assert abs(sum(outcome.measurements.by_element.values()) - _page_seconds(outcome)) < 1e-6


def _page_seconds(outcome: ParseOutcome) -> float:
    steps = outcome.measurements.by_step
    return sum(seconds for step, seconds in steps.items() if step not in {"open", "read", "overhead", "assemble"})
