"""Answers made of the documents' own sentences and rows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.model import Document
from retrieval.answers.answerer import EXTRACTIVE, Answerer
from retrieval.answers.extractive import MOST_SENTENCES, extract
from retrieval.answers.model import AnswerResult
from retrieval.answers.units import sources_of, units_of
from retrieval.errors import EmbeddingFailed, InvalidQuery
from retrieval.options import OutputFormat, RetrieveQuery
from tests.unit.retrieval_answers.asking import PRINCIPAL, Documents, Engine, SameVectors, passage, report, whole
from tests.unit.retrieval_engine.documents import DOCUMENT_ID, parsed_documents


def _ask(question: str, document: Document, engine: Engine | None = None) -> AnswerResult:
    answerer = Answerer(engine or Engine(whole(document)), SameVectors(), Documents(document))  # type: ignore[arg-type]
    return answerer.answer(RetrieveQuery(query=question), PRINCIPAL)


def test_the_sentence_that_answers_is_quoted_where_it_stands() -> None:
    document = report()
    answer = _ask("When did the yard in Bergen open?", document)
    assert answer.found and answer.model is None
    (sentence,) = answer.sentences
    assert sentence.text == "Its new yard in Bergen opened on 3 May 2022."
    (citation,) = sentence.citations
    assert citation.quote == "Its new yard in Bergen opened\non 3 May 2022." and citation.page == 1
    assert "".join(span.quote for span in citation.spans) and all(span.boxes for span in citation.spans)
    assert citation.result == 1 and citation.cell is None


def test_a_table_question_gives_the_cell_with_the_names_of_its_row_and_column() -> None:
    answer = _ask("What was the operating profit in 2021?", report())
    sentence = answer.sentences[0]
    assert sentence.text == "Operating profit, 2021: (40)"
    cell = sentence.citations[0].cell
    assert cell is not None
    assert (cell.row, cell.column, cell.row_header, cell.column_headers) == (2, 2, "Operating profit", ("2021",))
    assert cell.value == cell.span.quote == "(40)" and cell.span.cell == (2, 2) and cell.span.boxes
    assert sentence.citations[0].quote == "Operating profit\t212\t(40)"


def test_what_is_not_likely_to_be_an_answer_is_not_given() -> None:
    document = report()
    answer = _ask("Revenue in 2022?", document, Engine(whole(document), sure=0.05))
    assert (answer.found, answer.text, answer.sentences) == (False, None, ())
    assert _ask("Revenue in 2022?", document, Engine(whole(document), sure=None)).found, "not known is not unlikely"


def test_nothing_found_is_no_answer() -> None:
    assert not _ask("Revenue?", report(), Engine(())).found


def test_hidden_text_and_text_that_is_gone_are_not_quoted() -> None:
    document = report()
    assert not _ask("Revenue 2022", document, Engine(whole(document, flags=("invisible_text",)))).found
    gone = Answerer(Engine(whole(document)), SameVectors(), Documents(None))  # type: ignore[arg-type]
    assert not gone.answer(RetrieveQuery(query="Revenue 2022"), PRINCIPAL).found


def test_nothing_is_said_twice_though_two_passages_have_it() -> None:
    document = report()
    end = len(document.document.text)
    twice = Engine((passage(document, 0, end), passage(document, 0, end)))
    assert len(_ask("When did the yard in Bergen open?", document, twice).sentences) == 1


def test_without_the_embedding_model_words_choose_and_it_is_said() -> None:
    class Broken(SameVectors):
        def embed(self, texts: object) -> object:  # type: ignore[override]
            raise EmbeddingFailed("broken")

    document = report()
    answerer = Answerer(Engine(whole(document)), Broken(), Documents(document))  # type: ignore[arg-type]
    answer = answerer.answer(RetrieveQuery(query="Revenue in 2022?"), PRINCIPAL)
    assert answer.sentences[0].text == "Revenue, 2022: 1,577"
    assert [degraded.code for degraded in answer.degraded] == ["dense_unavailable"]


def test_what_cannot_be_asked_is_refused_before_anything_is_searched() -> None:
    engine = Engine(())
    answerer = Answerer(engine, SameVectors(), Documents(None))  # type: ignore[arg-type]
    with pytest.raises(InvalidQuery, match="model"):
        answerer.answer(RetrieveQuery(query="q"), PRINCIPAL, model="other")
    with pytest.raises(InvalidQuery, match="format"):
        answerer.answer(RetrieveQuery(query="q", output_format=OutputFormat.DIFY), PRINCIPAL)
    assert engine.asked == []
    assert not answerer.answer(RetrieveQuery(query="q"), PRINCIPAL, model=EXTRACTIVE).found


@given(document=parsed_documents(), question=st.text(alphabet="abé 1.$A", min_size=1, max_size=20))
def test_every_quote_stands_in_the_document_and_in_what_was_found(document: Document, question: str) -> None:
    end = len(document.document.text)
    if not document.document.text.strip():
        return
    found = passage(document, 0, end)
    units = units_of(sources_of((found,), Documents(document), PRINCIPAL.tenant))
    sentences = extract(question, units, SameVectors())
    assert len(sentences) <= MOST_SENTENCES
    for sentence in sentences:
        (citation,) = sentence.citations
        assert citation.document.id == DOCUMENT_ID and citation.quote in document.document.text
        for span in citation.spans if citation.cell is None else (*citation.spans, citation.cell.span):
            assert document.document.text[span.start : span.end] == span.quote
    assert len({sentence.citations[0].citation_id for sentence in sentences}) == len(sentences)


def test_only_what_is_shown_of_a_passage_is_quoted() -> None:
    """A budget may have cut it."""
    document = report()
    text = document.document.text
    cut = passage(document, 0, text.index("Its new"))
    full = replace(cut, citation_id=whole(document)[0].citation_id)
    units = units_of(sources_of((full,), Documents(document), PRINCIPAL.tenant))
    assert [unit.text for unit in units] == ["Acme builds cranes."]
