"""Numbers as a sheet shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.backends.sheet_formats import show_number


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("1577", "General", "1577"),
        ("1577.0", "General", "1577"),
        ("0.30000000000000004", "General", "0.3"),
        ("1E-2", "General", "0.01"),
        ("12553", r"#,##0\ ;\(#,##0\)", "12,553"),
        ("-81", r"#,##0\ ;\(#,##0\)", "(81)"),
        ("0", '_(* #,##0_);_(* \\(#,##0\\);_(* "—"_);_(@_)', "—"),
        ("1.005", "0.00", "1.01"),
        ("-0.4", "0", "0"),
        ("-0.0725", "0.0%", "-7.3%"),
        ("1234.5", "[$€-407]#,##0.00", "€1,234.50"),
        ("1234.5", "[Red]$#,##0.00", "$1,234.50"),
        ("7", "00000", "00007"),
        ("3.10", "0.0##", "3.1"),
        ("12345678", "#,##0,", "12,346"),
        ("12345.678", "0.00E+00", "1.23E+04"),
        ("10", 'General" items"', "10 items"),
        ("45322", "d mmmm yyyy", "31 January 2024"),
        ("45322.75", "yyyy-mm-dd hh:mm", "2024-01-31 18:00"),
        ("0.75", "h:mm AM/PM", "6:00 PM"),
        ("1.5", "[h]:mm:ss", "36:00:00"),
        ("0.5", "mm:ss", "00:00"),
        ("1", "d mmm yyyy", "1 Jan 1900"),
    ],
)
def test_a_number_is_shown_as_its_code_says(stored: str, code: str, shown: str) -> None:
    assert show_number(stored, code) == shown


@pytest.mark.parametrize(
    ("stored", "code"),
    [("0.5", "# ?/?"), ("5551234567", "(000) 000-0000"), ("5", "[>3]0;0.0"), ("-5", "yyyy"), ("60", "yyyy-mm-dd"),
     ("3", ";;;"), ("text", "0.00"), ("1e999", "0"), ("5", "0" * 300), ("1E250", "0.00")],
)  # fmt: skip
def test_what_is_not_known_stays_as_stored(stored: str, code: str) -> None:
    assert show_number(stored, code) == stored


def test_dates_count_from_1904_where_the_workbook_says_so() -> None:
    assert show_number("0", "yyyy-mm-dd", from_1904=True) == "1904-01-01"


@given(st.text(max_size=30), st.text(alphabet='0#?.,;%E+-yYmdhs[]"\\_*@/ AMP$€', max_size=30))
def test_any_code_and_value_give_some_text(stored: str, code: str) -> None:
    assert show_number(stored, code) or not stored


@given(st.integers(-(10**14), 10**14))
def test_general_never_changes_a_whole_number(number: int) -> None:
    assert show_number(str(number), "General") == str(number)
