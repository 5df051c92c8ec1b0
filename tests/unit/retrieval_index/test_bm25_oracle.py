"""The engine's BM25 against rank-bm25 on the same tokens.

rank-bm25's Okapi formula differs from Lucene's in the idf only (it can be negative, and is then floored), so the oracle
is given Lucene's idf.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterator

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from retrieval.index.edge import EdgeIndex
from retrieval.model import Match
from tests.support.vector_indexes import DIMENSION, EVERYTHING, lexical, point


class LuceneOkapi(BM25Okapi):  # type: ignore[misc]
    def _calc_idf(self, nd: dict[str, int]) -> None:
        for word, holders in nd.items():
            self.idf[word] = math.log(1 + (self.corpus_size - holders + 0.5) / (holders + 0.5))


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeIndex]:
    index = EdgeIndex(tmp_path_factory.mktemp("oracle") / "index", DIMENSION)
    yield index
    index.close()


def random_corpus(seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """Documents with words as frequent as in real text (Zipf), of very different lengths, and questions."""
    choose = random.Random(seed)
    words = [f"w{number}" for number in range(50 * 4**seed)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    documents = [
        choose.choices(words, weights, k=max(1, int(choose.lognormvariate(3.5, 1)))) for _ in range(100 + 200 * seed)
    ]
    questions = [choose.choices(words, [weight**0.5 for weight in weights], k=choose.randint(1, 9)) for _ in range(40)]
    return documents, questions


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_ranking_and_scores_are_the_oracles(edge: EdgeIndex, seed: int) -> None:
    documents, questions = random_corpus(seed)
    edge.delete(EVERYTHING)
    edge.upsert([point(number, " ".join(tokens)) for number, tokens in enumerate(documents)])
    oracle = LuceneOkapi(documents, k1=1.2, b=0.75)
    overlaps = []
    for question in questions:
        expected = oracle.get_scores(sorted(set(question)))
        (hits,) = edge.search([lexical(" ".join(question), limit=10)])
        found = [uuid.UUID(hit.id).int for hit in hits]
        assert [hit.score for hit in hits] == pytest.approx([expected[number] for number in found], rel=1e-3)
        best = [int(number) for number in np.argsort(-expected, kind="stable")[:10] if expected[number] > 0]
        assert len(found) == len(best)
        if best:
            overlaps.append(len(set(found) & set(best)) / len(best))
    assert sum(overlaps) / len(overlaps) >= 0.99


def test_deleting_and_rewriting_leaves_the_statistics_of_what_is_there(edge: EdgeIndex) -> None:
    documents, questions = random_corpus(1)
    edge.delete(EVERYTHING)
    edge.upsert([point(number, "w1 w2 w3 " * 20, document="old") for number in range(len(documents))])
    edge.upsert([point(number, " ".join(tokens)) for number, tokens in enumerate(documents)])
    edge.upsert([point(10_000 + number, "w0 w1", document="gone") for number in range(200)])
    edge.delete(Match(key="document", values=("gone",)))
    oracle = LuceneOkapi(documents, k1=1.2, b=0.75)
    for question in questions:
        expected = oracle.get_scores(sorted(set(question)))
        (hits,) = edge.search([lexical(" ".join(question), limit=5)])
        assert [hit.score for hit in hits] == pytest.approx(sorted(expected, reverse=True)[: len(hits)], rel=1e-3)
