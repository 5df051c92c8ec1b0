"""What a model answered, checked against the passages it was given.

A citation holds if its words stand in the passage it names. A sentence is supported if it has a citation that holds and
every number in it stands in a passage that it cites; where a number does not, its citations are dropped: they would
lend their authority to what they do not say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from retrieval.answers.cite import cite, find_quote
from retrieval.answers.model import AnswerCitation, AnswerSentence
from retrieval.answers.prompt import NOT_FOUND
from retrieval.answers.sentences import sentence_ranges
from retrieval.answers.units import Source
from retrieval.tokens import tokenize

MOST_SENTENCES = 10
LONGEST_QUOTE = 2_000

_MARKER = re.compile(
    r"\[\s*(?:passage\s*)?(?P<numbers>\d{1,3}(?:\s*,\s*\d{1,3})*)\s*"
    r"(?:[:,]?\s*[\"“”«](?P<quote>[^\n]*?)[\"“”»]\s*)?\]",
    re.I,
)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")


def checked_sentences(answer: str, sources: Sequence[Source]) -> tuple[AnswerSentence, ...]:
    """The model's sentences with the citations that hold; none where it says that the passages do not answer."""
    if _says_not_found(answer):
        return ()
    sentences = [_checked(text, markers, sources) for text, markers in _sentences(answer)]
    return tuple(sentences[:MOST_SENTENCES])


def _says_not_found(answer: str) -> bool:
    return answer.strip().strip(".*\"'").upper().startswith(NOT_FOUND) or not answer.strip()


def _sentences(answer: str) -> list[tuple[str, list[re.Match[str]]]]:
    """Each sentence without its markers, with them. Markers belong to the sentence before them."""
    found: list[tuple[str, list[re.Match[str]]]] = []
    for line in answer.splitlines():
        text = _BULLET.sub("", line)
        markers = list(_MARKER.finditer(text))
        begin = 0
        for number, marker in enumerate(markers):
            said = text[begin : marker.start()].strip()
            if said.strip(".,; "):
                found += [(said[start:end], []) for start, end in sentence_ranges(said)]
            if found:
                found[-1][1].append(marker)
            begin = marker.end()
            if number + 1 == len(markers) and text[begin:].strip(".,; ") == "":
                begin = len(text)
        rest = text[begin:].strip()
        if rest.strip(".,; "):
            found += [(rest[start:end], []) for start, end in sentence_ranges(rest)]
    return found


def _checked(text: str, markers: Sequence[re.Match[str]], sources: Sequence[Source]) -> AnswerSentence:
    by_number = {source.number: source for source in sources}
    citations: dict[str, AnswerCitation] = {}
    cited: list[Source] = []
    for marker in markers:
        for number in map(int, re.findall(r"\d+", marker["numbers"])):
            source = by_number.get(number)
            citation = None if source is None else _citation(source, marker["quote"])
            if source is not None and citation is not None:
                citations[citation.citation_id] = citation
                cited.append(source)
    if not citations or not _numbers(text) <= _numbers("\n".join(map(_told, cited))):
        return AnswerSentence(text=text, citations=(), supported=False)
    return AnswerSentence(text=text, citations=tuple(citations.values()))


def _citation(source: Source, quote: str | None) -> AnswerCitation | None:
    """Of the quoted words, where they stand in the passage; without words the passage as a whole."""
    if quote is None:
        return cite(source, *source.core)
    place = find_quote(source, quote[:LONGEST_QUOTE])
    return None if place is None else cite(source, *place)


def _told(source: Source) -> str:
    """What the model was shown of the passage: its text, and the title and headings above it."""
    return "\n".join([source.passage.document.title, *source.passage.section_path, source.text])


def _numbers(text: str) -> frozenset[str]:
    """The numbers of a text as tokens without signs: `$1,577` and `1577` are one."""
    return frozenset(token for token in tokenize(text) if token[0].isdigit() and not token.endswith("%"))
