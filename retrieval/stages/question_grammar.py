"""What a question asks, where it says to look, and what its definitions are made of, by the grammar of questions.

A question to a model is often more than a question: it says how to answer ("Round to two decimals."), where to look
("according to the parts list"), and what its words mean ("Yield is defined as good parts divided by all parts").
Passages do not say how to answer, and the words of the rest weigh more than those of the question. So the instructions
go, the places stay by name, and a definition by what it is made of. The rules are English; what they do not know, and
every question without such parts, stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Names of parts of documents: a noun phrase that ends in one of them says where to look.
_PART = (
    "statements?|sheets?|tables?|charts?|graphs?|diagrams?|sections?|chapters?|appendix|appendices|annex(?:es)?"
    "|exhibits?|schedules?|notes?|footnotes?|summary|index|paragraphs?|articles?|clauses?|attachments?|glossary"
    "|abstract|introduction|specifications?|lists?|agenda"
)
_BEFORE = (
    "the|its|their|and|or|in|on|from|by|within|under|using|to|per|see|of|only|referencing|consulting|consult"
    "|reading|read"
)
_NO_PART_OF_A_NAME = (
    "the|an?|its|their|his|her|our|your|my|this|that|these|those|each|which|and|or|of|in|on|from|by|within|under|off"
    "|using|for|to|as|with|at|per|is|are|was|were|what|who|how|when|where|if|do|does|did|has|have|had|only|referencing"
    "|see|consult|consulting|read|reading|following|no|any|all|other|answer|question"
)
_NAME_WORD = rf"(?!(?:{_NO_PART_OF_A_NAME})\b)[^\W\d_][\w&'’/-]*"
_PLACE = re.compile(
    rf"(?:(?<=['’]s\s)|(?<![\w-])(?:{_BEFORE})\s+)"
    rf"(?P<name>(?:{_NAME_WORD}\s+){{1,4}}?(?:{_PART})"
    rf"|(?:{_PART})\s+of(?:\s+the)?(?:\s+{_NAME_WORD}){{1,3}}?(?=\s*[,.;:?!)]|\s*$|\s+(?:{_NO_PART_OF_A_NAME})\b))"
    r"(?![\w-])",
    re.IGNORECASE,
)
_ASKING = (
    "what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should"
    "|may|might"
)
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[^\W\d_a-z]|[\"'“(])")
_INTRODUCED = re.compile(rf"^(?P<lead>.*?)[,:]\s+(?P<question>(?:{_ASKING})\b[^?]*\?)", re.IGNORECASE | re.DOTALL)
_SAYS_HOW = re.compile(
    r"^\W*(?:please\s+|kindly\s+)?(?:"
    r"answer|respond|reply|round|express|give|provide|state|report|show|base|calculate|compute|extract|derive|use|explain"
    r"|assume|address|write|list|return|include|limit|keep|cite|quote|refer|format|present|help|consider|do not|don't"
    r"|you are|you have|we need|we want|we would|i need|i want|i would|let's"
    r")\b",
    re.IGNORECASE,
)
_SAYS_WHAT_IF = re.compile(r"^\W*if\b.*\b(?:then|please|state|say|answer|explain)\b", re.IGNORECASE | re.DOTALL)
_DEFINITION = re.compile(
    r"^\W*(?:define\s+(?P<defined>.{1,120}?)\s+as"
    r"|(?P<term>.{1,120}?)\s+(?:here\s+)?(?:is|are)\s+(?:here\s+)?(?:defined|calculated|computed|measured)\s+as)\b:?"
    r"\s*(?P<body>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_OPERATION = re.compile(
    r"[*/+=×÷·()\[\]{},;:–—]|\s-\s"
    r"|\b(?:divided by|multiplied by|less|minus|plus|times|over|between|sum of|ratio of|average|total|and|or|from|to"
    r"|the|of|in|for)\b",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\b\w*\d\w*%?|[.%$€£]")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionParts:
    """`asked`: the question without what says how to answer it. `places`: parts of documents that it names ("parts
    list"). `ingredients`: what its definitions are made of."""

    asked: str
    places: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()

    @property
    def sought(self) -> str:
        """What is looked for: places and ingredients behind the question."""
        return " ".join(filter(None, (self.asked, ", ".join(self.places), ", ".join(self.ingredients))))


def question_parts(text: str) -> QuestionParts:
    """`text` has its white space collapsed. Without a question mark in it, nothing is taken for an instruction.

    >>> question_parts("Using the parts list, how many bolts are there? Round to tens.")
    QuestionParts(asked='how many bolts are there?', places=('parts list',), ingredients=())
    """
    sentences = _SENTENCE_END.split(text)
    if not any(map(_is_question, sentences)):
        return QuestionParts(asked=text)
    asked: list[str] = []
    definitions: dict[str, str] = {}
    for sentence in sentences:
        definition = None if _is_question(sentence) else _DEFINITION.match(sentence)
        if definition:
            definitions[(definition["defined"] or definition["term"]).strip().casefold()] = definition["body"]
        elif _is_question(sentence):
            asked.append(_without_lead(sentence))
        elif not _SAYS_HOW.match(sentence) and not _SAYS_WHAT_IF.match(sentence):
            asked.append(sentence)
    ingredients = dict.fromkeys(part for body in definitions.values() for part in _ingredients(body))
    return QuestionParts(
        asked=" ".join(asked),
        places=tuple(_places(text)),
        ingredients=tuple(part for part in ingredients if part.casefold() not in definitions),
    )


def questions_in(asked: str) -> tuple[str, ...]:
    """The questions of a text that asks several, each by itself; one where it asks no more than one.

    >>> questions_in("What does it cost? And who sells it?")
    ('What does it cost?', 'And who sells it?')
    """
    sentences = _SENTENCE_END.split(asked)
    marked: Sequence[str] = [sentence for sentence in sentences if _is_question(sentence)]
    return tuple(marked) if len(marked) > 1 else (asked,)


def _is_question(sentence: str) -> bool:
    return sentence.rstrip(" \"')”’").endswith("?")


def _without_lead(sentence: str) -> str:
    """Without a clause before the question that only says where to look or that there will be a question."""
    match = _INTRODUCED.match(sentence)
    if match is None or match.end() < len(sentence.rstrip()):
        return sentence
    says_where = _PLACE.search(match["lead"]) is not None
    announces = re.search(r"\bquestions?\b", match["lead"], re.IGNORECASE) is not None
    return match["question"] if says_where or announces else sentence


def _places(text: str) -> Iterator[str]:
    seen = set()
    for match in _PLACE.finditer(text):
        name = match["name"].strip()
        if name.casefold() not in seen:
            seen.add(name.casefold())
            yield name


def _ingredients(body: str) -> Iterator[str]:
    for part in _OPERATION.split(body):
        named = " ".join(_NUMBERS.sub(" ", part).split())
        if len(named) > 2:
            yield named
