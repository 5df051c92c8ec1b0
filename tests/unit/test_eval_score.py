"""The measures of eval_data/score.py, computed by hand on small cases."""

from __future__ import annotations

import pytest

from eval_data.score import CitedHit, Gold, Question, score


def question(number: int, page: int, quote: str, kind: str = "text") -> Question:
    gold = (Gold(document="a.pdf", page=page, quote=quote),)
    return Question(id=f"q{number}", query="?", type=kind, answer=None, gold=gold)


def hit(page: int, *quotes: str, document: str = "a.pdf") -> CitedHit:
    return CitedHit(document=document, pages=frozenset({page}), quotes=quotes)


def test_the_rank_of_the_first_right_page_counts() -> None:
    questions = [question(1, 3, "x"), question(2, 4, "y", "table")]
    answers = {"q1": [hit(1), hit(3)], "q2": [hit(4)]}
    scores = score(questions, answers)
    assert scores["hit@1"] == 0.5
    assert scores["hit@5"] == 1
    assert scores["mrr"] == 0.75
    assert (scores["hit@5 (text)"], scores["hit@5 (table)"]) == (1, 1)


def test_the_same_page_of_another_document_is_no_hit() -> None:
    scores = score([question(1, 3, "x")], {"q1": [hit(3, "x", document="b.pdf")]})
    assert scores["hit@10"] == scores["mrr"] == scores["quote@5"] == 0


@pytest.mark.parametrize(("quotes", "found"), [(("Net", "12.5\t3"), 1.0), (("Net 12.5", "4"), 0.0)])
def test_a_quote_may_be_spread_over_spans_and_white_space(quotes: tuple[str, ...], found: float) -> None:
    assert score([question(1, 1, "Net 12.5 3")], {"q1": [hit(2, *quotes)]})["quote@1"] == found


def test_an_unanswerable_question_is_not_counted_and_a_missing_answer_is_zero() -> None:
    empty = Question(id="q9", query="?", type="unanswerable", answer=None, gold=())
    assert score([question(1, 1, "x"), empty], {"q9": [hit(1)]})["hit@10"] == 0
