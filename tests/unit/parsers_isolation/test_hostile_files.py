"""Files made to do harm end in a Document that says what is missing, or in a clear error, and harm nobody."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from parsers.detection import PDF, detect_media_type, require_supported
from parsers.errors import ParseError
from parsers.isolation import IsolatedParser
from parsers.model import Document, LedgerState
from parsers.policy import ParseLimits, ParseOptions, ParsePolicy
from tests.support import pdfs
from tests.support.hostile import HOSTILE

FAST = ParseOptions(policy=ParsePolicy.FAST)
LIMITS = ParseLimits(memory_bytes=1024**3, seconds_to_open=8.0, seconds_per_page=4.0)
"""Little time, so that the bombs end soon: on a busy machine more of them end as errors, which is as good."""


@pytest.fixture(scope="module")
def parser() -> Iterator[IsolatedParser]:
    with IsolatedParser(LIMITS) as parser:
        yield parser


def _parse(parser: IsolatedParser, path: Path) -> Document:
    content = path.read_bytes()
    media_type = detect_media_type(io.BytesIO(content), path.name)
    require_supported(media_type)
    sha256 = hashlib.sha256(content).hexdigest()
    return parser.parse(path, sha256=sha256, media_type=media_type, options=FAST).document


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_it_ends_and_says_what_became_of_it(parser: IsolatedParser, tmp_path: Path, name: str) -> None:
    file_name, make = HOSTILE[name]
    folder = tmp_path / "documents"
    folder.mkdir()
    path = folder / file_name
    path.write_bytes(make())
    try:
        document = _parse(parser, path)
    except ParseError as error:
        assert str(error).endswith((".", ")"))
        assert str(tmp_path) not in str(error)
    else:
        assert document.text.strip() or document.children or document.ledger.state is not LedgerState.COMPLETE
        assert document.text.strip() or document.ledger.findings or document.children, "an empty result says why"
        assert "root:" not in document.text
    assert [entry.name for entry in tmp_path.rglob("*") if entry.is_file()] == [file_name]


def test_the_parser_is_as_good_as_before(parser: IsolatedParser, tmp_path: Path) -> None:
    path = tmp_path / "sound.pdf"
    path.write_bytes(pdfs.plain())
    assert detect_media_type(io.BytesIO(path.read_bytes())) == PDF
    assert _parse(parser, path).ledger.state is LedgerState.COMPLETE
