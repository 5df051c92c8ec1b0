"""What stands in the cells of tables of figures: numbers, amounts, shares, dates, and the marks for "nothing"."""

from __future__ import annotations

import re
from functools import lru_cache

_NUMBER = r"(?:\d{1,3}(?:[,.\u00a0\u202f' ]\d{3})+|\d+)(?:[.,]\d+)?"
_VALUE = re.compile(
    rf"[~≈<>≤≥±]?[(\[]?[+\-−–]?[$€£¥]?[(\[]?[+\-−–]?(?:{_NUMBER}|[.,]\d+)(?:\s?(?:%|‰|x|×|bps?|pts?|[kKMB]|bn|mn))?[)\]]?%?[*†‡§]*"
    rf"|[(\[]{_NUMBER}%?[-–—]{_NUMBER}%?[)\]]|[-−–—‐]{{1,3}}%?|\.{{2,3}}|n/?[amd]\.?|nm|n\.m\.|N/?[AMD]\.?|NM|N\.[MA]\.|nil|Yes|YES|No|NO|[xX✓✔•]"
)
_CURRENCY = re.compile(r"(?:US|C|A|HK|NZ|S)?[$€£¥]|USD|EUR|GBP|CHF|JPY|R\$|kr\.?|Rs\.?")
_TAIL = re.compile(r"[)\]]?%?[)\]]?|[)\]]\s?%|(?:pts?|bps?|ppts?|pp)\.?|x|[*†‡§]+")


@lru_cache(maxsize=65_536)
def is_value(text: str) -> bool:
    """Whether a text (a word, or all of a cell) is a figure: `1,234`, `(12.5)%`, `$ 3`, `–`, `n/a`, `2022`."""
    stripped = text.strip()
    if _VALUE.fullmatch(stripped):
        return True
    parts = stripped.split()
    if not 2 <= len(parts) <= 4:
        return False
    if is_currency(parts[0]):
        parts = parts[1:]
    return _VALUE.fullmatch("".join(parts)) is not None


@lru_cache(maxsize=4096)
def is_currency(text: str) -> bool:
    """Whether a word is a currency sign that belongs to the number after it: `$`, `€`, `US$`, also `$(`."""
    return _CURRENCY.fullmatch(text.rstrip("(")) is not None


@lru_cache(maxsize=4096)
def is_number_tail(text: str) -> bool:
    """Whether a word belongs to the number before it: `)`, `%`, `)%`, `pts`."""
    return bool(text) and _TAIL.fullmatch(text) is not None


@lru_cache(maxsize=65_536)
def is_year(text: str) -> bool:
    """Whether a figure is rather a heading: a year or a quarter."""
    return re.fullmatch(r"(?:19|20)\d\d|(?:FY|Q[1-4] ?)(?:19|20)?\d\d|Q[1-4]", text) is not None
