"""Periods as texts and questions write them, and one way to write each: `2022`, `2023-Q2`, `2023-06`, `2023-06-30`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

PLACEHOLDERS = ("year", "quarter", "month", "day")
"""What may stand in braces in a period pattern."""

GENERIC_PATTERNS = (
    "Q{quarter} {year}",
    "Q{quarter} FY {year}",
    "{quarter}Q {year}",
    "{year} Q{quarter}",
    "{quarter} quarter {year}",
    "{quarter} quarter of {year}",
    "{month} {day}, {year}",
    "{day} {month} {year}",
    "{day}. {month} {year}",
    "{month} {year}",
    "FY {year}",
    "fiscal year {year}",
    "fiscal {year}",
)
"""Ways of writing a period that belong to no field of work."""

_MONTHS = (
    "january janvier januar enero gennaio janeiro januari",
    "february février fevrier februar febrero febbraio fevereiro februari",
    "march mars märz maerz marzo março marco maart",
    "april avril abril aprile",
    "may mai mayo maggio maio mei",
    "june juin juni junio giugno junho",
    "july juillet juli julio luglio julho",
    "august août aout agosto augustus augusti",
    "september septembre septiembre settembre setembro",
    "october octobre oktober octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december décembre decembre dezember diciembre dicembre dezembro",
)
_ABBREVIATED = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
MONTH_NUMBER = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split()} | {
    name: number for number, name in enumerate((*_ABBREVIATED,), start=1)
} | {"sept": 9}  # fmt: skip
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}

# A year of two digits stands directly behind letters or an apostrophe ("FY22", "Q2 '23"): "March 12" is a day.
_FORMS = {
    "year": r"(?P<year>(?:19|20)\d\d|(?:'|(?<=[a-z])|(?<=FY ))\d\d)",
    "quarter": rf"(?P<quarter>[1-4]|{'|'.join(_QUARTERS)})",
    "month": rf"(?P<month>{'|'.join(sorted(MONTH_NUMBER, key=len, reverse=True))})\.?",
    "day": r"(?P<day>[0-3]?\d)",
}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_ISO = re.compile(r"(?<![\w-])(?P<year>(?:19|20)\d\d)-(?P<month>[01]\d)(?:-(?P<day>[0-3]\d))?(?![\w-])")


def placeholders(pattern: str) -> list[str]:
    """The names in braces of a period pattern, in order."""
    return _PLACEHOLDER.findall(pattern)


def find_periods(text: str, patterns: Sequence[str] = ()) -> tuple[str, ...]:
    """The periods that `text` names, in its order, each once: by `patterns`, the generic ones and as ISO dates.

    A bare year is none: it may be any number. Where two readings overlap the longer counts.

    >>> find_periods("In Q2 2023 and in FY22, not in 2Q21; filed on 4 March 2024 (2024-03-05)")
    ('2023-Q2', '2022', '2021-Q2', '2024-03-04', '2024-03-05')
    """
    return tuple(dict.fromkeys(period for _, _, period in period_places(text, patterns)))


def period_places(text: str, patterns: Sequence[str] = ()) -> list[tuple[int, int, str]]:
    """`(start, end, period)` of each place where `text` names a period, in order, none overlapping another."""
    found = sorted(_matches(text, (*patterns, *GENERIC_PATTERNS)), key=lambda place: (place[0], -place[1]))
    places: list[tuple[int, int, str]] = []
    for place in found:
        if not places or place[0] >= places[-1][1]:
            places.append(place)
    return places


def _matches(text: str, patterns: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    for expression in (_ISO, *map(_expression, patterns)):
        for match in expression.finditer(text):
            period = _period(match.groupdict())
            if period:
                yield match.start(), match.end(), period


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    """Blanks of the pattern match white space, hyphens, or nothing (`FY 2022`, `FY2022`)."""
    parts = _PLACEHOLDER.split(pattern.strip())
    literals = [r"[\s-]{0,3}".join(re.escape(word) for word in re.split(r"\s+", literal)) for literal in parts[::2]]
    written = literals[0] + "".join(
        _FORMS[name] + literal for name, literal in zip(parts[1::2], literals[1:], strict=True)
    )
    return re.compile(rf"(?<![\w.]){written}(?!\w)", re.IGNORECASE)


def _period(named: dict[str, str | None]) -> str:
    """ "" where the numbers make no period."""
    year_text = (named.get("year") or "").lstrip("'")
    if not year_text:
        return ""
    year = int(year_text) if len(year_text) == 4 else 2000 + int(year_text)
    quarter, month, day = named.get("quarter"), named.get("month"), named.get("day")
    if quarter:
        return f"{year}-Q{_QUARTERS.get(quarter.casefold()) or quarter}"
    if not month:
        return str(year)
    number = MONTH_NUMBER.get(month.casefold()) or (int(month) if month.isdigit() else 0)
    if not 1 <= number <= 12 or (day and not 1 <= int(day) <= 31):
        return ""
    return f"{year}-{number:02}-{int(day):02}" if day else f"{year}-{number:02}"
