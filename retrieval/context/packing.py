"""Packing: results with what is around them, within a budget of tokens, whole sentences and rows only, nothing twice.

Passages of the results are taken first, best first; then the header rows of cut tables; then what is around them,
nearest first. What two results would both show belongs to the one that ranks higher.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from retrieval.context.parts import Part, joined
from retrieval.context.surroundings import Surroundings
from retrieval.context.units import Range, units_of
from retrieval.model import Chunk
from retrieval.options import ContextOptions, GroupBy
from retrieval.tokens import tokenize

PARENT_TOKENS = 2_000
"""How much is added to one result where the request sets no budget: a section may be a whole book."""

TokenCount = Callable[[str], int]
"""How many tokens a text is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedPassage:
    """One result: its `core` (the passage that was found) and the parts of text to show, in the order of the text.

    `core_part`: what is left of the core. `merged`: ids of lower-ranked passages that are part of this result.
    """

    core: Chunk
    core_part: Part
    parts: tuple[Part, ...]
    header: str
    merged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedContext:
    """`passages` best first. `tokens`: of all their texts and headers. `over_budget`: ids of the passages that did not
    fit, `merged`: the id of each passage that went into another result, with that result's."""

    passages: tuple[PackedPassage, ...]
    tokens: int
    over_budget: tuple[str, ...]
    merged: dict[str, str]


@dataclass(slots=True, kw_only=True)
class _Group:
    """Passages that become one result; the first is its core."""

    cores: list[Chunk]
    extras: list[Chunk] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    header: str = ""

    @property
    def head(self) -> Chunk:
        return self.cores[0]


class _Budget:
    def __init__(self, limit: int | None, count: TokenCount) -> None:
        self._limit = limit
        self._count = count
        self.used = 0

    @property
    def left(self) -> int | None:
        return None if self._limit is None else self._limit - self.used

    def cost(self, text: str) -> int:
        return self._count(text) if text else 0

    def take(self, cost: int) -> bool:
        if self._limit is not None and self.used + cost > self._limit:
            return False
        self.used += cost
        return True


def pack(
    cores: Sequence[Chunk],
    options: ContextOptions,
    *,
    around: Surroundings,
    count: TokenCount,
    tokens: Sequence[str] = (),
    group_by: GroupBy = GroupBy.CHUNK,
) -> PackedContext:
    """Pack the passages of the results, best first. `tokens` are the question's: of a passage that must be cut, the
    stretch that has most of them is kept. Results by chunk that touch in the text become one, in the place of the
    better; results by page or document stay apart."""
    count = cache(count)
    cores = list({core.id: core for core in cores}.values())
    groups = _groups(cores, options, around, count, merge=group_by is GroupBy.CHUNK)
    budget = _Budget(options.max_tokens, count)
    dropped = [
        core.id
        for group, core in _by_rank(groups, cores)
        if not _add_core(group, core, around, budget, frozenset(tokens))
    ]
    for group in groups:
        if group.parts:
            _add_extras(group, budget)
    packed = tuple(_packed(group, dropped) for group in groups if group.parts)
    merged = {identity: passage.core.id for passage in packed for identity in passage.merged}
    return PackedContext(passages=packed, tokens=budget.used, over_budget=tuple(dropped), merged=merged)


# ---- what belongs to which result ----


def _groups(
    cores: Sequence[Chunk], options: ContextOptions, around: Surroundings, count: TokenCount, *, merge: bool
) -> list[_Group]:
    """Cores are claimed before anything around them, so that no result loses its own passage to a neighbour."""
    groups = [_Group(cores=[core]) for core in cores]
    owner = {_place(group.head): number for number, group in enumerate(groups)}
    for number, group in enumerate(groups):
        for chunk in _wanted(group.head, options, around, count):
            if owner.setdefault(_place(chunk), number) == number:
                group.extras.append(chunk)
    return _merged(groups, owner) if merge else groups


def _wanted(core: Chunk, options: ContextOptions, around: Surroundings, count: TokenCount) -> Iterator[Chunk]:
    yield from around.neighbours(core, options.neighbours) if options.neighbours else ()
    if options.parent:
        room = PARENT_TOKENS if options.max_tokens is None else options.max_tokens
        for chunk in around.parent(core):
            room -= count(chunk.text)
            if room < 0:
                return
            yield chunk


def _merged(groups: list[_Group], owner: dict[tuple[str, str, int], int]) -> list[_Group]:
    """Groups that touch in the text become one, in the place of the best of them."""
    into = list(range(len(groups)))

    def root(number: int) -> int:
        while into[number] != number:
            number = into[number]
        return number

    for (document, parse, ordinal), number in owner.items():
        following = owner.get((document, parse, ordinal + 1))
        if following is not None:
            # The lower number is the better rank.
            first, second = sorted((root(number), root(following)))
            into[second] = first
    for number, group in enumerate(groups):
        if root(number) != number:
            target = groups[root(number)]
            target.cores += group.cores
            target.extras += group.extras
    return [group for number, group in enumerate(groups) if root(number) == number]


def _by_rank(groups: Sequence[_Group], cores: Sequence[Chunk]) -> Iterator[tuple[_Group, Chunk]]:
    group_of = {core.id: group for group in groups for core in group.cores}
    for core in cores:
        yield group_of[core.id], core


def _place(chunk: Chunk) -> tuple[str, str, int]:
    return chunk.document_id, chunk.parse_id, chunk.ordinal


# ---- what fits ----


def _add_core(group: _Group, core: Chunk, around: Surroundings, budget: _Budget, tokens: frozenset[str]) -> bool:
    """The passage, whole or cut to what fits, and the header rows of its table; False where not one unit fits."""
    headline = "" if group.parts else core.context_header
    header_cost = budget.cost(headline)
    rows = around.header_rows(core)
    rows_cost = 0 if rows is None or rows.chunk.id == core.id or _shown(group, rows) else budget.cost(rows.text)
    whole = budget.cost(core.text)
    for with_headline, with_rows in ((True, True), (True, False)):
        extra = header_cost * with_headline + rows_cost * with_rows
        if budget.take(whole + extra):
            group.parts.append(Part.whole(core))
            if rows is not None and with_rows and rows_cost:
                group.parts.append(rows)
            group.header = group.header or headline
            return True
    return _add_cut_core(group, core, rows, headline, budget, tokens)


def _add_cut_core(
    group: _Group, core: Chunk, rows: Part | None, headline: str, budget: _Budget, tokens: frozenset[str]
) -> bool:
    """The best stretch of the passage that fits: with headline and header rows, else without the one or both."""
    units = units_of(core)
    costs = [budget.cost(_text(core, unit)) for unit in units]
    words = [tokens.intersection(tokenize(_text(core, unit))) for unit in units]
    rows = None if rows is None or _shown(group, rows) else rows
    for head, row in ((headline, rows), (headline, None), ("", None)):
        fixed = budget.cost(head) + (0 if row is None else budget.cost(row.text))
        paid = [
            0 if row is not None and row.chunk.id == core.id and row.start <= start and end <= row.end else cost
            for (start, end), cost in zip(units, costs, strict=True)
        ]
        window = _best_window(paid, words, (budget.left or 0) - fixed)
        if window is not None:
            first, last = window
            budget.take(fixed + sum(paid[first : last + 1]))
            group.parts.append(Part(chunk=core, start=units[first][0], end=units[last][1]))
            if row is not None:
                group.parts.append(row)
            group.header = group.header or head
            return True
    return False


def _best_window(costs: Sequence[int], words: Sequence[frozenset[str]], room: int) -> tuple[int, int] | None:
    """First and last of the stretch of units within `room` that has most different words of the question; of equals
    the longest, then the first. None where nothing that costs fits."""
    best = (-1, 0, 0)
    window = None
    for first in range(len(costs)):
        cost, found = 0, set[str]()
        for last in range(first, len(costs)):
            cost += costs[last]
            if cost > room:
                break
            found |= words[last]
            score = (len(found), cost, -first)
            if cost and score > best:
                best, window = score, (first, last)
    return window


def _add_extras(group: _Group, budget: _Budget) -> None:
    """What is around, nearest first, on each side until something does not fit: of that the near end is taken."""
    closed: set[int] = set()
    for chunk in group.extras:
        side = 1 if chunk.ordinal > group.head.ordinal else -1
        if side in closed or any(part.chunk.id == chunk.id and part.is_whole for part in group.parts):
            continue
        if budget.take(budget.cost(chunk.text)):
            group.parts.append(Part.whole(chunk))
        else:
            closed.add(side)
            _add_near_end(group, chunk, side, budget)


def _add_near_end(group: _Group, chunk: Chunk, side: int, budget: _Budget) -> None:
    units = units_of(chunk)[::side]
    kept: list[Range] = []
    for unit in units:
        if not budget.take(budget.cost(_text(chunk, unit))):
            break
        kept.append(unit)
    if kept:
        ends = sorted((kept[0], kept[-1]))
        group.parts.append(Part(chunk=chunk, start=ends[0][0], end=ends[1][1]))


def _shown(group: _Group, rows: Part) -> bool:
    return any(
        part.chunk.id == rows.chunk.id and part.start <= rows.start and rows.end <= part.end for part in group.parts
    )


def _packed(group: _Group, dropped: Sequence[str]) -> PackedPassage:
    shown = [core for core in group.cores if core.id not in dropped]
    head = shown[0]
    parts = joined(group.parts)
    mine = [part for part in parts if part.chunk.id == head.id]
    return PackedPassage(
        core=head,
        # A cut core may have two parts, its header rows and its best stretch: the last is what was found.
        core_part=mine[-1],
        parts=parts,
        header=group.header,
        merged=tuple(core.id for core in shown[1:]),
    )


def _text(chunk: Chunk, unit: Range) -> str:
    return chunk.text[unit[0] - chunk.start : unit[1] - chunk.start]
