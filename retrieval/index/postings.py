"""Exact BM25 over the tokens of rows in memory: as Lucene scores it, over the rows that the caller may see.

A word's postings are one array of 32-bit numbers, the row in the upper 24 bits and how often the word is there in the
lower 8 (a count above 255 is taken for 255: it changes a score by less than half a percent).

The search is MaxScore (Turtle and Flood, 1995): words go from the rarest to the commonest; as soon as the words that
are left could not lift a new row among the best, they are only looked up for the rows that can still be among them.
Nothing that could be in the result is left out, so scores and order are those of the full computation.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.hits import Hits
from retrieval.index.payloads import BM25_B, BM25_K
from retrieval.index.rows import Rows, Selection

MAX_ROWS = 1 << 24
_COUNT_BITS = 8
_MAX_COUNT = (1 << _COUNT_BITS) - 1
# Looking one row up in a sorted array costs about as much as going over this many postings.
_LOOKUP_COST = 12
# Going over all scores costs about as much as going over this share of as many postings.
_SCAN_COST = 16
_OUT_OF_REACH = np.float32(1e30)
# Float32 sums differ in the last digits by the order of their terms: bounds get this much slack.
_SLACK = 1e-4

Numbers = NDArray[np.float32]
RowNumbers = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Term:
    postings: NDArray[np.uint32]
    weight: float
    """IDF times (k + 1): no row gets more for the word than that."""


class _ArrayByWord(dict[str, "array[int]"]):
    def __missing__(self, token: str) -> array[int]:
        new = self[token] = array("I")
        return new


class Postings:
    """Words of rows. Rows are added in rising order, dead ones stay and are left out by selections."""

    def __init__(self) -> None:
        self._postings = _ArrayByWord()

    def add(self, row: int, tokens: Sequence[str]) -> None:
        shifted = row << _COUNT_BITS
        postings = self._postings
        for token, count in Counter(tokens).items():
            postings[token].append(shifted | (count if count <= _MAX_COUNT else _MAX_COUNT))

    def search(self, tokens: Sequence[str], rows: Rows, *, found: Selection, corpus: Selection, limit: int) -> Hits:
        """The best `limit` rows of `found`, best first, ties by id; IDF and mean length are those of
        `corpus`."""
        terms = self._terms(tokens, corpus)
        if not terms or not found.count:
            return Hits.of([])
        search = _Search(rows, found, mean=corpus.tokens / corpus.count, limit=limit)
        search.run(terms)
        return search.best()

    def _terms(self, tokens: Sequence[str], corpus: Selection) -> list[_Term]:
        """Those words of the question that the corpus has, the rarest first. A word said twice counts once, as in the
        engines."""
        terms = []
        for token in dict.fromkeys(tokens):
            known = self._postings.get(token)
            if known is None:
                continue
            postings = np.frombuffer(known, dtype=np.uint32)
            frequency = _frequency(token, postings, corpus)
            if frequency:
                idf = math.log(1 + (corpus.count - frequency + 0.5) / (frequency + 0.5))
                terms.append(_Term(postings=postings, weight=idf * (BM25_K + 1)))
        return sorted(terms, key=lambda term: -term.weight)


def _frequency(token: str, postings: NDArray[np.uint32], corpus: Selection) -> int:
    """In how many rows of the corpus the word is. Remembered: only what was added is counted, unless rows died."""
    count, upto, deaths = corpus.frequencies.get(token, (0, 0, corpus.deaths))
    if deaths != corpus.deaths:
        count = upto = 0
    if upto < len(postings):
        count += int(np.count_nonzero(corpus.flags[postings[upto:] >> _COUNT_BITS]))
        corpus.frequencies[token] = (count, len(postings), corpus.deaths)
    return count


class _Search:
    """One question's scores by row, and what is known of the least that the last wanted row has."""

    def __init__(self, rows: Rows, found: Selection, *, mean: float, limit: int) -> None:
        self._rows = rows
        self._lengths = np.frombuffer(rows.lengths, dtype=np.float32)
        self._offset = np.float32(BM25_K * (1 - BM25_B))
        self._slope = np.float32(BM25_K * BM25_B / max(mean, 1e-9))
        self._limit = limit
        # A row that the filter leaves out can never get anywhere, whatever is added. (`np.where` takes 700 us for
        # 100,000 rows, this 30.)
        chosen = found.flags[: len(rows)].view(np.uint8)
        self._scores: Numbers = np.subtract(chosen, np.float32(1), dtype=np.float32)
        self._scores *= _OUT_OF_REACH
        self._least = 0.0

    def run(self, terms: Sequence[_Term]) -> None:
        left = sum(term.weight for term in terms)
        candidates: RowNumbers | None = None
        worth_a_look = len(self._scores) / _SCAN_COST
        for term in terms:
            if len(term.postings) > worth_a_look:
                self._raise_least()
                if candidates is not None:
                    candidates = candidates[self._scores[candidates] >= self._bound(left)]
            if candidates is None and left * (1 + _SLACK) < self._least:
                candidates = np.flatnonzero(self._scores >= self._bound(left))
            if candidates is None or len(candidates) * _LOOKUP_COST > len(term.postings):
                self._add_all(term)
            else:
                self._add_to(candidates, term)
            left -= term.weight

    def best(self) -> Hits:
        scores = self._scores
        rows = np.flatnonzero(scores >= self._least) if self._least > 0 else np.flatnonzero(scores > 0)
        if len(rows) > self._limit:
            least = np.partition(scores[rows], -self._limit)[-self._limit]
            rows = rows[scores[rows] >= least]
        return self._rows.best(rows, scores[rows].astype(np.float64), self._limit)

    def _bound(self, left: float) -> float:
        """What a row must have to be among the best when the words that are left are added."""
        return (self._least - left) * (1 - _SLACK)

    def _add_all(self, term: _Term) -> None:
        rows = (term.postings >> _COUNT_BITS).astype(np.intp)
        self._scores[rows] += self._impact(rows, term.postings, term.weight)

    def _add_to(self, candidates: RowNumbers, term: _Term) -> None:
        keys = candidates.astype(np.uint32) << _COUNT_BITS
        places = np.searchsorted(term.postings, keys)
        places[places == len(term.postings)] = 0
        postings = term.postings[places]
        there = (postings >> _COUNT_BITS) == candidates
        rows = candidates[there]
        self._scores[rows] += self._impact(rows, postings[there], term.weight)

    def _impact(self, rows: RowNumbers, postings: NDArray[np.uint32], weight: float) -> Numbers:
        counts = (postings & _MAX_COUNT).astype(np.float32)
        norms = self._lengths[rows]
        norms *= self._slope
        norms += self._offset
        norms += counts
        counts *= np.float32(weight)
        counts /= norms
        return counts

    def _raise_least(self) -> None:
        # Indexes first: with a mask of 100,000 rows the same takes three times as long.
        above = self._scores[np.flatnonzero(self._scores > self._least)]
        if len(above) >= self._limit:
            self._least = float(np.partition(above, -self._limit)[-self._limit])
