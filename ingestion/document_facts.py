"""What a document is, from signals that every kind of document gives: its file's name, properties, title and front.

Nothing here knows a field of work: kinds are those of `document_kinds.json` and of the collection's profile, periods
those that `retrieval.periods` and the profile know to read, names of organisations are told by their form and place.
Each fact is left empty unless something sure says it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from ingestion.attributes import title_of
from ingestion.front_lines import Front, front_of, name_words
from ingestion.organisations import organisation_of, squashed
from parsers.model import Document
from retrieval.facts import DocumentFacts
from retrieval.periods import find_periods, period_places
from retrieval.profile import NamedThing, Profile, parse_profile

MAX_PERIODS = 4
MAX_TITLE_WORDS = 16
MAX_HEADINGS = 6
MAX_OWN_LINES = 12
FIRST_LINES = 3
SHORT_LINE = 90
"""Characters: a line longer than this is a sentence, and what it mentions is not what the document is."""

# "for the year ended …": what stands behind is the period that the document is about.
_PERIOD_LEAD = re.compile(
    r"\b(?:years?|months?|weeks?|quarters?|periods?|exercice|ejercicio|esercizio|Geschäftsjahr|Quartal)\b[^.;]{0,24}?"
    r"\b(?:ended|ending|clos|terminado|cerrado|chiuso|zum|per|bis)\b(?: (?:on|le|el|il|al|am|zum))?",
    re.IGNORECASE,
)
# In a short line: the date of the document itself.
_DATE_LEAD = re.compile(
    r"^(?:(?:[\w.]+ )?(?:date|datum|fecha|data)|dated|as of|as at|stand|vom|du|le|of)\b[^.;:]{0,24}:?", re.IGNORECASE
)
LENGTH_OF_DATE = len("2023-06-30")
_REACH = 24
_YEAR = re.compile(r"(?<![\w-])(?:19|20)\d\d(?![\w-])")
_YEAR_IN_NAME = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_QUARTER_OF_YEAR = re.compile(r"((?:19|20)\d\d)[ _-]?(?:Q([1-4])|([1-4])Q)|(?:Q([1-4])|([1-4])Q)[ _-]?((?:19|20)?\d\d)")
_REFERENCE = re.compile(r"[\d\W_]+|(?=.*\d)[a-z0-9-]{16,}", re.IGNORECASE)


def facts_of(document: Document, *, file_name: str, profile: Profile | None = None) -> DocumentFacts:
    """Never raises on a document that was parsed. `profile`: that of its collection."""
    front = front_of(document)
    words = name_words(file_name)
    declared = " ".join((document.document.title or "").split())
    organisation = _profiled(front, words, profile) or organisation_of(front, words, declared)
    title = _own_title(front, words, declared)
    if squashed(title) in squashed(organisation):
        title = ""
    return DocumentFacts(
        title=title or " ".join(words) or title_of(file_name),
        organisation=organisation,
        periods=_periods(front, words, profile)[:MAX_PERIODS],
        kind=_kind(front, words, title, profile),
    )


def _own_title(front: Front, words: Sequence[str], declared: str) -> str:
    """The title that two witnesses agree on: the line set as title, the title in the properties, the file's name.

    A line in capitals may be the letterhead or the form's name, which programs put into properties too: the file's name
    must agree with it."""
    printed = front.title
    if not 1 < len(printed.split()) <= MAX_TITLE_WORDS or _REFERENCE.fullmatch(printed):
        return ""
    told = _word_set(printed)
    witnesses = (" ".join(words),) if printed.isupper() else (declared, " ".join(words))
    return printed if any(len(told & _word_set(text)) * 2 >= len(told) for text in witnesses) else ""


def _word_set(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"\w+", text)}


def _periods(front: Front, words: Sequence[str], profile: Profile | None) -> tuple[str, ...]:
    """Those of the file's name, and what the front says it covers; where it does not, the first that title and
    headings name, or the date of the document (a day in a heading may be any)."""
    patterns = profile.period_patterns if profile is not None else ()
    named = list(_periods_of_name(words, patterns))
    covered = _behind(_PERIOD_LEAD, [line.text for line in front.lines], patterns)
    if not covered:
        headings = [line.text for line in front.lines if line.heading][:MAX_HEADINGS]
        in_title = find_periods(front.title, patterns) or _YEAR.findall(front.title)
        covered = _longer_than_a_day(in_title)
        if not covered and not named:
            covered = [*_own_date(front, patterns), *in_title]
        covered += _longer_than_a_day([period for text in headings for period in find_periods(text, patterns)])
    return _telling([*named, *covered[:1]])


def _periods_of_name(words: Sequence[str], patterns: Sequence[str]) -> Iterator[str]:
    """Of "ACME 2023Q2 report", "minutes 2024-03-05", "FY2022"."""
    name = " ".join(words)
    for match in _QUARTER_OF_YEAR.finditer(name):
        year, quarter = match[1] or match[6], match[2] or match[3] or match[4] or match[5]
        yield f"{year if len(year) == 4 else '20' + year}-Q{quarter}"
    yield from find_periods(name, patterns)
    yield from _YEAR_IN_NAME.findall(name)


def _longer_than_a_day(periods: Sequence[str]) -> list[str]:
    return [period for period in periods if len(period) < LENGTH_OF_DATE]


def _own_date(front: Front, patterns: Sequence[str]) -> list[str]:
    """Where a short line says that it is the date, or is hardly more than one."""
    short = [line.text for line in front.lines if len(line.text) <= SHORT_LINE]
    alone = [
        period
        for text in short
        for start, end, period in period_places(text, patterns)
        if (end - start) * 2 > len(text)
    ]
    return _behind(_DATE_LEAD, short, patterns) or alone


def _behind(lead: re.Pattern[str], lines: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """The period that stands directly behind the first words that `lead` matches."""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        for match in lead.finditer(line):
            places = period_places(f"{line} {following}"[match.end() : match.end() + _REACH], patterns)
            if places:
                return [places[0][2]]
    return []


def _telling(found: Sequence[str]) -> tuple[str, ...]:
    """Each once, and none that another one says more exactly."""
    unique = list(dict.fromkeys(found))
    return tuple(
        period for period in unique if not any(other != period and other.startswith(f"{period}-") for other in unique)
    )


def _kind(front: Front, words: Sequence[str], title: str, profile: Profile | None) -> str:
    """What the profile calls it, else what it calls itself in title, file name, and the lines at the front."""
    headings = [line.text for line in front.lines if line.heading][:MAX_HEADINGS]
    own = [line.text for line in front.lines if not line.heading and len(line.text) <= SHORT_LINE][:MAX_OWN_LINES]
    first = {line.text for line in front.lines[:FIRST_LINES]}
    for kinds in (profile.document_kinds if profile is not None else (), general_kinds()):
        for text in (title, " ".join(words)):
            found = [(match.start(), kind.name) for kind in kinds for match in _mentions(text, kind)]
            if found:
                return max(found)[1]
        for text in (*headings, *own):
            for kind in kinds:
                if any(_heads(match, one_word_counts=text in first) for match in _mentions(text, kind)):
                    return kind.name
    return ""


def _mentions(text: str, kind: NamedThing) -> Iterator[re.Match[str]]:
    for alias in (kind.name, *kind.aliases):
        if match := _phrase(alias).search(text):
            yield match


def _heads(match: re.Match[str], *, one_word_counts: bool) -> bool:
    """Whether what was found is what the line is about: it stands at its beginning, or is most of it. A single word
    ("policy") may begin any line: it counts where the document begins."""
    before = len(match.string[: match.start()].split())
    return (before <= 1 or len(match[0]) * 2 >= len(match.string)) and (one_word_counts or not match[0].isalpha())


@lru_cache(maxsize=4096)
def _phrase(phrase: str) -> re.Pattern[str]:
    """The phrase as words in any case; between its parts white space, a hyphen, or nothing (`10-K`, `10K`)."""
    parts = re.findall(r"[^\W_]+", phrase) or [re.escape(phrase)]
    return re.compile(r"(?<![^\W_])" + r"[\s\-_.'’]{0,2}".join(parts) + r"(?![^\W_])", re.IGNORECASE)


def _profiled(front: Front, words: Sequence[str], profile: Profile | None) -> str:
    """The organisation of the profile that the file's name or a line of its own names."""
    if profile is None or not profile.organisations:
        return ""
    places = {squashed(" ".join(words)), *map(squashed, words), *(squashed(line.text) for line in front.lines)}
    for organisation in profile.organisations:
        if any(squashed(alias) in places for alias in (organisation.name, *organisation.aliases)):
            return organisation.name
    return ""


@cache
def general_kinds() -> tuple[NamedThing, ...]:
    """Kinds of documents of any field, with what they are called in some languages."""
    stored = files("ingestion").joinpath("document_kinds.json").read_text(encoding="utf-8")
    return parse_profile(json.loads(stored)).document_kinds
