"""The corpus, ingested by the real parts, answers its questions as well as `eval_data/expected.yaml` says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from eval_data import score as scoring
from eval_data.score import CitedHit, Question
from ingestion.model import JobState
from parsers.contract import decode
from retrieval.options import RetrieveQuery
from retrieval.results import RetrievedPassage
from tests.support.composition import READER, TENANT, Composition, composed

CORPUS = Path(scoring.__file__).parent
DOCUMENTS = sorted((CORPUS / "documents").glob("*.pdf"))
QUESTIONS = scoring.read_questions(CORPUS / "questions.jsonl")
EXPECTED = yaml.safe_load((CORPUS / "expected.yaml").read_text(encoding="utf-8"))["retrieval"]

Answers = dict[str, tuple[RetrievedPassage, ...]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    with composed(tmp_path_factory.mktemp("eval")) as service:
        jobs = service.ingest("eval", DOCUMENTS)
        assert {job.document_name: job.state for job in jobs} == {path.name: JobState.SUCCEEDED for path in DOCUMENTS}
        yield service


@pytest.fixture(scope="module")
def answers(service: Composition) -> Answers:
    return {question.id: ask(service, question) for question in QUESTIONS}


def ask(service: Composition, question: Question) -> tuple[RetrievedPassage, ...]:
    query = RetrieveQuery(query=question.query, collections=("eval",), top_k=10)
    return service.retriever.retrieve(query, READER).results


def cited(passage: RetrievedPassage) -> CitedHit:
    return CitedHit(
        document=Path(passage.document.source_uri).name,
        pages=frozenset(span.page for span in passage.spans),
        quotes=tuple(span.quote for span in passage.spans),
    )


@pytest.fixture(scope="module")
def scores(answers: Answers) -> dict[str, float]:
    return scoring.score(QUESTIONS, {key: [cited(hit) for hit in hits] for key, hits in answers.items()})


@pytest.mark.parametrize("measure", sorted(EXPECTED["scores"]))
def test_retrieval_is_as_good_as_expected(scores: dict[str, float], measure: str) -> None:
    assert scores[measure] >= EXPECTED["scores"][measure] - EXPECTED["tolerance"], scores


def test_every_span_of_every_hit_is_a_slice_of_its_parse(service: Composition, answers: Answers) -> None:
    """The contract a caller relies on: offsets point into the document that the hit names."""
    spans = 0
    for hit in {hit.chunk_id: hit for hits in answers.values() for hit in hits}.values():
        parse = decode(service.blobs.read_named(TENANT, f"parses/{hit.lineage.parse_id}.json"))
        assert parse.document.sha256 == hit.document.version
        for span in hit.spans:
            assert parse.text[span.start : span.end] == span.quote
            spans += 1
    assert spans > 100


def test_an_unanswerable_question_is_answered_with_passages_that_do_exist(answers: Answers) -> None:
    """No answer is made up; how sure the service is comes with a calibrated answerability later."""
    unanswerable = [question.id for question in QUESTIONS if question.type == "unanswerable"]
    names = {path.name for path in DOCUMENTS}
    assert unanswerable
    assert {Path(hit.document.source_uri).name for key in unanswerable for hit in answers[key]} <= names
