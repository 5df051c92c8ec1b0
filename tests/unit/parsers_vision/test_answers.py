"""Of an answer only what agrees with what was known is taken; the rest leaves the page as it was, and says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.model import TextSource
from parsers.parse import assemble
from parsers.policy import ParseOptions
from parsers.reading import Block, Inspection, PageReading
from parsers.vision import UncertainPlace, Vision, VisionAnswer, VisionKind
from parsers.vision_answers import Verdict, derivation_of, judge, leave, take
from tests.unit.parsers_vision.pages import (
    BOX,
    NOTHING_READ,
    PRINTED,
    figure,
    lines,
    page,
    said,
    said_table,
    table,
)

ANSWER = VisionAnswer(text="…", cost_usd=0.002)
CERTAIN = " ".join(PRINTED).split()
ROWS = (("Berth", "2025", "2024"), ("North – quay", "12,340", "11,905"), ("South quay", "8,771", "9,016"))


def _never(_: object) -> VisionAnswer:
    raise AssertionError("nothing is asked here")


VISION = Vision(name="test-model", model=_never, request_usd=0.01, budget_usd=1.0)
PAGE = UncertainPlace(kind=VisionKind.PAGE, page=1, bbox=(0.0, 0.0, 460.0, 600.0), reason="Unsure.")
TABLE = UncertainPlace(kind=VisionKind.TABLE, page=1, bbox=BOX, reason="Disputed.")
FIGURE = UncertainPlace(kind=VisionKind.FIGURE, page=1, bbox=BOX, reason="No text.")


def _settle(reading: PageReading, place: UncertainPlace, blocks: list[Block]) -> tuple[Verdict, PageReading]:
    verdict = judge(reading, place, blocks, ANSWER)
    if verdict.taken:
        derivation = derivation_of(VISION, place, ANSWER, reading)
        return verdict, take(reading, place, blocks, derivation, verdict)
    return verdict, leave(reading, place, VISION, ANSWER.cost_usd, verdict)


def _codes(reading: PageReading) -> list[str]:
    return [finding.code for finding in reading.findings]


def test_a_page_that_agrees_with_what_ocr_is_sure_of() -> None:
    poor = (PRINTED[0].replace("harbour", "harbcar"), PRINTED[1], PRINTED[2].replace("weeks", "wceks"))
    reading = page(
        lines(poor),
        figure(),
        confidence=0.7,
        unsure=2,
        certain=[word for word in CERTAIN if word not in ("harbour", "weeks")],
    )
    verdict, after = _settle(reading, PAGE, said(" ".join(PRINTED)))
    assert verdict.taken and verdict.checked and verdict.confidence == 1.0
    typed = after.blocks[0].typed
    assert typed is not None and typed.text == " ".join(PRINTED) and typed.bbox == PAGE.bbox
    assert typed.derivation.extractor == "vision:test-model"
    assert typed.derivation.cost_usd == pytest.approx(0.002)
    assert typed.derivation.attempts[0].extractor == "rapidocr"
    assert after.blocks[1].figure is not None, "pictures stay"
    assert _codes(after) == ["read_by_vision_model"]
    assert (after.unsure, after.certain) == (0, ())


def test_a_text_that_is_made_up_is_not_taken() -> None:
    reading = page(lines(), confidence=0.7, certain=CERTAIN)
    invented = (
        "Quarterly revenue rose by 12 percent to 48 million while costs of the pilots fell in every month of 2025"
    )
    verdict, after = _settle(reading, PAGE, said(invented))
    assert not verdict.taken
    assert after.blocks == reading.blocks
    assert _codes(after) == ["vision_rejected"]
    assert after.text.attempts[-1].extractor == "vision:test-model"
    assert after.text.cost_usd == pytest.approx(0.002)


def test_other_numbers_are_not_taken_even_where_the_words_agree() -> None:
    reading = page(lines(), confidence=0.7, certain=CERTAIN)
    changed = " ".join(PRINTED).replace("1,204", "1,284").replace("877", "871").replace("31", "37")
    verdict, _ = _settle(reading, PAGE, said(changed))
    assert not verdict.taken and "40% of the numbers" in verdict.message


def test_an_answer_with_far_more_words_than_there_are_is_not_taken() -> None:
    more = [f"and a tale of ships {number}" for number in range(60)]
    verdict, _ = _settle(page(lines(), confidence=0.7, certain=CERTAIN), PAGE, said(" ".join(PRINTED), *more))
    assert not verdict.taken and "more words" in verdict.message


@pytest.mark.parametrize(
    ("blocks", "answer"),
    [([], ANSWER), (said("…"), ANSWER), (said(" ".join(PRINTED)), replace(ANSWER, complete=False))],
)
def test_nothing_said_and_half_said(blocks: list[Block], answer: VisionAnswer) -> None:
    assert not judge(page(lines(), confidence=0.5), PAGE, blocks, answer).taken


def test_where_nothing_was_known_the_answer_is_taken_and_marked() -> None:
    reading = page(figure(), source=TextSource.NONE, findings=[NOTHING_READ])
    verdict, after = _settle(reading, PAGE, said("A handwritten note"))
    assert verdict.taken and not verdict.checked and verdict.confidence == 0.5
    assert after.text_source is TextSource.OCR
    assert _codes(after) == ["vision_unchecked"]
    outcome = assemble(
        Inspection(page_count=1, title=None, language=None),
        [after],
        [],
        sha256="0" * 64,
        media_type="image/png",
        options=ParseOptions(vision_model="test-model"),
    )
    assert outcome.document.text == "A handwritten note"
    assert outcome.document.ledger.state == "partial", "a person should look at it"


def test_a_table_of_a_text_layer_may_only_be_arranged_anew() -> None:
    merged = (("Berth", "2025 2024"), ("North – quay", "12,340 11,905"), ("South quay", "8,771 9,016"))
    reading = page(lines(), table(merged), source=TextSource.TEXT_LAYER)
    plainly = [[text.replace("–", "-") for text in row] for row in ROWS]
    verdict, after = _settle(reading, TABLE, said_table(plainly))
    assert verdict.taken and verdict.confidence == 1.0
    known, new = reading.blocks[1].table, after.blocks[1].table
    assert known is not None and new is not None
    assert [cell.text for cell in new.cells] == [text for row in ROWS for text in row], "as printed, not as written"
    boxes = {cell.text: cell.bbox for cell in new.cells}
    assert boxes["South quay"] == known.cells[4].bbox and boxes["9,016"] is None
    assert (new.rows, new.columns, new.bbox) == (3, 3, BOX)


@pytest.mark.parametrize("wrong", ["12,430", "12,340 *", ""])
def test_one_changed_character_of_a_text_layer_is_enough_to_refuse(wrong: str) -> None:
    reading = page(lines(), table(ROWS), source=TextSource.TEXT_LAYER)
    changed = [[wrong if text == "12,340" else text for text in row] for row in ROWS]
    verdict, after = _settle(reading, TABLE, said_table(changed))
    kept = after.blocks[1].table
    assert not verdict.taken and kept is not None
    assert kept.cells == reading.blocks[1].table.cells  # type: ignore[union-attr]
    assert kept.derivation.attempts[-1].outcome.startswith("not taken")
    assert kept.derivation.cost_usd == pytest.approx(0.002)


def test_a_table_read_by_ocr_is_compared_with_its_own_words() -> None:
    words = [word for row in ROWS for text in row for word in text.split() if word != "12,340"]
    reading = page(lines(), table(ROWS), certain=[*CERTAIN, *words])
    better = [[text.replace("12,340", "12,349") for text in row] for row in ROWS]
    assert _settle(reading, TABLE, said_table(better))[0].taken
    other = [["Item", "Q1", "Q2"], ["Fuel", "3", "4"], ["Wages", "5", "6"], ["Rent", "7", "8"]]
    assert not _settle(reading, TABLE, said_table(other))[0].taken


def test_what_a_model_says_of_a_figure_is_no_printed_text() -> None:
    reading = page(lines(), figure(), source=TextSource.TEXT_LAYER)
    verdict, after = _settle(reading, FIGURE, said("A chart of arrivals by year."))
    assert verdict.taken
    known = after.blocks[1].figure
    assert known is not None and known.alt == "A chart of arrivals by year." and not known.lines
    assert _codes(after) == ["read_by_vision_model"]


words = st.text(alphabet="abcXYZ0123456789,.-–$%() ", min_size=1, max_size=12).map(lambda text: " ".join(text.split()))
grids = st.integers(1, 4).flatmap(
    lambda columns: st.lists(st.lists(words, min_size=columns, max_size=columns), min_size=1, max_size=5)
)


@given(before=grids, after=grids, same=st.booleans())
def test_no_character_of_a_text_layer_is_ever_changed(
    before: list[list[str]], after: list[list[str]], same: bool
) -> None:
    """Whatever is answered: the characters of the page stay what they are, and the offsets of the Document hold."""
    plainly = [[text.replace("–", "-")] for row in before for text in row]
    answer = plainly if same else after
    reading = page(table(before), source=TextSource.TEXT_LAYER)
    verdict, settled = _settle(reading, TABLE, said_table(answer))
    assert verdict.taken or not same or not any(text.strip(" ,.-–$%()") for row in before for text in row)
    kept = settled.blocks[0].table
    assert kept is not None
    assert Counter("".join(cell.text for cell in kept.cells).replace(" ", "")) == Counter(
        "".join(text for row in before for text in row).replace(" ", "")
    )
    outcome = assemble(
        Inspection(page_count=1, title=None, language=None),
        [settled],
        [],
        sha256="0" * 64,
        media_type="application/pdf",
        options=ParseOptions(),
    )
    document = outcome.document
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
        for cell in element.table.cells if element.table else ():
            assert document.text[cell.start : cell.end] == cell.text
