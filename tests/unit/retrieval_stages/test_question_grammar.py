"""What is taken out of a question, what stays, and that questions without such parts stay as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.stages.question_grammar import question_parts, questions_in


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("How many bolts are there? Round to tens.", "How many bolts are there?"),
        ("You are a nurse. What dose is safe for a child?", "What dose is safe for a child?"),
        ("Is it safe? If not, please say why.", "Is it safe?"),
        ("According to the parts list, what does it weigh?", "what does it weigh?"),
        ("Please answer this question: who signed it?", "who signed it?"),
        ("I bought a pump in 2020. Is it still covered?", "I bought a pump in 2020. Is it still covered?"),
        ("In Germany, who pays VAT?", "In Germany, who pays VAT?"),
        ("List the suppliers. Keep it short.", "List the suppliers. Keep it short."),
        ("Wie schwer ist die Pumpe? Bitte kurz.", "Wie schwer ist die Pumpe? Bitte kurz."),
    ],
)
def test_instructions_go_and_nothing_else(text: str, asked: str) -> None:
    assert question_parts(text).asked == asked


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Using the parts list and the wiring diagram, what fits?", ("parts list", "wiring diagram")),
        ("What does it cost? Rely on the details shown in the summary of charges.", ("summary of charges",)),
        ("What was the largest item in Smith's expense sheet?", ("Smith's expense sheet",)),
        ("What did the minister say in this report?", ()),
        ("What is on the table?", ()),
    ],
)
def test_places_to_look_stay_by_name(text: str, places: tuple[str, ...]) -> None:
    assert question_parts(text).places == places


def test_a_definition_stays_as_what_it_is_made_of() -> None:
    parts = question_parts(
        "What is the yield of line 4? Yield is defined as: good parts / (all parts - test parts). Round to percent."
    )
    assert parts.asked == "What is the yield of line 4?"
    assert parts.ingredients == ("good parts", "all parts", "test parts")
    assert parts.sought == "What is the yield of line 4? good parts, all parts, test parts"


def test_terms_that_are_defined_themselves_are_no_ingredients() -> None:
    parts = question_parts("What is X1Y? Define OEE as uptime * FPY. FPY is calculated as good units / all units.")
    assert parts.ingredients == ("uptime", "good units", "all units")


@given(st.text(max_size=400))
def test_any_text_is_read_and_a_text_without_a_question_mark_stays(text: str) -> None:
    parts = question_parts(text)
    assert "?" in text or parts.sought == text
    assert parts.asked or not text.strip()
    assert questions_in(parts.asked)


@given(st.lists(st.sampled_from(["the", "of", "in", "list", "table", "define", "as", ",", ":", "?", ".", "A", "is"])))
def test_hostile_word_salads_are_read(words: list[str]) -> None:
    assert question_parts(" ".join(words * 20)) == question_parts(" ".join(words * 20))
