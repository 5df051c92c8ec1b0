"""Citations of an answer: a range of a passage with its places, and quotes found again in a passage."""

from __future__ import annotations

import unicodedata

from retrieval.answers.model import AnswerCitation, CitedCell
from retrieval.answers.units import Source
from retrieval.citations import CitationKey, citation_id, resolve

_TYPOGRAPHY = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
    }
)


def cite(source: Source, start: int, end: int, *, cell: CitedCell | None = None) -> AnswerCitation:
    """The citation of `[start, end)` of the source's document."""
    view = source.passage.document
    parse_id = source.document.parse_id
    citation = resolve(source.document, CitationKey(document_id=view.id, parse_id=parse_id, start=start, end=end))
    return AnswerCitation(
        citation_id=citation_id(view.id, parse_id, start, end),
        result=source.number,
        document=view,
        page=citation.spans[0].page,
        quote=citation.quote,
        spans=citation.spans,
        section_path=citation.section_path,
        cell=cell,
    )


def find_quote(source: Source, quote: str) -> tuple[int, int] | None:
    """Where in the passage the quote stands, white space and the kind of quotation marks and dashes aside: the first
    place; None where it does not."""
    wanted = _folded(quote)[0].strip()
    for start, end in source.ranges if wanted else ():
        folded, places = _folded(source.document.document.text[start:end])
        at = folded.find(wanted)
        if at >= 0:
            return start + places[at], start + places[at + len(wanted) - 1] + 1
    return None


def _folded(text: str) -> tuple[str, list[int]]:
    """The text to compare by, and of each of its characters the place it comes from."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        plain = " " if character.isspace() else unicodedata.normalize("NFKC", character).translate(_TYPOGRAPHY)
        for part in plain.casefold():
            if part != " " or (characters and characters[-1] != " "):
                characters.append(part)
                places.append(place)
    return "".join(characters), places
