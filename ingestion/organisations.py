"""Who a document is of or about: names with a legal form, weighed by where they stand and what else names them.

No company is known here, only what names look like. A name counts when several things speak for it (the file is named
after it, it stands alone in a line at the front, headers, properties or the copyright line have it, the text goes on to
use it): on a front page stand many names, of auditors, exchanges and addressees, and a wrong one is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingestion.front_lines import Front

ENOUGH_EVIDENCE = 3
MAX_CANDIDATES = 40
MAX_NAME = 80
SHORTEST_WORD = 5

_FORMS = (
    r"Inc", r"Incorporated", r"Corp", r"Corporation", r"Company", r"Co", r"LLC", r"L\.L\.C", r"L\.?P", r"LLP", r"Ltd",
    r"Limited", r"plc", r"P\.L\.C", r"GmbH(?: & Co\.? KG(?:aA)?)?", r"AG", r"SE", r"KG", r"KGaA", r"OHG", r"e\.?\s?V",
    r"S\.?A", r"S\.?p\.?A", r"S\.?r\.?l", r"S\.?A\.?S", r"SARL", r"N\.?V", r"B\.?V", r"Oyj", r"Oy", r"AB", r"ASA",
    r"A/S", r"ApS", r"S\.L", r"Lda", r"Ltda", r"S\.A\. de C\.V", r"Pty\.? Ltd", r"Pte\.? Ltd", r"Bhd", r"K\.K", r"Kft",
    r"Zrt", r"s\.r\.o", r"a\.s", r"sp\. z o\.o", r"d\.o\.o", r"AS",
)  # fmt: skip
_FORM = "|".join(sorted({*_FORMS, *(form.upper() for form in _FORMS if form.isalpha())}, key=len, reverse=True))
_WORD = r"[A-Z0-9À-Þ][\w&'’.\-]*"
_NAME = re.compile(
    rf"(?<![\w&])((?:{_WORD}|\()(?:,? (?:{_WORD}|&|of|and|und|et|de|du|der|die|des|la|y|e|van|von|for)){{0,6}}?"
    rf"(?:,? (?:{_FORM})(?!\w)\.?)+)"
)
_SPACED_FORM = re.compile(r"(?<=\w) (?=\.$)")
_TAIL = re.compile(rf",? (?:{_FORM})\.?$")
_ARTICLE = re.compile(r"^the\s+", re.IGNORECASE)
# Forms that are written with a full stop; behind others it ends the sentence.
_ABBREVIATED = re.compile(r"(?:\b(?:inc|corp|co|ltd|bhd)|\.\w{1,2})\.$", re.IGNORECASE)
_YEARS = re.compile(r"^(?:(?:19|20)\d\d[ ,]+)+")
_LETTERS = re.compile(r"[^\W_]+")
# What precedes a legal form without being a name.
_NO_NAMES = frozenset(
    re.findall(
        r"\S+",
        """
        the this that our your a an each any such no parent holding reporting shell growth smaller emerging insurance
        trust company corporation limited name registrant issuer subsidiary public private stock operating group
        """,
    )
)
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    name: str
    evidence: int


def organisation_of(front: Front, words: Sequence[str], declared: str) -> str:
    """The name best spoken for, or "". `words`: those of the file's name; `declared`: the title in its properties."""
    names = list(dict.fromkeys(_names(front)))[:MAX_CANDIDATES]
    candidates = [
        _Candidate(name=name, evidence=_evidence(name, front, words, declared)) for name in dict.fromkeys(names)
    ]
    best = max(candidates, key=lambda candidate: candidate.evidence, default=None)
    if best is not None and best.evidence >= ENOUGH_EVIDENCE:
        return _as_written(best.name, front.prose)
    return _spelled_out(front.prose, words)


def squashed(text: str) -> str:
    """Letters and digits only, small: how names are written in file names.

    >>> squashed("American Water Works Company, Inc.")
    'americanwaterworkscompanyinc'
    """
    return "".join(_LETTERS.findall(text)).casefold()


def _names(front: Front) -> Iterator[str]:
    for text in (*(line.text for line in front.lines), *front.running):
        yield from _names_in(_SPACED_FORM.sub("", text))


def _names_in(text: str) -> Iterator[str]:
    for match in _NAME.finditer(text):
        name = _YEARS.sub("", match[1].strip(" ,("))
        name = name if _ABBREVIATED.search(name) else name.rstrip(".")
        core = _core(name)
        known = {word.casefold() for word in _LETTERS.findall(core)}
        if len(name) <= MAX_NAME and known - _NO_NAMES and any(map(str.isalpha, core)):
            yield name


def _core(name: str) -> str:
    """Without article and legal forms."""
    core, before = _ARTICLE.sub("", name), None
    while core != before:
        before, core = core, _TAIL.sub("", core)
    return core.strip(" ,&")


def _evidence(name: str, front: Front, words: Sequence[str], declared: str) -> int:
    core = _core(name)
    key = squashed(core)
    if len(key) < 2:
        return 0
    alone = [line for line in front.lines if squashed(line.text) == squashed(name)]
    return (
        3 * _named_by_file(core, words)
        + (2 if any(line.heading for line in alone) else bool(alone))
        + 2 * any(key in squashed(text) for text in front.running)
        + 2 * any(_COPYRIGHT.search(line.text) and key in squashed(line.text) for line in front.lines)
        + (key in squashed(declared))
        + (len(re.findall(rf"(?<!\w){re.escape(core)}(?!\w)", front.prose, re.IGNORECASE)) >= 3)
    )


def _named_by_file(core: str, words: Sequence[str]) -> bool:
    """A file's name often has the name, its beginning, or its initials, written together."""
    key = squashed(core)
    initials = "".join(word[0] for word in _LETTERS.findall(core)).casefold()
    joined = [squashed("".join(words[:count])) for count in range(1, 4)]
    return any(
        (len(word) >= 2 and key == word)
        or (len(word) >= 4 and key.startswith(word))
        or (len(key) >= 4 and word.startswith(key))
        or (len(word) >= 3 and initials == word)
        for word in (*map(squashed, words), *joined)
        if not word.isdigit()
    )


def _as_written(name: str, prose: str) -> str:
    """Without the article of a heading; a name in capitals as the text writes it, where it does, or else its words
    with a capital, but for short ones, which may be abbreviations."""
    name = _ARTICLE.sub("", name)
    if not name.isupper():
        return name
    for match in re.finditer(rf"(?<!\w){re.escape(name.rstrip('.'))}(?!\w)\.?", prose, re.IGNORECASE):
        if not match[0].isupper():
            return match[0]
    core = _core(name)
    written = _LETTERS.sub(lambda word: word[0].capitalize() if len(word[0]) >= SHORTEST_WORD else word[0], core)
    return written + name[len(core) :].title() if name.startswith(core) else written


def _spelled_out(prose: str, words: Sequence[str]) -> str:
    """The name that the file's name has written together, where the text keeps writing it apart and capital in the
    midst of sentences (`ACMEROCKETS` for `Acme Rockets`)."""
    for word in words:
        if len(word) < 6 or not word.isalpha():
            continue
        letters = r"[\s.&'’-]{0,3}".join(map(re.escape, word))
        runs = re.findall(rf"(?<=[a-z,] )({letters})(?= [a-z(’'])", prose, re.IGNORECASE)
        parts_of = {run: re.split(r"[\s-]+", run) for run in runs}
        names = [run for run in runs if len(parts_of[run]) > 1 and all(part[0].isupper() for part in parts_of[run])]
        if len(names) >= 2:
            return str(names[0])
    return ""
