"""Which of the tables that extractors propose are accepted.

Where a layout model was asked, extractors are independent witnesses: the first two are cheap, and where they read a
table alike it is accepted. Where they differ the others are asked as far as the budget goes, and the reading is taken
that agrees most with the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from parsers.content import PageContent
from parsers.extractors.base import ExtractedTable, Extractor, PageRegion, RegionKind
from parsers.extractors.table_places import table_boxes
from parsers.extractors.table_values import is_value
from parsers.layout import Layout, LayoutKind
from parsers.model import Attempt, Box, Derivation, Finding
from parsers.reading import TableReading
from parsers.table_agreement import agreement, relations, torn_share
from parsers.table_signals import table_likely

# A proposed table below this confidence stays text: printed rows are better than a wrong grid.
ACCEPTED_CONFIDENCE = 0.5
# Readings that agree so far are one reading; from here on nobody else is asked.
AGREED = 0.9
# Readings that agree less differ widely; a table with fewer figures beside its labels is one of words alone.
_WIDELY_DIFFERENT = 0.35
_FEW_FIGURES = 0.1
# From this confidence on the layout model is not doubted for it.
_NO_DOUBT = 0.85
# What the first extractor's own reading counts for where readings differ: it was right more often than the others.
_TRUST_IN_FIRST = 0.2
# A table lies in a region of the layout from this share of its box on.
_SUPPORTED = 0.3
_SAME_PLACE = 0.05
_FAILED = "failed:"
# The share of cells that hold half a figure counts so many times against a reading.
_COST_OF_TORN = 2.0
# Tables that reach into each other, or stand side by side where the layout sees fewer, are parts of one that was not
# understood; one table for two regions are two.
_COST_OF_ENTANGLED = 0.4

# The tables that one extractor reads in one place.
Reading = tuple[Extractor, list[ExtractedTable]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where tables overlap each other or `regions` of the layout, and what each extractor reads there."""

    regions: int
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenTables:
    """What became of a page's tables. `words` are the identities of the words that stand in accepted ones.

    `spent` is the price of the extractors that were asked.
    """

    tables: tuple[TableReading, ...] = ()
    words: frozenset[int] = frozenset()
    rejected: tuple[Attempt, ...] = ()
    reason: str
    found: int = 0
    findings: tuple[Finding, ...] = ()
    spent: float = 0.0


def choose_tables(
    page: PageContent,
    extractors: Sequence[Extractor],
    layout: Layout | None = None,
    budget: float = float("inf"),
) -> ChosenTables:
    """Ask the extractors, cheapest first, on a page whose signals call for it, and accept what holds up.

    Without a layout the first extractor decides alone. `budget` is what asking may cost, in the prices of the policy.
    """
    likely, signal = table_likely(page)
    seen = [] if layout is None else table_boxes(layout)
    if not (likely or seen):
        return ChosenTables(reason=f"No table expected: {signal}")
    whole = (0.0, 0.0, page.width, page.height)
    region = PageRegion(kind=RegionKind.TABLES, bbox=whole, reason=signal, layout=layout)
    return _Choice(page, extractors, region, budget).run()


class _Choice:
    """The proposals of one page so far, and what was decided."""

    def __init__(self, page: PageContent, extractors: Sequence[Extractor], region: PageRegion, budget: float) -> None:
        self._page = page
        self._extractors = extractors
        self._region = region
        self._budget = budget
        self._spent = 0.0
        self._proposed: dict[str, tuple[ExtractedTable, ...]] = {}
        self._rejected: list[Attempt] = []
        self._accepted: list[TableReading] = []
        self._taken: set[int] = set()

    def run(self) -> ChosenTables:
        if self._region.layout is None:
            for table in self._ask(self._extractors[0]):
                self._take([table], self._extractors[0], table.confidence, self._plain_reason(table), [])
        else:
            self._run_with_layout(self._region.layout)
        accepted, rejected = len(self._accepted), len(self._rejected)
        return ChosenTables(
            tables=tuple(sorted(self._accepted, key=lambda table: (table.bbox or (0.0,) * 4)[1::-1])),
            words=frozenset(self._taken),
            rejected=tuple(self._rejected),
            reason=f"Table finder ran ({self._region.reason}): {accepted} accepted, {rejected} not.",
            found=accepted + sum(1 for attempt in self._rejected if not attempt.outcome.startswith(_FAILED)),
            findings=tuple(_broken_extractors(self._page, self._rejected)),
            spent=round(self._spent, 4),
        )

    def _run_with_layout(self, layout: Layout) -> None:
        seen = table_boxes(layout)
        cheap, costly = self._extractors[:2], self._extractors[2:]
        for extractor in cheap:
            self._ask(extractor)
        self._drop_unsupported(seen)
        if any(not self._settled(place.readings) for place in self._places(seen)):
            for extractor in costly:
                if self._spent + extractor.price <= self._budget:
                    self._ask(extractor)
        for place in self._places(seen):
            self._decide(place)

    def _ask(self, extractor: Extractor) -> tuple[ExtractedTable, ...]:
        """The extractor's tables; one that breaks down costs its tables and is written down, never the page's text."""
        self._spent += extractor.price
        try:
            tables = extractor.extract(self._page, self._region).tables
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  (whatever goes wrong inside an extractor is that extractor's failure)
            outcome = f"{_FAILED} {type(error).__name__}"
            attempt = Attempt(extractor=extractor.name, version=extractor.version, confidence=0.0, outcome=outcome)
            self._rejected.append(attempt)
            tables = ()
        self._proposed[extractor.name] = tables
        return tables

    def _drop_unsupported(self, seen: Sequence[Box]) -> None:
        """Charts and lists look like tables to an extractor that knows no layout."""
        first = self._extractors[0]
        kept = []
        for table in self._proposed[first.name]:
            if sum(_shared(table.bbox, box) for box in seen) >= _SUPPORTED * _area(table.bbox):
                kept.append(table)
            else:
                self._rejected.append(_attempt(first, table.confidence, "rejected: the layout model sees no table"))
        self._proposed[first.name] = tuple(kept)

    def _places(self, seen: Sequence[Box]) -> list[_Place]:
        """Groups of overlapping proposals and regions; of each group the readings, one per extractor that has any."""
        proposals = [(e, t) for e in self._extractors for t in self._proposed.get(e.name, ())]
        places = []
        for group in _overlapping([*seen, *(table.bbox for _, table in proposals)]):
            held = [proposals[index - len(seen)] for index in group if index >= len(seen)]
            by_extractor = [(e, [table for owner, table in held if owner is e]) for e in self._extractors]
            readings = tuple((extractor, tables) for extractor, tables in by_extractor if tables)
            places.append(_Place(regions=len(group) - len(held), readings=readings))
        return places

    def _settled(self, readings: Sequence[Reading]) -> bool:
        """Whether the first extractor and another one read the place alike."""
        if len(readings) < 2 or readings[0][0] is not self._extractors[0]:
            return False
        first, *others = [relations(tables) for _, tables in readings]
        return max(agreement(first, other) for other in others) >= AGREED

    def _decide(self, place: _Place) -> None:
        readings = place.readings
        if not readings:
            message = "rejected: no extractor could read the table that the layout model sees"
            self._rejected.append(Attempt(extractor="layout", version="1", confidence=0.0, outcome=message))
            return
        agreed = _mean_agreements(readings)
        settled = self._settled(readings)
        best = (
            _first_whole(place)
            if settled
            else max(range(len(readings)), key=lambda number: (self._worth(place, number, agreed[number]), -number))
        )
        extractor, tables = readings[best]
        confidence = round(agreed[best], 3)
        if not self._surely_seen(tables) and _is_unread_text(readings, best, agreed[best], self._extractors[0]):
            message = "rejected: a table of words alone, and no two extractors read it alike"
            self._rejected += [_attempt(other, round(agreed[n], 3), message) for n, (other, _) in enumerate(readings)]
            return
        attempts = [
            _attempt(other, round(agreed[number], 3), "not taken: another reading is better")
            for number, (other, _) in enumerate(readings)
            if number != best
        ]
        self._take(tables, extractor, confidence, _reason(readings, settled=settled, score=confidence), attempts)

    def _surely_seen(self, tables: Sequence[ExtractedTable]) -> bool:
        """Whether the layout model has no doubt that there is a table where `tables` were read."""
        regions = self._region.layout.regions if self._region.layout is not None else ()
        return any(
            region.kind is LayoutKind.TABLE
            and region.confidence >= _NO_DOUBT
            and any(_shared(region.bbox, table.bbox) > 0 for table in tables)
            for region in regions
        )

    def _worth(self, place: _Place, number: int, agreed: float) -> float:
        """What a reading is worth where readings differ: agreement, less for what no table has."""
        extractor, tables = place.readings[number]
        trust = _TRUST_IN_FIRST if extractor is self._extractors[0] else 0.0
        torn = _COST_OF_TORN * torn_share(tables)
        parted_wrongly = _entangled(place, number) or _joined(place, number)
        return agreed + trust - torn - (_COST_OF_ENTANGLED if parted_wrongly else 0.0)

    def _take(
        self,
        tables: Sequence[ExtractedTable],
        extractor: Extractor,
        confidence: float,
        reason: str,
        attempts: Sequence[Attempt],
    ) -> None:
        for table in tables:
            words = {id(word) for word in table.words}
            outcome = _verdict(table, overlapping=not self._taken.isdisjoint(words))
            if outcome is not None:
                self._rejected.append(_attempt(extractor, table.confidence, outcome))
                continue
            self._taken |= words
            self._accepted.append(
                TableReading(
                    bbox=table.bbox,
                    rows=table.rows,
                    columns=table.columns,
                    cells=table.cells,
                    derivation=Derivation(
                        extractor=extractor.name,
                        version=extractor.version,
                        confidence=confidence,
                        reason=reason,
                        price=extractor.price,
                        attempts=(_attempt(extractor, confidence, "accepted"), *attempts),
                    ),
                )
            )

    def _plain_reason(self, table: ExtractedTable) -> str:
        size = f"{table.rows} rows, {table.columns} columns"
        return f"The page looks like it has a table ({self._region.reason}); the finder proposed {size}."


def _joined(place: _Place, number: int) -> bool:
    """Whether a reading has one table over regions of the layout that another reading keeps apart."""
    least = place.regions
    return len(place.readings[number][1]) < least and any(len(tables) >= least for _, tables in place.readings)


def _entangled(place: _Place, number: int) -> bool:
    """Whether a reading has tables that reach into each other, or beside each other where the layout sees fewer."""
    boxes = [table.bbox for table in place.readings[number][1]]
    return _overlap(place, number) or (len(boxes) > place.regions and _any_beside(boxes))


def _overlap(place: _Place, number: int) -> bool:
    boxes = [table.bbox for table in place.readings[number][1]]
    return len(_overlapping(boxes)) < len(boxes)


def _any_beside(boxes: Sequence[Box]) -> bool:
    """Whether two of the boxes stand at the same height, by half of the lower one's."""
    return any(
        min(one[3], other[3]) - max(one[1], other[1]) > 0.5 * min(one[3] - one[1], other[3] - other[1])
        for one, other in combinations(boxes, 2)
    )


def _is_unread_text(readings: Sequence[Reading], best: int, agreed: float, first: Extractor) -> bool:
    """Whether readings differ widely on a table without figures: signatures, addresses, names set side by side."""
    if len(readings) < 2 or agreed >= _WIDELY_DIFFERENT or any(extractor is first for extractor, _ in readings):
        return False
    beside = [cell.text for table in readings[best][1] for cell in table.cells if cell.column > 0 and cell.text]
    return sum(1 for text in beside if is_value(text)) <= _FEW_FIGURES * len(beside)


def _first_whole(place: _Place) -> int:
    """Of readings that are alike, the first whose tables are neither joined nor overlap: their cells are the same."""
    known = [relations(tables) for _, tables in place.readings]
    alike = [number for number, one in enumerate(known) if agreement(known[0], one) >= AGREED]
    whole = (number for number in alike if not (_joined(place, number) or _overlap(place, number)))
    return next(whole, 0)


def _mean_agreements(readings: Sequence[Reading]) -> list[float]:
    """Of each reading the mean agreement with the others; of a single one its own confidence."""
    if len(readings) == 1:
        return [min(table.confidence for table in readings[0][1])]
    known = [relations(tables) for _, tables in readings]
    return [
        sum(agreement(one, other) for index, other in enumerate(known) if index != number) / (len(known) - 1)
        for number, one in enumerate(known)
    ]


def _reason(readings: Sequence[Reading], *, settled: bool, score: float) -> str:
    names = ", ".join(extractor.name for extractor, _ in readings)
    if settled:
        return f"The layout model sees a table, and {names} read it alike."
    if len(readings) == 1:
        return f"The layout model sees a table, and only {names} could read it."
    return f"The layout model sees a table; the readings of {names} differ, and this one agrees best ({score:.2f})."


def _verdict(table: ExtractedTable, *, overlapping: bool) -> str | None:
    """Why a proposed table is not accepted, or None if it is."""
    if not table.words:
        return "rejected: it holds no text"
    if overlapping:
        return "rejected: its words belong to a table already accepted"
    if table.confidence < ACCEPTED_CONFIDENCE:
        return f"rejected: confidence below {ACCEPTED_CONFIDENCE}"
    return None


def _broken_extractors(page: PageContent, attempts: Sequence[Attempt]) -> list[Finding]:
    return [
        Finding(
            page=page.number,
            code="extractor_failed",
            message=f"The extractor {attempt.extractor} broke down on the page; its tables, if any, are plain text.",
        )
        for attempt in attempts
        if attempt.outcome.startswith(_FAILED)
    ]


def _attempt(extractor: Extractor, confidence: float, outcome: str) -> Attempt:
    return Attempt(extractor=extractor.name, version=extractor.version, confidence=confidence, outcome=outcome)


def _overlapping(boxes: Sequence[Box]) -> list[list[int]]:
    """Groups of boxes that overlap, directly or through others, in the order of their first members."""
    groups: list[list[int]] = []
    for index, box in enumerate(boxes):
        touching = [group for group in groups if any(_same_place(boxes[other], box) for other in group)]
        merged = sorted({index, *(member for group in touching for member in group)})
        groups = [group for group in groups if group not in touching]
        groups.append(merged)
    return sorted(groups)


def _same_place(first: Box, second: Box) -> bool:
    return _shared(first, second) > _SAME_PLACE * min(_area(first), _area(second))


def _shared(first: Box, second: Box) -> float:
    across = min(first[2], second[2]) - max(first[0], second[0])
    down = min(first[3], second[3]) - max(first[1], second[1])
    return max(0.0, across) * max(0.0, down)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
