"""What an index found, in columns: of the hundreds of points of a list a question needs the payloads of a few."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from retrieval.model import PointPayload, ScoredPoint

ParseKey = tuple[str, str]
"""Document and parse."""

Numbers = NDArray[np.intp]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits(Sequence[ScoredPoint]):
    """One list, best first, ties by id; as a sequence, its points.

    `parse_of`: of each point, which of `parses` it belongs to. `payloads` may decode one when it is asked for.
    """

    ids: Sequence[str]
    scores: Scores
    parses: Sequence[ParseKey]
    parse_of: Numbers
    pages: NDArray[np.int64]
    payloads: Sequence[PointPayload]

    @classmethod
    def of(cls, points: Sequence[ScoredPoint]) -> Hits:
        """Of points that are decoded already, best first."""
        numbers: dict[ParseKey, int] = {}
        payloads = [point.payload for point in points]
        parse_of = [numbers.setdefault((one.document, one.parse), len(numbers)) for one in payloads]
        return cls(
            ids=[point.id for point in points],
            scores=np.array([point.score for point in points], dtype=np.float64),
            parses=list(numbers),
            parse_of=np.array(parse_of, dtype=np.intp),
            pages=np.array([payload.page for payload in payloads], dtype=np.int64),
            payloads=payloads,
        )

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> ScoredPoint: ...
    @overload
    def __getitem__(self, place: slice) -> list[ScoredPoint]: ...
    def __getitem__(self, place: int | slice) -> ScoredPoint | list[ScoredPoint]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return ScoredPoint(id=self.ids[place], score=float(self.scores[place]), payload=self.payloads[place])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def best_first(scores: NDArray[np.floating], id_of: Callable[[int], str]) -> Numbers:
    """The places of `scores` from the highest to the lowest, equal ones by id. `id_of` is asked only where there are
    equal ones: ids of hundreds of rows lie all over the memory, and to look at them costs more than the sorting."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    if not (ranked[1:] == ranked[:-1]).any():
        return order
    by_id = np.array(sorted(range(len(scores)), key=id_of), dtype=np.intp)
    return np.asarray(by_id[np.argsort(-scores[by_id], kind="stable")], dtype=np.intp)
