"""Sentences by their places in the text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.answers.sentences import sentence_ranges


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_ranges(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It rose 3.5% to $2.1 million. Then it fell.", ["It rose 3.5% to $2.1 million.", "Then it fell."]),
        ("Dr. A. Smith of Acme Inc. signed. It holds.", ["Dr. A. Smith of Acme Inc. signed.", "It holds."]),
        ("It was bought by Acme Inc. The price is secret.", ["It was bought by Acme Inc.", "The price is secret."]),
        ("He said “No.” She left.", ["He said “No.”", "She left."]),
        ("See Fig. 3 and No. 4 of Sec. 5.", ["See Fig. 3 and No. 4 of Sec. 5."]),
        ("a line\nthat goes on. The next\none.", ["a line\nthat goes on.", "The next\none."]),
        ("A title\n\nA text", ["A title", "A text"]),
        ("1. First of a list", ["1. First of a list"]),
        ("これは一つ。これは二つ。", ["これは一つ。", "これは二つ。"]),
        ("Wait… what?! Yes.", ["Wait… what?!", "Yes."]),
        ("  \n ", []),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert _sentences(text) == expected


@given(st.text(alphabet="aB1 .!?\n“”()。é", max_size=80))
def test_every_printed_character_is_in_exactly_one_sentence(text: str) -> None:
    ranges = sentence_ranges(text)
    assert all(start < end for start, end in ranges)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(ranges))
    inside = {place for start, end in ranges for place in range(start, end)}
    assert {place for place, character in enumerate(text) if not character.isspace()} <= inside
    assert all(not text[start].isspace() and not text[end - 1].isspace() for start, end in ranges)
