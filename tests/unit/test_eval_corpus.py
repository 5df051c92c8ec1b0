"""The committed corpus is what its generator makes, and its questions can be answered from it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pypdfium2
import pytest
import reportlab

from eval_data import generate
from retrieval.evaluation.measures import without_space
from retrieval.evaluation.questions import read_questions

CORPUS = Path(generate.__file__).parent
DOCUMENTS = sorted((CORPUS / "documents").glob("*.pdf"))
QUESTIONS = read_questions(CORPUS / "questions.jsonl")


def text_of_page(path: Path, page: int) -> str:
    document = pypdfium2.PdfDocument(path)
    return without_space(document[page - 1].get_textpage().get_text_range())


def test_the_generator_makes_the_committed_files(tmp_path: Path) -> None:
    generate.write(tmp_path)
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {
        path.relative_to(CORPUS)
        for part in ("documents", "truth")
        for path in (CORPUS / part).iterdir()
    } | {Path("questions.jsonl"), Path("qrels.txt")}  # fmt: skip
    assert made == kept
    different = [str(path) for path in sorted(made) if (tmp_path / path).read_bytes() != (CORPUS / path).read_bytes()]
    assert different == [], f"with reportlab {reportlab.Version}; run `python -m eval_data.generate`"


def test_the_corpus_is_small_and_of_different_kinds() -> None:
    assert len(DOCUMENTS) >= 12
    assert max(path.stat().st_size for path in DOCUMENTS) < 60_000


def test_enough_questions_of_each_type() -> None:
    types = [question.type for question in QUESTIONS]
    assert len({question.query for question in QUESTIONS}) == len(QUESTIONS) >= 40
    assert types.count("table") >= 12
    assert types.count("cell") >= 10
    assert types.count("several") >= 5
    assert types.count("german") + types.count("french") >= 8
    assert types.count("unanswerable") >= 12
    assert all(len({gold.document for gold in q.gold}) > 1 for q in QUESTIONS if q.type == "several")
    assert all(q.answerable is (q.type != "unanswerable") for q in QUESTIONS)


@pytest.mark.parametrize("question", [question for question in QUESTIONS if question.gold], ids=lambda q: q.id)
def test_a_gold_quote_is_printed_on_its_page(question) -> None:
    """Read by a library that took no part in making or parsing the documents."""
    for gold in question.gold:
        assert gold.quote is not None
        assert gold.page is not None
        assert without_space(gold.quote) in text_of_page(CORPUS / "documents" / gold.document, gold.page)


def test_qrels_name_the_pages_of_the_gold_passages() -> None:
    lines = [line.split() for line in (CORPUS / "qrels.txt").read_text(encoding="utf-8").splitlines()]
    assert all(len(line) == 4 and line[1] == "0" and line[3] == "1" for line in lines)
    judged = {(line[0], line[2]) for line in lines}
    assert judged == {(q.id, f"{gold.document}#{gold.page}") for q in QUESTIONS for gold in q.gold}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_truth_is_what_the_document_prints(path: Path) -> None:
    """Every block is on its page, as another library reads it; a block on two pages is there in parts."""
    truth = json.loads((CORPUS / "truth" / f"{path.stem}.json").read_text(encoding="utf-8"))
    document = pypdfium2.PdfDocument(path)
    assert len(document) == truth["pages"]
    pages = {number: text_of_page(path, number) for number in range(1, truth["pages"] + 1)}
    for block in truth["blocks"]:
        printed = "".join(pages[page] for page in block["pages"])
        if block["kind"] == "table":
            words = [cell for row in block["rows"] for cell in row]
        else:
            words = re.findall(r"\S+", block["text"])
        assert [word for word in words if without_space(word) not in printed] == [], block
