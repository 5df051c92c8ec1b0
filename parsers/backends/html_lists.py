"""Lists of HTML: how deep an item is, and the number that a browser prints before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parsers.backends.html_style import Declarations
from parsers.backends.list_numbers import roman

_TYPES = {
    "1": "decimal",
    "a": "lower-alpha",
    "A": "upper-alpha",
    "i": "lower-roman",
    "I": "upper-roman",
}
_LARGEST_ROMAN = 3999


@dataclass(slots=True, kw_only=True)
class ListContext:
    """An open list. `numbering` is a CSS list-style-type; None where nothing is printed that is text."""

    numbering: str | None
    next_number: int = 1
    step: int = 1


def open_list(tag: str, attributes: Mapping[str, str], style: Declarations) -> ListContext:
    """The list that a start tag begins."""
    if tag != "ol":
        return ListContext(numbering=None)
    declared = style.get("list-style-type") or style.get("list-style") or ""
    numbering: str | None = _TYPES.get(attributes.get("type", "1"), "decimal")
    if declared:
        known = [name for name in declared.split() if name in (*_TYPES.values(), "lower-latin", "upper-latin", "none")]
        numbering = known[0] if known else numbering
    start = _integer(attributes.get("start"))
    return ListContext(
        numbering=None if numbering == "none" else numbering,
        next_number=1 if start is None else start,
        step=-1 if "reversed" in attributes and start is not None else 1,
    )


def item_marker(tag: str, attributes: Mapping[str, str], lists: Sequence[ListContext]) -> str:
    """What is printed before an item, as `3.` or `iv.`; "" for bullets, which are no text. Counts the item."""
    if tag != "li" or not lists or lists[-1].numbering is None:
        return ""
    current = lists[-1]
    value = _integer(attributes.get("value"))
    number = current.next_number if value is None else value
    current.next_number = number + current.step
    return f"{format_number(number, current.numbering or 'decimal')}."


def format_number(number: int, numbering: str) -> str:
    """A counter as CSS prints it. Letters and Roman numerals end where CSS lets them end: beyond, digits are used.

    >>> [format_number(number, "lower-alpha") for number in (1, 26, 27, 0)]
    ['a', 'z', 'aa', '0']
    >>> format_number(1994, "upper-roman")
    'MCMXCIV'
    """
    text = str(number)
    if numbering.endswith(("alpha", "latin")) and number > 0:
        text = ""
        while number > 0:
            number, letter = divmod(number - 1, 26)
            text = chr(ord("a") + letter) + text
    elif numbering.endswith("roman") and 0 < number <= _LARGEST_ROMAN:
        text = roman(number)
    return text.upper() if numbering.startswith("upper") else text


def _integer(text: str | None) -> int | None:
    """A whole number as HTML has it; None for anything else, and for what no list has."""
    if text is None:
        return None
    plain = text.strip().removeprefix("+")
    digits = plain.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        return None
    return int(plain)
