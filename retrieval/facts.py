"""What a document is, in a few words: the facts that tell it from others like it."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LINE = 240
"""Characters. Each chunk's vector has a part of the line in it: a long one would drown what a passage says."""

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFacts:
    """What generic signals (file name, properties, first page, headings) say a document is; empty where nothing does.

    `title`: a readable title, the document's own where that is sure, else the file's name in words. `organisation`: who
    it is of or about. `periods`: what time it is about, most telling first, as `2022`, `2023-Q2`, `2023-06` or
    `2023-06-30`. `kind`: what it calls itself ("annual report", "invoice"), or the collection's profile's name for it.
    """

    title: str = ""
    organisation: str = ""
    periods: tuple[str, ...] = ()
    kind: str = ""

    def __bool__(self) -> bool:
        """Whether anything is known beyond a title."""
        return bool(self.organisation or self.periods or self.kind)

    def line(self) -> str:
        """The one line that stands for the document; at most `MAX_LINE` characters, no word said twice over.

        >>> DocumentFacts(title="Annual Report 2022", organisation="Example AG", periods=("2022",)).line()
        'Annual Report 2022 Example AG'
        """
        return one_line(self.title, self.organisation, self.kind, *self.periods)


def one_line(*parts: str) -> str:
    """The parts that say a word that those before do not say, as one line of at most `MAX_LINE` characters."""
    said: set[str] = set()
    kept = []
    for part in parts:
        words = {word.casefold() for word in _WORDS.findall(part)}
        if words - said:
            kept.append(" ".join(part.split()))
            said |= words
    return " ".join(kept)[:MAX_LINE].strip()
