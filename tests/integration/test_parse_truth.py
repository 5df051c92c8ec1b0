"""The parse of the corpus against what its generator printed: order, headings, lists, cells of tables, furniture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from eval_data import truth as corpus_truth
from eval_data.truth import Tally
from parsers.isolation import IsolatedParser
from parsers.model import Document, LedgerState
from parsers.policy import ParseOptions, ParsePolicy

CORPUS = Path(corpus_truth.__file__).parent
DOCUMENTS = sorted((CORPUS / "documents").glob("*.pdf"))
EXPECTED = yaml.safe_load((CORPUS / "expected.yaml").read_text(encoding="utf-8"))["parse"]


@pytest.fixture(scope="module")
def parsed() -> Iterator[dict[str, Document]]:
    with IsolatedParser() as parser:
        yield {path.stem: _parse(parser, path) for path in DOCUMENTS}


def _parse(parser: IsolatedParser, path: Path) -> Document:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return parser.parse(
        path, sha256=sha256, media_type="application/pdf", options=ParseOptions(policy=ParsePolicy.FAST)
    ).document


def test_every_document_is_complete(parsed: dict[str, Document]) -> None:
    ledgers = {name: document.ledger for name, document in parsed.items()}
    assert {name: ledger.state for name, ledger in ledgers.items()} == dict.fromkeys(ledgers, LedgerState.COMPLETE)
    assert min(ledger.text_coverage for ledger in ledgers.values()) == pytest.approx(1.0)


def test_titles_are_found(parsed: dict[str, Document]) -> None:
    """A document's title says what it is: to be the file's property or the first title."""
    for name, document in parsed.items():
        truth = corpus_truth.read_truth(CORPUS / "truth" / f"{name}.json")
        assert document.document.title, name
        assert document.document.page_count == truth["pages"]


@pytest.mark.parametrize("measure", sorted(EXPECTED["scores"]))
def test_the_parse_agrees_with_the_truth(parsed: dict[str, Document], measure: str) -> None:
    tallies = [
        corpus_truth.compare(corpus_truth.read_truth(CORPUS / "truth" / f"{name}.json"), document)
        for name, document in parsed.items()
    ]
    whole = sum((tally[measure] for tally in tallies), Tally())
    assert corpus_truth.summary({measure: whole})[measure] >= EXPECTED["scores"][measure] - EXPECTED["tolerance"], (
        whole.wrong
    )
