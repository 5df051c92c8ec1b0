"""The measures of a question, computed by hand on small cases, and what holds of them for any hits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.evaluation.measures import CitedHit, document_names, measure
from retrieval.evaluation.questions import Gold, Question


def question(*gold: Gold) -> Question:
    return Question(id="q", query="?", gold=gold)


def page(number: int, quote: str | None = None, document: str = "a.pdf") -> Gold:
    return Gold(document=document, page=number, quote=quote)


def hit(*pages: int, document: str = "a.pdf", quotes: tuple[str, ...] = (), at: int = 0) -> CitedHit:
    return CitedHit(
        document=f"doc_{document}",
        names=document_names(f"doc_{document}", "0" * 64, f"upload:///{document}"),
        pages=frozenset(pages),
        ranges=((at, at + sum(map(len, quotes))),) if quotes else (),
        quotes=quotes,
    )


def test_the_rank_of_the_first_right_page_counts() -> None:
    row = measure(question(page(3)), [hit(1), hit(3), hit(3)], 20)
    assert (row["hit@1"], row["hit@3"], row["mrr"]) == (0, 1, 0.5)
    assert row["ndcg@10"] == pytest.approx(1 / math.log2(3))
    assert row["recall@5"] == 1


def test_the_same_page_of_another_document_is_no_hit() -> None:
    row = measure(question(page(3, "x")), [hit(3, document="b.pdf", quotes=("x",))], 10)
    assert {name: value for name, value in row.items() if value} == {}


def test_places_in_several_documents_are_all_wanted() -> None:
    asked = question(page(1), page(2, document="b.pdf"))
    row = measure(asked, [hit(1), hit(9), hit(9), hit(2, document="b.pdf"), hit(9)], 10)
    assert (row["hit@1"], row["recall@5"], row["document@1"]) == (1, 1, 1)
    assert row["ndcg@10"] == pytest.approx((1 + 1 / math.log2(5)) / (1 + 1 / math.log2(3)))
    assert measure(asked, [hit(1)], 10)["recall@5"] == 0.5


def test_a_place_counts_once_however_often_it_is_hit() -> None:
    row = measure(question(page(1), page(2)), [hit(1), hit(1), hit(1)], 10)
    assert row["ndcg@10"] == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_a_hit_over_two_gold_pages_is_not_worth_more_than_the_best_order() -> None:
    assert measure(question(page(1), page(2)), [hit(1, 2)], 10)["ndcg@10"] == 1


def test_page_precision_counts_each_page_once() -> None:
    row = measure(question(page(1)), [hit(1), hit(1), hit(2, 3), hit(4)], 10)
    assert row["page_precision@5"] == 0.25


@pytest.mark.parametrize(("quotes", "found"), [(("Net", "12.5\t3"), 1.0), (("Net 12.5", "4"), 0.0)])
def test_a_quote_may_be_spread_over_spans_and_white_space(quotes: tuple[str, ...], found: float) -> None:
    assert measure(question(page(1, "Net 12.5 3")), [hit(2, quotes=quotes)], 5)["span@1"] == found


def test_precision_and_recall_of_quotes_count_characters() -> None:
    row = measure(question(page(1, "12345")), [hit(1, quotes=("12345 and more text!",)), hit(1)], 5)
    assert (row["span_precision@5"], row["span_recall@5"]) == (0.25, 1)


def test_precision_and_recall_of_spans_count_characters_once() -> None:
    asked = question(Gold(document="a.pdf", span=(10, 30)))
    twice = [hit(1, quotes=("x" * 20,), at=0), hit(1, quotes=("x" * 20,), at=5)]
    row = measure(asked, twice, 5)
    assert (row["span_precision@5"], row["span_recall@5"]) == (15 / 25, 15 / 20)
    assert (row["span@1"], row["hit@1"]) == (1, 1)
    assert "page_precision@5" not in row


def test_where_only_a_document_is_named_the_document_is_enough() -> None:
    row = measure(question(Gold(document="2024/Report")), [hit(7, document="2024/report.pdf")], 5)
    assert row["hit@1"] == 1
    assert "span@1" not in row


def test_a_question_without_gold_and_cutoffs_beyond_the_depth_are_not_measured() -> None:
    assert measure(question(), [hit(1)], 10) == {}
    assert {"hit@10", "ndcg@10", "recall@5"}.isdisjoint(measure(question(page(1)), [hit(1)], 3))


PAGES = st.lists(st.frozensets(st.integers(1, 6), min_size=1, max_size=3), max_size=12)


@given(found=PAGES, wanted=st.frozensets(st.integers(1, 6), min_size=1, max_size=4))
def test_measures_lie_between_0_and_1_and_more_hits_never_lower_what_is_found(
    found: list[frozenset[int]], wanted: frozenset[int]
) -> None:
    asked = question(*(page(number) for number in sorted(wanted)))
    hits = [hit(*pages) for pages in found]
    row = measure(asked, hits, 20)
    assert all(0 <= value <= 1 for value in row.values())
    assert row["hit@1"] <= row["hit@3"] <= row["hit@5"] <= row["hit@10"] <= row["hit@20"]
    assert row["recall@5"] <= row["recall@10"] <= row["recall@20"]
    longer = measure(asked, [*hits, hit(*wanted)], 20)
    assert all(longer[name] >= row[name] for name in row if not name.startswith(("page_precision", "span_precision")))
    assert (row["mrr"] == 0) == (row["hit@20"] == 0)


@given(st.text(min_size=1, max_size=30).filter(lambda name: name.strip("/").strip()))
def test_a_document_is_known_by_its_id_and_source_in_any_case(name: str) -> None:
    names = document_names("doc_A", "ab", f"upload:///{name}")
    assert {"doc_a", "ab"} <= names
