"""The candidate lists of a question, asked for in one search: passages and pages, each by meaning and by words, and the
documents whose titles the words name."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.hits import Hits, Numbers, ParseKey, Scores
from retrieval.model import AllOf, IndexQuery, PointKind, PointPayload, SearchFilter
from retrieval.options import CandidateList, GroupBy
from retrieval.stages.query_analysis import AnalysedQuery

# Deep enough that the passages of a document whose title the question names are among the candidates before the boost
# lifts them. On 14,000 passages of filings 200 found as much as 400 for half the CPU (14 ms, not 25); 100 found less.
LEAST_DEPTH = 200
DEPTH_PER_RESULT = 10
MAX_DEPTH = 5_000
TITLES = 200

KIND_OF = {
    CandidateList.DENSE: PointKind.CHUNK,
    CandidateList.LEXICAL: PointKind.CHUNK,
    CandidateList.PAGE_DENSE: PointKind.PAGE,
    CandidateList.PAGE_LEXICAL: PointKind.PAGE,
    CandidateList.DOCUMENT: PointKind.TITLE,
}
BY_MEANING = frozenset({CandidateList.DENSE, CandidateList.PAGE_DENSE})
_NO_COLUMNS = (np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundList:
    """One candidate list: which of the points it has (places in `FoundPoints`), best first, and their scores."""

    places: Numbers
    scores: Scores


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundPoints(Mapping[str, PointPayload]):
    """Passages and pages that lists have, each once, in columns; as a mapping, their payloads by id.

    `parse_of`: of each point, which of `parses` it belongs to; `pages`: its page; `are_pages`: whether it is a page,
    not a passage; `page_of`: points on one page of one parse share a number, from 0 up.
    """

    ids: Sequence[str]
    parses: Sequence[ParseKey]
    parse_of: Numbers
    pages: NDArray[np.int64]
    are_pages: NDArray[np.bool_]
    page_of: Numbers
    payloads: Sequence[tuple[Sequence[PointPayload], int]]
    """Where each one's payload is: in which list of payloads, and where in it."""

    place_of: Mapping[str, int]

    def __getitem__(self, id: str) -> PointPayload:
        of_list, place = self.payloads[self.place_of[id]]
        return of_list[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def candidates(self) -> Numbers:
        """What can become a result: every passage, and every page that none of the passages is on."""
        with_passage = np.zeros(len(self), dtype=np.bool_)
        with_passage[self.page_of[~self.are_pages]] = True
        return np.flatnonzero(~self.are_pages | ~with_passage[self.page_of])

    def groups(self, by: GroupBy) -> Numbers:
        """A number of each point, the same for those that make one result."""
        if by is GroupBy.PAGE:
            return self.page_of
        if by is GroupBy.DOCUMENT:
            numbers: dict[str, int] = {}
            of_parse = [numbers.setdefault(document, len(numbers)) for document, _ in self.parses]
            return np.array(of_parse, dtype=np.intp)[self.parse_of]
        return np.arange(len(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateLists:
    """What the index found. `lists`: those of passages and of pages that were asked for. `titles`: which of the parses
    the titles found are of (places in `parses`), and their scores. `full`: some list went to its limit."""

    points: FoundPoints
    lists: Mapping[CandidateList, FoundList]
    titles: FoundList
    full: bool

    @property
    def parses(self) -> Sequence[ParseKey]:
        """All that were found, those of titles too."""
        return self.points.parses

    def named_documents(self) -> list[tuple[str, float]]:
        """The document of each title that was found, and the title's score."""
        parses = self.points.parses
        return [
            (parses[number][0], score)
            for number, score in zip(self.titles.places.tolist(), self.titles.scores.tolist(), strict=True)
        ]

    def only(self, kept: Container[ParseKey]) -> CandidateLists:
        """Without the points of other parses."""
        of_parses = np.array([parse in kept for parse in self.points.parses], dtype=np.bool_)
        if of_parses.all():
            return self
        points = self.points
        mask = of_parses[points.parse_of]
        kept_places = np.flatnonzero(mask)
        ids = [points.ids[place] for place in kept_places.tolist()]
        new_place = np.cumsum(mask) - 1
        title_mask = of_parses[self.titles.places]
        return CandidateLists(
            points=FoundPoints(
                ids=ids,
                parses=points.parses,
                parse_of=points.parse_of[kept_places],
                pages=points.pages[kept_places],
                are_pages=points.are_pages[kept_places],
                page_of=np.unique(points.page_of[kept_places], return_inverse=True)[1],
                payloads=[points.payloads[place] for place in kept_places.tolist()],
                place_of={id: place for place, id in enumerate(ids)},
            ),
            lists={
                name: FoundList(places=new_place[one.places[mask[one.places]]], scores=one.scores[mask[one.places]])
                for name, one in self.lists.items()
            },
            titles=FoundList(places=self.titles.places[title_mask], scores=self.titles.scores[title_mask]),
            full=self.full,
        )


def depth_for(top_k: int, round_number: int) -> int:
    """How long the lists are: four times as long in each further round."""
    return min(MAX_DEPTH, max(LEAST_DEPTH, DEPTH_PER_RESULT * top_k) << (2 * round_number))


def index_queries(
    analysed: AnalysedQuery,
    vector: Sequence[float] | None,
    *,
    scope: SearchFilter,
    wanted: Sequence[SearchFilter],
    depth: int,
    lists: Container[CandidateList],
) -> dict[CandidateList, IndexQuery]:
    """The queries of those `lists` that the question can be asked in.

    `scope` is what the caller may see; `wanted` narrows it to what was asked for.
    IDF is computed over the scope, so that scores do not tell what others have.
    """
    narrowed = AllOf(filters=(scope, *wanted))
    queries = {}
    for name, kind in KIND_OF.items():
        if name not in lists:
            continue
        found = scope if kind is PointKind.TITLE else narrowed
        limit = TITLES if kind is PointKind.TITLE else depth
        if name in BY_MEANING and vector is not None:
            queries[name] = IndexQuery(limit=limit, kind=kind, filter=found, corpus=scope, vector=tuple(vector))
        tokens = analysed.title_tokens if kind is PointKind.TITLE else analysed.tokens
        if name not in BY_MEANING and tokens:
            queries[name] = IndexQuery(limit=limit, kind=kind, filter=found, corpus=scope, tokens=tokens)
    return queries


def collect(queries: Mapping[CandidateList, IndexQuery], answers: Sequence[Hits]) -> CandidateLists:
    """The index's answers, in the order of the queries, as lists by name."""
    numbers: dict[ParseKey, int] = {}
    place_of: dict[str, int] = {}
    payloads: list[tuple[Sequence[PointPayload], int]] = []
    columns: list[tuple[Numbers, NDArray[np.int64], NDArray[np.bool_]]] = []
    lists: dict[CandidateList, FoundList] = {}
    titles = FoundList(places=np.zeros(0, dtype=np.intp), scores=np.zeros(0))
    for name, hits in zip(queries, answers, strict=True):
        number_of = np.array([numbers.setdefault(parse, len(numbers)) for parse in hits.parses], dtype=np.intp)
        parse_of = number_of[hits.parse_of]
        if name is CandidateList.DOCUMENT:
            titles = FoundList(places=parse_of, scores=hits.scores)
            continue
        known = len(place_of)
        places = np.array([place_of.setdefault(id, len(place_of)) for id in hits.ids], dtype=np.intp)
        lists[name] = FoundList(places=places, scores=hits.scores)
        new = np.flatnonzero(places >= known)
        payloads.extend((hits.payloads, place) for place in new.tolist())
        columns.append((parse_of[new], hits.pages[new], np.full(len(new), KIND_OF[name] is PointKind.PAGE)))
    parse_of, pages, are_pages = (
        (np.concatenate(column) for column in zip(*columns, strict=True)) if columns else _NO_COLUMNS
    )
    return CandidateLists(
        points=FoundPoints(
            ids=list(place_of),
            parses=list(numbers),
            parse_of=parse_of,
            pages=pages,
            are_pages=are_pages,
            page_of=_page_numbers(parse_of, pages),
            payloads=payloads,
            place_of=place_of,
        ),
        lists=lists,
        titles=titles,
        full=any(len(found.places) >= queries[name].limit for name, found in lists.items()),
    )


def _page_numbers(parse_of: Numbers, pages: NDArray[np.int64]) -> Numbers:
    different, page_number = np.unique(pages, return_inverse=True)
    _, numbers = np.unique(parse_of * max(1, len(different)) + page_number, return_inverse=True)
    return np.asarray(numbers, dtype=np.intp)
