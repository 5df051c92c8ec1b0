"""The corpus, ingested by the real parts, answers its questions as well as `eval_data/expected.yaml` says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import eval_data
from ingestion.model import JobState
from parsers.contract import decode
from retrieval.evaluation.gate import Requirement, read_gate
from retrieval.evaluation.measures import CitedHit, document_names, measure
from retrieval.evaluation.outcomes import Outcome, Summary, summarise
from retrieval.evaluation.questions import Question, read_questions
from retrieval.options import RetrieveQuery
from retrieval.results import RetrievedPassage, RetrieveResult
from tests.support.composition import READER, TENANT, Composition, composed

CORPUS = Path(eval_data.__file__).parent
DOCUMENTS = sorted((CORPUS / "documents").glob("*.pdf"))
QUESTIONS = read_questions(CORPUS / "questions.jsonl")
GATE = read_gate(CORPUS / "expected.yaml")
DEPTH = 20

Answers = dict[str, RetrieveResult]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    with composed(tmp_path_factory.mktemp("eval")) as service:
        jobs = service.ingest("eval", DOCUMENTS)
        assert {job.document_name: job.state for job in jobs} == {path.name: JobState.SUCCEEDED for path in DOCUMENTS}
        yield service


@pytest.fixture(scope="module")
def answers(service: Composition) -> Answers:
    return {question.id: ask(service, question) for question in QUESTIONS}


def ask(service: Composition, question: Question) -> RetrieveResult:
    query = RetrieveQuery(query=question.query, collections=("eval",), top_k=DEPTH)
    return service.retriever.retrieve(query, READER)


def cited(passage: RetrievedPassage) -> CitedHit:
    view = passage.document
    return CitedHit(
        document=view.id,
        names=document_names(view.id, view.version, view.source_uri),
        pages=frozenset(span.page for span in passage.spans),
        ranges=tuple((span.start, span.end) for span in passage.spans),
        quotes=tuple(span.quote for span in passage.spans),
    )


@pytest.fixture(scope="module")
def summary(answers: Answers) -> Summary:
    return summarise(
        [
            Outcome(
                id=question.id,
                type=question.type,
                answerable=question.answerable,
                measures=measure(question, [cited(hit) for hit in answers[question.id].results], DEPTH),
                answerability=answers[question.id].answerability.score,
            )
            for question in QUESTIONS
        ]
    )


@pytest.mark.parametrize("wanted", GATE.requirements, ids=lambda wanted: wanted.name)
def test_retrieval_is_as_good_as_expected(summary: Summary, wanted: Requirement) -> None:
    assert GATE.met(wanted, summary), (wanted.measured(summary), wanted)


def test_every_span_of_every_hit_is_a_slice_of_its_parse(service: Composition, answers: Answers) -> None:
    """The contract a caller relies on: offsets point into the document that the hit names."""
    spans = 0
    for hit in {hit.chunk_id: hit for answer in answers.values() for hit in answer.results}.values():
        parse = decode(service.blobs.read_named(TENANT, f"parses/{hit.lineage.parse_id}.json"))
        assert parse.document.sha256 == hit.document.version
        for span in hit.spans:
            assert parse.text[span.start : span.end] == span.quote
            spans += 1
    assert spans > 100


def test_an_unanswerable_question_is_answered_with_passages_that_do_exist(answers: Answers) -> None:
    unanswerable = [question.id for question in QUESTIONS if question.type == "unanswerable"]
    names = {path.name for path in DOCUMENTS}
    assert unanswerable
    assert {Path(hit.document.source_uri).name for key in unanswerable for hit in answers[key].results} <= names
