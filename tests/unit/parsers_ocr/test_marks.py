"""Small marks that OCR mixes up, the state of the processor, and lone dashes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from parsers.ocr.dashes import find_dashes
from parsers.ocr.detection import TextPlace
from parsers.ocr.marks import curve, grouped, grouping_mark, lone, typographic
from parsers.ocr.models import models


def test_marks_follow_what_the_model_thinks_of_them() -> None:
    assert typographic([0.02, 0.0001])
    assert not typographic([0.0005, 0.0001])
    assert not typographic([])


def test_quotation_marks_open_before_words_and_close_behind_them() -> None:
    assert curve('("Guidance"),') == "(“Guidance”),"
    assert curve("PepsiCo's") == "PepsiCo’s"


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=12))
def test_typographic_marks_replace_one_by_one(word: str) -> None:
    curved = curve(word)
    assert len(curved) == len(word)
    assert not {"'", '"'}.intersection(curved)


def test_a_page_of_commas_makes_a_doubtful_point_a_comma() -> None:
    assert grouping_mark(["1,204 and 8,771", "12,340", "9,016", "5.188"]) == ","
    assert grouping_mark(["1,204 and 8.771"]) is None
    assert grouped("(5.188)", [0, 0, 0.09, 0, 0, 0, 0], ",") == "(5,188)"
    assert grouped("5.188", [0, 0.001, 0, 0, 0], ",") == "5.188"
    assert grouped("5.18", [0, 0.5, 0, 0], ",") == "5.18"


def test_a_letter_of_its_own_is_a_sign_where_the_model_allows_it() -> None:
    assert lone("S", 0.1) == "$"
    assert lone("O", 0.1) == "0"
    assert lone("S", 0.0001) == "S"
    assert lone("x", 1.0) == "x"


def test_models_leave_the_arithmetic_of_the_process_alone() -> None:
    models().classifier.run(np.zeros((48, 192, 3), dtype=np.uint8))
    assert float(np.finfo(np.float64).tiny) / 2 > 0


def test_a_lone_dash_on_a_line_is_found_and_a_ruling_is_not() -> None:
    image = np.full((200, 600, 3), 255, dtype=np.uint8)
    line = TextPlace(bbox=(20.0, 80.0, 200.0, 120.0), angle=0.0, slenderness=9.0)
    image[99:101, 300:324] = 0
    image[99:101, 400:590] = 0
    image[30:32, 300:324] = 0
    (found,) = find_dashes(image, [line])
    assert found == ((300.0, 80.0, 324.0, 120.0), "—")
