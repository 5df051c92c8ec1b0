"""Numbers of list items and headings as word processors print them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_CHINESE_DIGITS = "〇一二三四五六七八九"
_KANJI_UNITS = ("", "十", "百", "千")
_HIGHEST = 32_767  # the highest number Word counts to


def roman(value: int) -> str:
    """
    >>> roman(1994)
    'mcmxciv'
    """
    written = []
    for amount, letters in _ROMAN:
        count, value = divmod(value, amount)
        written.append(letters * count)
    return "".join(written)


def letters(value: int) -> str:
    """`z` is followed by `aa`, `bb`: letters are doubled, as Word and Writer do.

    >>> letters(28)
    'bb'
    """
    return chr(ord("a") + (value - 1) % 26) * ((value - 1) // 26 + 1)


def chinese(value: int) -> str:
    """Counting numbers below 10,000.

    >>> chinese(21)
    '二十一'
    """
    if not 0 < value < 10_000:
        return str(value)
    written = ""
    for place, digit in enumerate(reversed(str(value))):
        if digit != "0":
            written = _CHINESE_DIGITS[int(digit)] + _KANJI_UNITS[place] + written
        elif written and not written.startswith("〇"):
            written = "〇" + written
    return written.removeprefix("一") if written.startswith("一十") else written


def ordinal(value: int) -> str:
    """
    >>> ordinal(22), ordinal(13)
    ('22nd', '13th')
    """
    if value % 100 in (11, 12, 13):
        return f"{value}th"
    return str(value) + {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def circled(value: int) -> str:
    """Numbers up to twenty in a circle."""
    return chr(0x2460 + value - 1) if value <= 20 else str(value)


_FORMATS: Mapping[str, Callable[[int], str]] = {
    "decimalZero": lambda value: f"{value:02d}",
    "lowerRoman": roman,
    "upperRoman": lambda value: roman(value).upper(),
    "lowerLetter": letters,
    "upperLetter": lambda value: letters(value).upper(),
    "ordinal": ordinal,
    "decimalEnclosedCircle": circled,
    "decimalEnclosedCircleChinese": circled,
    "chineseCounting": chinese,
    "chineseCountingThousand": chinese,
    "japaneseCounting": chinese,
    "taiwaneseCounting": chinese,
    "taiwaneseCountingThousand": chinese,
    "none": lambda _: "",
}


_OPEN_DOCUMENT_FORMATS: Mapping[str, str] = {
    "1": "decimal",
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "①, ②, ③, ...": "decimalEnclosedCircle",
    "一, 二, 三, ...": "chineseCounting",
}


def open_document_number(value: int, number_format: str) -> str:
    """`value` in a number format of OpenDocument (`style:num-format`, ODF 1.3 part 3, 19.500)."""
    return format_number(value, _OPEN_DOCUMENT_FORMATS.get(number_format, "decimal")) if number_format else ""


def format_number(value: int, number_format: str) -> str:
    """`value` in a number format of Word (`w:numFmt`, ISO 29500-1 17.18.59); unknown formats are written in digits.

    >>> format_number(4, "upperRoman"), format_number(7, "hindiNumbers")
    ('IV', '7')
    """
    if not 0 < value <= _HIGHEST:
        return "" if number_format == "none" else str(value)
    return _FORMATS.get(number_format, str)(value)
