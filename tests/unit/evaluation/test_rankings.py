"""Measures of rankings by hand, and against trec_eval's own code."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.evaluation.rankings import judge, outcomes_of

DOCUMENTS = [f"d{number}" for number in range(40)]
JUDGED = st.dictionaries(st.sampled_from(DOCUMENTS), st.integers(0, 3), min_size=1).filter(lambda j: any(j.values()))
RANKING = st.lists(st.sampled_from(DOCUMENTS), unique=True, min_size=1)
TREC_NAMES = {
    "ndcg_cut_5": "ndcg@5",
    "ndcg_cut_10": "ndcg@10",
    "ndcg_cut_100": "ndcg@100",
    "recall_10": "recall@10",
    "recall_100": "recall@100",
    "P_10": "precision@10",
    "map": "map",
    "recip_rank": "mrr",
    "success_1": "hit@1",
    "success_5": "hit@5",
    "success_10": "hit@10",
}


def test_by_hand() -> None:
    row = judge(["x", "a", "b"], {"a": 1, "b": 2, "c": 0})
    assert row["ndcg@10"] == pytest.approx((1 / math.log2(3) + 2 / 2) / (2 + 1 / math.log2(3)))
    assert row["map"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert (row["mrr"], row["recall@10"], row["precision@10"], row["hit@1"]) == (0.5, 1, 0.2, 0)


def test_a_query_without_ranking_is_0_and_one_without_relevant_documents_is_left_out() -> None:
    outcomes = outcomes_of({"1": ["a"]}, {"1": {"a": 1}, "2": {"b": 1}, "3": {"c": 0}})
    assert [(outcome.id, outcome.measures["ndcg@10"]) for outcome in outcomes] == [("1", 1.0), ("2", 0.0)]


@settings(max_examples=60)
@given(ranking=RANKING, judged=JUDGED)
def test_trec_eval_measures_the_same(ranking: list[str], judged: dict[str, int]) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval", reason="pytrec_eval-terrier is not installed")
    measures = {"ndcg_cut.5,10,100", "recall.10,100", "P.10", "map", "recip_rank", "success.1,5,10"}
    evaluator = pytrec_eval.RelevanceEvaluator({"q": judged}, measures)
    theirs = evaluator.evaluate({"q": {document: 1 / rank for rank, document in enumerate(ranking, 1)}})["q"]
    ours = judge(ranking, judged)
    for name, own in TREC_NAMES.items():
        assert ours[own] == pytest.approx(theirs[name]), own
