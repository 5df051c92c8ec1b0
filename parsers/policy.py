"""How far a parse may go: the routing policy, what the caller knows of the file, and the limits of the process."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

_BUDGET = re.compile(r"budget:(\d+(?:\.\d+)?)")


class ParsePolicy(StrEnum):
    """How far routing escalates, in the prices of `parsers.prices`.

    `FAST`      the text layer and the table finder; OCR only where a page has no usable text; no layout model
    `BALANCED`  also the layout model, on pages whose signals call for it, and more table extractors where the first
                ones do not agree
    `BEST`      the layout model on every page, every table extractor on every table, the robust OCR everywhere
    """

    FAST = "fast"
    BALANCED = "balanced"
    BEST = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOptions:
    """What a caller may choose of a parse. All but the password decide what the Document is, and so name it.

    page_budget   the most a page may cost, in the prices of `parsers.prices`, instead of what the policy allows
    languages     languages that OCR should expect, likeliest first (`en`, `de`); empty: found out from the file
    vision_model  the vision model that is asked what the other extractors are not sure of; None: none is
    password      opens an encrypted file; never kept, logged or part of any name
    """

    policy: ParsePolicy = ParsePolicy.BALANCED
    page_budget: float | None = None
    languages: tuple[str, ...] = ()
    vision_model: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What a Parse is named by, beside its bytes and its producer.

        `balanced`, `budget:2.5`, `fast+de+fr`, `best+vision:some-model`.
        """
        budget = "" if self.page_budget is None else f"budget:{self.page_budget:g}"
        vision = () if self.vision_model is None else (f"vision:{self.vision_model}",)
        return "+".join((budget or self.policy.value, *self.languages, *vision))


def parse_policy(text: str) -> ParseOptions:
    """Options from a policy's name, or from `budget:` and a number. `ValueError` says what is possible.

    >>> parse_policy("budget:2.5").page_budget
    2.5
    """
    budget = _BUDGET.fullmatch(text)
    if budget is not None:
        return ParseOptions(policy=ParsePolicy.BEST, page_budget=float(budget[1]))
    if text not in set(ParsePolicy):
        names = ", ".join(ParsePolicy)
        raise ValueError(f"{text!r} is no parse policy: use {names}, or budget:N with the most a page may cost")
    return ParseOptions(policy=ParsePolicy(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseLimits:
    """What one parse may use. A page range over its limit costs its pages (a finding), never the document.

    memory_bytes      address space of the isolated process (RLIMIT_AS)
    seconds_to_open   wall clock for opening the file and reading its properties
    seconds_per_page  wall clock for a page; a range of n pages may take n times this
    pages_per_range   pages parsed between two messages of progress
    pages             a document with more pages is refused
    children          attachments or archive members of one file; more of them are a finding
    child_bytes       size of one of them, unpacked; it has to fit into what a worker may answer (128 MiB)
    """

    memory_bytes: int = 2 * 1024**3
    seconds_to_open: float = 30.0
    seconds_per_page: float = 30.0
    pages_per_range: int = 16
    pages: int = 20_000
    children: int = 2_000
    child_bytes: int = 120 * 1024**2
