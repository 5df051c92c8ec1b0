"""The questions of one document: within the budget, in waves, cancelled at once, and never at any price."""

from __future__ import annotations

import threading
import time

import msgspec
import pytest

from parsers.errors import DamagedDocument, ParseCancelled
from parsers.model import Derivation, Finding, TextSource
from parsers.policy import ParseOptions
from parsers.reading import Block, ImageReading, PageReading
from parsers.stored_readings import StoredReadings
from parsers.vision import (
    UncertainPlace,
    Vision,
    VisionAnswer,
    VisionKind,
    VisionModel,
    VisionRequest,
    VisionUnavailable,
)
from parsers.vision_reading import VisionReading
from tests.unit.parsers_vision.pages import page, said

PRICE = 0.01
PAGES = 6


class Sealed:
    """Draws a page as its number, and reads an answer as one paragraph."""

    def draw_clip(self, page: PageReading, place: UncertainPlace) -> ImageReading:
        if page.number == PAGES + 1:
            raise DamagedDocument("It cannot be drawn.")
        return ImageReading(media_type="image/png", width=1, height=1, data=bytes([page.number]))

    def read_answer(self, text: str, kind: VisionKind, derivation: Derivation) -> list[Block]:
        if text == "unreadable":
            raise DamagedDocument("It cannot be read.")
        return said(text)


class Asked:
    """A model that counts, and answers with the number of the page."""

    def __init__(self, pauses: dict[int, float] | None = None, cost: float = PRICE) -> None:
        self.pages: list[int] = []
        self._pauses = pauses or {}
        self._cost = cost

    def __call__(self, request: VisionRequest) -> VisionAnswer:
        number = request.image[0]
        self.pages.append(number)
        time.sleep(self._pauses.get(number, 0.0))
        return VisionAnswer(text=f"This is page {number}", cost_usd=self._cost)


def _readings(pages: int = PAGES) -> StoredReadings:
    return StoredReadings(
        page(
            source=TextSource.NONE,
            findings=[Finding(page=number, code="no_text_layer", message="Nothing was read.")],
            number=number,
        )
        for number in range(1, pages + 1)
    )


def _ask(model: VisionModel, readings: StoredReadings | None = None, **limits: object) -> VisionReading:
    given = {"request_usd": PRICE, "budget_usd": 1.0, **limits}
    vision = Vision(name="test-model", model=model, **given)  # type: ignore[arg-type]
    asking = VisionReading(vision, readings or _readings(), ParseOptions(vision_model="test-model"), Sealed(), None)
    asking.run()
    return asking


def _unread(readings: StoredReadings) -> list[int]:
    return [one.number for one in readings if any(found.code == "no_text_layer" for found in one.findings)]


@pytest.mark.parametrize(("budget", "expected"), [(3.5 * PRICE, 3), (3 * PRICE + 1e-9, 3), (0.5 * PRICE, 0), (0.0, 0)])
@pytest.mark.parametrize("parallel", [1, 2, 4])
def test_the_budget_is_never_exceeded(budget: float, expected: int, parallel: int) -> None:
    model, readings = Asked(), _readings()
    asking = _ask(model, readings, budget_usd=budget, parallel=parallel)
    assert sorted(model.pages) == list(range(1, expected + 1))
    assert asking.cost_usd == pytest.approx(expected * PRICE) and asking.cost_usd <= budget
    assert _unread(readings) == list(range(expected + 1, PAGES + 1)), "the others are as they were"
    (finding,) = asking.findings
    assert finding.code == "vision_budget" and "budget" in finding.message


def test_requests_are_limited_where_they_are_free() -> None:
    model = Asked(cost=0.0)
    asking = _ask(model, request_usd=0.0, budget_usd=0.0, requests=5)
    assert sorted(model.pages) == [1, 2, 3, 4, 5]
    assert "at most 5 requests" in asking.findings[0].message


def test_what_was_cheaper_than_feared_leaves_money_for_more() -> None:
    model = Asked(cost=PRICE / 10)
    _ask(model, budget_usd=1.5 * PRICE, parallel=4)
    assert sorted(model.pages) == list(range(1, PAGES + 1))


def test_the_order_of_the_answers_does_not_matter() -> None:
    results = set()
    for pauses in ({1: 0.05}, {4: 0.05, 2: 0.02}):
        readings = _readings()
        _ask(Asked(pauses), readings)
        results.add(msgspec.json.encode(list(readings)))
    assert len(results) == 1


def test_an_endpoint_that_fails_costs_nothing_but_a_finding() -> None:
    asked: list[VisionRequest] = []

    def model(request: VisionRequest) -> VisionAnswer:
        asked.append(request)
        raise VisionUnavailable("The vision endpoint cannot be reached.", cost_usd=0.001)

    readings = _readings()
    asking = _ask(model, readings, parallel=2)
    assert len(asked) == 2, "after a wave of failures nobody is asked again"
    assert asking.cost_usd == pytest.approx(0.002)
    assert _unread(readings) == list(range(1, PAGES + 1))
    (finding,) = asking.findings
    assert finding.code == "vision_unavailable" and "6 pages" in finding.message


def test_one_failure_is_told_and_the_others_go_on() -> None:
    def model(request: VisionRequest) -> VisionAnswer:
        if request.image[0] == 2:
            raise VisionUnavailable("The vision endpoint took too long to answer.")
        return VisionAnswer(text="This is a page")

    readings = _readings()
    asking = _ask(model, readings)
    assert _unread(readings) == [2]
    assert [finding.code for finding in asking.findings] == ["vision_unavailable"]


def test_a_model_that_breaks_does_not_break_the_parse() -> None:
    def model(request: VisionRequest) -> VisionAnswer:
        raise ZeroDivisionError("secret text")

    (finding,) = _ask(model).findings
    assert "ZeroDivisionError" in finding.message and "secret" not in finding.message


def test_a_page_that_cannot_be_drawn_and_an_answer_that_cannot_be_read_cost_only_themselves() -> None:
    def model(request: VisionRequest) -> VisionAnswer:
        return VisionAnswer(text="unreadable" if request.image[0] == 3 else "This is a page", cost_usd=PRICE)

    readings = _readings(PAGES + 1)
    asking = _ask(model, readings)
    assert _unread(readings) == [3, PAGES + 1]
    assert [(finding.page, finding.code) for finding in asking.findings] == [(PAGES + 1, "vision_unavailable")]
    assert asking.cost_usd == pytest.approx(PAGES * PRICE)


def test_a_parse_is_cancelled_while_the_model_thinks() -> None:
    thinking, release = threading.Event(), threading.Event()

    def model(_: VisionRequest) -> VisionAnswer:
        thinking.set()
        release.wait(60)
        return VisionAnswer(text="late")

    vision = Vision(name="test-model", model=model, request_usd=PRICE, budget_usd=1.0)
    asking = VisionReading(vision, _readings(), ParseOptions(), Sealed(), thinking.is_set)
    with pytest.raises(ParseCancelled):
        asking.run()
    release.set()
