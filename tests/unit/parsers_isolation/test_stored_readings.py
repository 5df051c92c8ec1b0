"""Pages are kept packed and come back as they were, in the order of the file."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.model import Derivation, ElementKind, TextSource
from parsers.reading import Block, FigureReading, ImageReading, LineReading, PageReading, TypedText
from parsers.stored_readings import StoredReadings

DERIVATION = Derivation(extractor="test", version="1", confidence=1.0, reason="It is a test.")


def _reading(number: int, text: str = "text", *, failed: bool = False) -> PageReading:
    line = LineReading(
        text=text, bbox=(1.0, 2.0, 3.5, 4.25), baseline=4.0, size=9.5, bold=True, italic=False, monospace=False
    )
    image = ImageReading(media_type="image/png", width=2, height=1, data=bytes(range(256)))
    return PageReading(
        number=number,
        width=595.28,
        height=841.89,
        rotation=0,
        text_source=TextSource.TEXT_LAYER,
        blocks=(
            Block(left=1.0, right=2.0, lines=(line,), kind=ElementKind.CODE),
            Block(figure=FigureReading(bbox=None, derivation=DERIVATION, image=image)),
            Block(typed=TypedText(kind=ElementKind.HEADING, text=text, level=2, derivation=DERIVATION)),
        ),
        characters=len(text),
        tables_found=0,
        text=DERIVATION,
        failed=failed,
        cpu_seconds={"read": 0.25},
    )


def test_hundreds_of_pages_come_back_as_they_were_whatever_order_they_came_in() -> None:
    readings = [_reading(number, f"page {number}") for number in range(1, 201)]
    shuffled = readings.copy()
    random.Random(3).shuffle(shuffled)
    stored = StoredReadings(shuffled)
    assert list(stored) == readings
    assert len(stored) == 200
    assert stored[150] == readings[150]
    assert stored[-1] == readings[-1]
    assert list(stored[10:13]) == readings[10:13]


def test_pages_that_failed_are_kept_apart() -> None:
    stored = StoredReadings([_reading(1), _reading(2, failed=True), _reading(3)])
    assert [reading.number for reading in stored] == [1, 3]
    assert [reading.number for reading in stored.failed] == [2]
    assert not StoredReadings([_reading(1, failed=True)])


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_packing(text: str) -> None:
    readings = [_reading(number, text) for number in range(1, 67)]
    assert list(StoredReadings(readings)) == readings
