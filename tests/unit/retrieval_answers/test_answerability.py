"""How likely an answer is, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answerability import Signals, answerability, probability, signals_of
from retrieval.facts import DocumentFacts
from retrieval.model import Chunk
from retrieval.options import CandidateList, RetrieveQuery
from retrieval.ports import DocumentView
from retrieval.question_terms import TermKind, question_terms
from retrieval.ranking import Ranked
from retrieval.results import Answerability
from retrieval.stages.fusion import FusedCandidate
from retrieval.stages.query_analysis import AnalysedQuery, analyse
from tests.unit.retrieval_engine.world import PARSE, document_id, make_chunk

ACME_2022 = ("ACMEWORKS_2022_report", "Revenue was 12 million in 2022 and 11 million in 2021.")
ACME_2019 = ("ACMEWORKS_2019_report", "Revenue was 9 million in 2019 and 8 million in 2018.")


def _found(
    question: str, documents: Sequence[tuple[str, str]], *, near: float = 0.6, facts: DocumentFacts | None = None
) -> tuple[AnalysedQuery, Ranked, list[Chunk]]:
    chunks = [make_chunk(document_id(title), PARSE, 0, 1, text) for title, text in documents]
    views = {
        (chunk.document_id, PARSE): DocumentView(
            id=chunk.document_id,
            collection="demo",
            version="v",
            title=title,
            source_uri="",
            media_type="",
            updated_at="",
            facts=facts,
        )
        for chunk, (title, _) in zip(chunks, documents, strict=True)
    }
    analysed = analyse(RetrieveQuery(query=question))
    candidates = [FusedCandidate(id=chunk.id, score=1.0, scores={CandidateList.DENSE: near}) for chunk in chunks]
    return analysed, Ranked(analysed=analysed, candidates=candidates, payloads={}, views=views), chunks


def _sure(question: str, documents: Sequence[tuple[str, str]], near: float = 0.6) -> Answerability:
    return answerability(*_found(question, documents, near=near))


def _score(question: str, documents: Sequence[tuple[str, str]], near: float = 0.6) -> float:
    score = _sure(question, documents, near).score
    assert score is not None
    return score


def test_the_document_that_the_question_names_makes_it_likely() -> None:
    question = "What was the revenue of Acme in 2022?"
    there, other_year = _score(question, [ACME_2022, ACME_2019]), _score(question, [ACME_2019])
    assert there > 0.7 > 0.4 > other_year
    elsewhere = _score(question, [("Globex 2022 report", "Revenue was 5 million in 2022.")])
    assert elsewhere < there - 0.3


def test_names_and_years_must_meet_in_one_document() -> None:
    question = "What was the revenue of Acme in 2022?"
    apart = [ACME_2019, ("Globex 2022 report", "Revenue was 5 million in 2022.")]
    assert _score(question, apart) < _score(question, [ACME_2022]) - 0.3


def test_what_a_document_is_said_to_be_names_it_too() -> None:
    question = "What was the revenue of Acme in 2022?"
    scan = [("scan0012", "Revenue was 12 million.")]
    plain = signals_of(*_found(question, scan))
    known = signals_of(*_found(question, scan, facts=DocumentFacts(organisation="Acme AG", periods=("2022",))))
    assert (plain.named, plain.dated) == (0.0, 0.0) and (known.named, known.dated) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("question", "documents", "said"),
    [
        ("What did Zorvex pay in 2022?", [ACME_2022], "names 'Zorvex'"),
        ("Revenue of Acme in 2017", [ACME_2022], "asks for '2017'"),
        ("What is the depreciation of Acme in 2022?", [ACME_2022], "says 'depreciation'"),
        ("Revenue of Acme in 2022", [ACME_2022], "every word"),
        ("anything", [], "Nothing was found"),
    ],
)
def test_the_reason_is_in_the_words_of_the_question(
    question: str, documents: Sequence[tuple[str, str]], said: str
) -> None:
    verdict = _sure(question, documents)
    assert said in verdict.reason
    assert "million" not in verdict.reason, "it never quotes a document"


def test_nothing_found_is_certain() -> None:
    assert _score("anything", []) == 0.0


@given(st.text(max_size=60), st.floats(-1, 1.5))
def test_it_is_always_a_probability(question: str, near: float) -> None:
    score = _score(f"q {question}", [ACME_2022, ACME_2019], near)
    assert 0 <= score <= 1
    signals = signals_of(*_found(f"q {question}", [ACME_2022], near=near))
    assert all(0 <= value <= 1 for value in astuple(signals)[1:])


def test_more_of_the_question_is_never_less_likely() -> None:
    nothing = Signals(similarity=0, named=0, dated=0, named_dated=0, names=0, numbers=0, words=0, passage=0)
    everything = Signals(similarity=1, named=1, dated=1, named_dated=1, names=1, numbers=1, words=1, passage=1)
    assert probability(nothing) < 0.05 < 0.95 < probability(everything)
    assert math.isfinite(probability(everything))


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What did Acme Corp pay in FY2022?", {"Acme": "name", "Corp": "name", "pay": "word", "FY2022": "number"}),
        ("Revenue grew. Why?", {"Revenue": "word", "grew": "word"}),
        ("WHAT DID ACME PAY", {"ACME": "word", "PAY": "word"}),
        ("what is the ebitda of eBay", {"ebitda": "word", "eBay": "name"}),
        ("How many staff may travel in May?", {"staff": "word", "travel": "word", "May": "name"}),
        ("3.5% of (QF-72)", {"3.5%": "number", "QF-72": "number"}),
        ("", {}),
    ],
)
def test_what_the_words_of_a_question_are(question: str, kinds: dict[str, str]) -> None:
    assert {term.text: str(term.kind) for term in question_terms(question)} == kinds


@given(st.text(max_size=80))
def test_terms_are_words_of_the_question_once_each(question: str) -> None:
    terms = question_terms(question)
    assert all(term.text in question and term.tokens and term.kind in TermKind for term in terms)
    assert len({term.tokens for term in terms}) == len(terms)
