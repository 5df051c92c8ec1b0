"""What counts as a figure."""

from __future__ import annotations

import pytest

from parsers.extractors.table_values import is_currency, is_number_tail, is_value, is_year


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "12",
        "1,234",
        "1,234,567.89",
        "(12.5)",
        "(12.5)%",
        "$ 3",
        "$1,000",
        "-5",
        "−5",
        "–",
        "—",
        "3.5%",
        "35.0 %",
        "$ (1,234)",
        "n/a",
        "NM",
        "2022",
        ".5",
        "1.234,5",
        "12*",
        "€ 7",
    ],
)
def test_figures(text: str) -> None:
    assert is_value(text)


@pytest.mark.parametrize(
    "text", ["", "Total", "Note 5", "10-K", "Q1 results", "a1", "1st", "in 2022", "12 months ended", "3 to 5 years"]
)
def test_no_figures(text: str) -> None:
    assert not is_value(text)


def test_parts_of_figures() -> None:
    assert is_currency("$")
    assert is_currency("US$")
    assert is_currency("$(")
    assert not is_currency("5")
    assert all(is_number_tail(text) for text in (")", "%", ")%"))
    assert not is_number_tail("")
    assert is_year("2022")
    assert not is_year("1822")
