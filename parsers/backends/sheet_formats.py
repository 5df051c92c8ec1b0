"""How a sheet shows a number: format codes such as `#,##0.00`, `0.0%`, `d mmm yyyy` (ISO 29500-1, 18.8.31).

Codes that are not read here (fractions, conditions) and values that do not fit their code leave the value as stored.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

_GENERAL: Final = "General"
# Codes of the ids that a file need not spell out (18.8.30). Ids 14 and 22 follow the settings of whoever looks: they
# are shown as ISO dates, which everyone reads the same way.
BUILT_IN: Final = {
    0: _GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "$#,##0_);($#,##0)", 6: "$#,##0_);($#,##0)",
    7: "$#,##0.00_);($#,##0.00)", 8: "$#,##0.00_);($#,##0.00)", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 37: "#,##0_);(#,##0)", 38: "#,##0_);(#,##0)", 39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);(#,##0.00)", 41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',
    42: '_($* #,##0_);_($* (#,##0);_($* "-"_);_(@_)', 43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 49: "@",
}  # fmt: skip

_TOKEN: Final = re.compile(
    r"""(?P<quoted>"[^"]*"?) | \\(?P<escaped>.) | _(?P<blank>.) | \*(?P<fill>.)
    | \[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\] | \[(?P<elapsed>h+|m+|s+)\] | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General) | (?P<half>AM/PM|A/P) | (?P<exponent>E[+-]0+) | (?P<second>s+(?:\.0+)?)
    | (?P<date>y+|m+|d+|h+|b+|e+) | (?P<digits>[0#?][0#?,]*(?:\.[0#?]*)?,* | \.[0#?]+,*) | (?P<other>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_COLORS: Final = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|colou?r\s?\d+", re.IGNORECASE)
_LONGEST_CODE: Final = 255
_MOST_DIGITS: Final = 40
_DAY_SECONDS: Final = 86_400
_LAST_DAY: Final = 2_958_466  # the first serial number after 31 December 9999
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def show_number(stored: str, code: str, *, from_1904: bool = False) -> str:
    """The number `stored` as a sheet shows it with the format `code`; `stored` itself where that is not known.

    >>> show_number("1577", "General"), show_number("1234.5", "#,##0.00"), show_number("-0.0725", "0.0%")
    ('1577', '1,234.50', '-7.3%')
    >>> show_number("45322", "d mmmm yyyy"), show_number("-5", '#,##0 "kg";(#,##0)')
    ('31 January 2024', '(5)')
    """
    try:
        number = Decimal(stored.strip())
    except InvalidOperation:
        return stored
    if not number.is_finite() or abs(number.adjusted()) > 300:
        return stored
    try:
        sections = _sections(code)
    except ValueError:
        return stored
    if not sections:
        return _general(stored, number)
    section, number = _choose(sections, number)
    shown = _show_date(section, number, from_1904) if _is_date(section) else _show_digits(section, number)
    # A code can hide a value altogether (`;;;`); what is stored counts then.
    return shown or stored


@lru_cache(maxsize=2_000)
def _sections(code: str) -> tuple[tuple[_Token, ...], ...]:
    """The tokens of each part of a code (positive; negative; zero), () for General. `ValueError`: not read here."""
    if code.strip().lower() in ("general", "", "@"):
        return ()
    if len(code) > _LONGEST_CODE:
        raise ValueError("format code too long")
    sections: list[list[_Token]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "other"
        text = match[kind]
        if kind == "other" and text == ";":
            sections.append([])
        elif kind == "bracket" and not _COLORS.fullmatch(text):
            raise ValueError("a condition, or digits of another script")
        else:
            sections[-1].append(_literal(kind, text))
    found = tuple(tuple(section) for section in sections[:3])
    unknown = any(token.kind == "other" and token.text in "/?@" for section in found for token in section)
    if unknown and not _is_date(found[0]):
        raise ValueError("a fraction or text")
    return found


def _literal(kind: str, text: str) -> _Token:
    if kind in ("quoted", "escaped", "currency"):
        return _Token("literal", text.strip('"') if kind == "quoted" else text)
    if kind in ("blank", "fill", "bracket"):
        return _Token("literal", "")
    return _Token(kind, text)


def _is_date(section: tuple[_Token, ...]) -> bool:
    return any(token.kind in ("date", "second", "elapsed", "half") for token in section)


def _choose(sections: tuple[tuple[_Token, ...], ...], number: Decimal) -> tuple[tuple[_Token, ...], Decimal]:
    if number < 0 and len(sections) > 1:
        return sections[1], -number
    if number == 0 and len(sections) > 2:
        return sections[2], number
    return sections[0], number


def _general(stored: str, number: Decimal) -> str:
    """Without zeros at the end of a fraction and digits beyond the fifteenth, noise of binary fractions."""
    plain = stored.strip()
    if "e" not in plain.lower() and len(number.as_tuple().digits) <= 15:
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    shown = format(float(number), ".15g")
    return shown.replace("e", "E") if "e" in shown else shown


def _show_digits(section: tuple[_Token, ...], number: Decimal) -> str | None:
    places = [token for token in section if token.kind == "digits"]
    if len(places) > 1 or any(token.kind in ("exponent", "general") for token in section):
        return _show_special(section, number)
    percent = sum(token.text.count("%") for token in section if token.kind == "other")
    shown = _digits(places[0].text, number * 100**percent) if places else ""
    if shown is None:
        return None
    sign = "-" if number < 0 and any(character.isdigit() and character != "0" for character in shown) else ""
    parts = [shown if token.kind == "digits" else token.text for token in section]
    return sign + "".join(parts).strip()


def _show_special(section: tuple[_Token, ...], number: Decimal) -> str | None:
    """General with text around it, and scientific notation; not: digits with text between them (telephone numbers)."""
    parts: list[str] = []
    digits = [token for token in section if token.kind == "digits"]
    exponent = next((token.text for token in section if token.kind == "exponent"), None)
    if len(digits) > 1 or (exponent is not None and not digits):
        return None
    for token in section:
        if token.kind == "general":
            parts.append(_general(format(number, "f"), number))
        elif token.kind == "digits" and exponent is not None:
            decimals = len(re.sub(r"[^0#?]", "", token.text.partition(".")[2]))
            mantissa, _, power = format(number, f".{decimals}E").partition("E")
            width = len(exponent) - 2
            sign = "-" if int(power) < 0 else "+" if exponent[1] == "+" else ""
            parts.append(f"{mantissa}E{sign}{abs(int(power)):0{width}d}")
        elif token.kind != "exponent":
            parts.append(token.text)
    return "".join(parts).strip()


def _digits(pattern: str, number: Decimal) -> str | None:
    """`number` without its sign in a pattern of `0`, `#`, `?`, `,` and `.`."""
    scaled = pattern.rstrip(",")
    number = abs(number) / 1000 ** (len(pattern) - len(scaled))
    whole, _, fraction = scaled.partition(".")
    decimals, least = len(fraction), len(fraction.rstrip("#?"))
    if decimals + max(0, number.adjusted()) > _MOST_DIGITS:
        return None
    # A sheet computes with fifteen digits, so that 1.005 is what it says and not the binary fraction below it.
    exact = Decimal(format(float(number), ".15g"))
    rounded = format(exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP), "f")
    integer, _, rest = rounded.partition(".")
    rest = rest[:least] + rest[least:].rstrip("0")
    integer = integer.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole:
        integer = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", integer)
    return integer + ("." + rest if "." in scaled and (rest or least) else "")


def _show_date(section: tuple[_Token, ...], number: Decimal, from_1904: bool) -> str | None:
    elapsed = any(token.kind == "elapsed" for token in section)
    if number < 0 or number >= _LAST_DAY:
        return None
    digits = max((len(token.text.partition(".")[2]) for token in section if token.kind == "second"), default=0)
    seconds = round(float(number) * _DAY_SECONDS, digits)
    day = math.floor(seconds / _DAY_SECONDS)
    # Day 60 of the 1900 system is 29 February 1900, which never was (18.17.4.1); before it, all are off by one.
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30 if day > 60 else 31)
    if day == 60 and not from_1904 and not elapsed:
        return None
    try:
        moment = start + timedelta(seconds=seconds)
    except OverflowError:
        return None
    twelve = any(token.kind == "half" for token in section)
    parts: list[str] = []
    for index, token in enumerate(section):
        if token.kind == "elapsed":
            unit = {"h": 3600, "m": 60, "s": 1}[token.text[0].lower()]
            parts.append(str(int(seconds // unit)).rjust(len(token.text), "0"))
        elif token.kind == "half":
            parts.append("AM" if moment.hour < 12 else "PM")
        elif token.kind == "second":
            whole, _, decimals = token.text.partition(".")
            shown = f"{moment.second:0{min(len(whole), 2)}d}"
            parts.append(f"{shown}.{moment.microsecond:06d}"[: len(shown) + 1 + len(decimals)] if decimals else shown)
        elif token.kind == "date":
            parts.append(_date_part(token.text.lower(), moment, twelve, minutes=_is_minutes(section, index)))
        else:
            parts.append(token.text)
    return "".join(parts).strip()


def _date_part(code: str, moment: datetime, twelve: bool, *, minutes: bool) -> str:
    unit, length = code[0], len(code)
    if unit == "y" or unit in "be":
        return f"{moment.year:04d}" if length > 2 or unit in "be" else f"{moment.year % 100:02d}"
    if unit == "d":
        name = _DAYS[moment.weekday()]
        return str(moment.day).rjust(length, "0") if length < 3 else name[:3] if length == 3 else name
    if unit == "h":
        hour = (moment.hour % 12 or 12) if twelve else moment.hour
        return str(hour).rjust(min(length, 2), "0")
    if minutes:
        return str(moment.minute).rjust(min(length, 2), "0")
    name = _MONTHS[moment.month - 1]
    if length < 3:
        return str(moment.month).rjust(length, "0")
    return name[:3] if length == 3 else name[:1] if length == 5 else name


def _is_minutes(section: tuple[_Token, ...], at: int) -> bool:
    """`m` means minutes behind hours and in front of seconds, months elsewhere."""
    units = [
        (index, token.text[0].lower())
        for index, token in enumerate(section)
        if token.kind in ("date", "second", "elapsed")
    ]
    place = [index for index, _ in units].index(at)
    before = units[place - 1][1] if place else ""
    after = units[place + 1][1] if place + 1 < len(units) else ""
    return before == "h" or after == "s"
