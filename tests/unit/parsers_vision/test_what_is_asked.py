"""A vision model is asked only what the other extractors are not sure of."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from parsers.model import Finding, Flag, TextSource
from parsers.policy import ParseOptions, ParsePolicy
from parsers.reading import Block, PageReading
from parsers.vision import UncertainPlace, VisionKind, uncertain_places
from tests.unit.parsers_vision.pages import BOX, NOTHING_READ, PRINTED, figure, lines, page, table

BALANCED, BEST = ParseOptions(), ParseOptions(policy=ParsePolicy.BEST)
ROWS = (("Berth", "2025"), ("North", "12"))


def _kinds(reading: PageReading, options: ParseOptions = BALANCED) -> list[VisionKind]:
    return [place.kind for place in uncertain_places([reading], options)]


@pytest.mark.parametrize(
    "reading",
    [
        page(lines(), confidence=0.95),
        page(lines(), confidence=0.95, unsure=1),
        page(lines(), source=TextSource.TEXT_LAYER),
        page(lines(), source=TextSource.MIXED, unsure=10),
        page(source=TextSource.NONE),
        page(lines(), table(ROWS, agreed=0.9), source=TextSource.TEXT_LAYER),
        page(lines(), table(ROWS, agreed=0.4, readers=1), source=TextSource.TEXT_LAYER),
        page(lines(), figure(labels=("Berths",)), source=TextSource.TEXT_LAYER),
        page(lines(), figure(alt="A quay"), source=TextSource.TEXT_LAYER),
    ],
)
def test_what_is_sure_is_not_asked_about(reading: PageReading) -> None:
    assert _kinds(reading, BEST) == []


@pytest.mark.parametrize(
    "reading",
    [
        page(lines(), unsure=10),
        page(lines(), confidence=0.6),
        page(source=TextSource.NONE, findings=[NOTHING_READ]),
        page(confidence=0.95),
    ],
)
def test_a_page_that_is_not_read_for_sure_is_asked_about_as_a_whole(reading: PageReading) -> None:
    (place,) = uncertain_places([reading], BALANCED)
    assert (place.kind, place.bbox) == (VisionKind.PAGE, (0.0, 0.0, 460.0, 600.0))
    assert uncertain_places([reading], ParseOptions(policy=ParsePolicy.FAST)) == []


def test_hidden_words_are_not_counted() -> None:
    hidden = Block(lines=lines(PRINTED * 9).lines, flags=(Flag.INVISIBLE,))
    assert _kinds(page(lines(), hidden, unsure=2)) == [VisionKind.PAGE]


def test_pages_come_before_tables_and_figures_are_for_best() -> None:
    readings = [
        page(lines(), figure(), table(ROWS), source=TextSource.TEXT_LAYER),
        page(lines(), figure(), table(ROWS), confidence=0.5, number=2),
    ]

    def places(options: ParseOptions) -> list[tuple[VisionKind, int]]:
        return [(place.kind, place.page) for place in uncertain_places(readings, options)]

    assert places(BALANCED) == [(VisionKind.PAGE, 2), (VisionKind.TABLE, 1)]
    assert places(BEST) == [(VisionKind.PAGE, 2), (VisionKind.TABLE, 1), (VisionKind.FIGURE, 1)]


def test_a_place_knows_its_block() -> None:
    reading = page(lines(), figure(), table(ROWS), source=TextSource.TEXT_LAYER)
    found: Sequence[UncertainPlace] = uncertain_places([reading], BEST)
    assert [place.find(reading) for place in found] == [2, 1]
    assert all(place.bbox == BOX for place in found)


def test_a_finding_of_something_else_asks_nothing() -> None:
    other = Finding(page=1, code="hidden_text", message="…")
    assert _kinds(page(source=TextSource.NONE, findings=[other])) == []
