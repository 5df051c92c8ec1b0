"""Where the sentences of a text begin and end, to the character.

A sentence ends at a full stop, question mark or exclamation mark that white space and a new beginning follow, but not
after abbreviations, initials, list numbers and inside brackets of a few words. Rules of this kind find some 98 % of the
ends in edited prose (Read et al. 2012, "Sentence boundary detection: a long solved problem?"); where in doubt, two
sentences stay together: a quote that is too long is still exact.
"""

from __future__ import annotations

import re

from retrieval.tokens import STOP_WORDS

# English, German and French short forms that go on; those that often end a sentence too ("Inc.", "Co.", "etc.") are
# looked at by what follows them.
_GO_ON = frozenset(
    re.findall(
        r"\S+",
        """
        mr mrs ms dr prof st sr jr vs cf no nos nr art arts sec secs fig figs eq eqs eqn ref refs vol vols pp p ch para
        approx ca al gen col capt lt sgt rev hon gov sen rep pres dept est ed eds op cit resp incl excl max min
        jan feb mar apr jun jul aug sep sept oct nov dec bzw vgl ggf evtl usw abs bsp hr fr tel str mme mlle
        e.g i.e z.b d.h
        """,
    )
)
_MAY_END = frozenset(re.findall(r"\S+", "inc corp co ltd llc plc bros etc u.s u.k u.n a.m p.m ag gmbh s.a n.v"))
_END = re.compile(
    r"(?P<stop>[.!?…]+)(?P<close>[\"'”’»)\]]*)(?P<gap>\s+)(?=(?P<next>[\"'“‘«(\[]*\S))"
    r"|[。！？]+[」』”’）]*\s*(?=\S)"
)
_LAST_WORD = re.compile(r"[^\s(\[\"“'‘]+$")
_LIST_NUMBER = re.compile(r"\s*[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})")
_FIRST_WORD = re.compile(r"[\"'“‘«(\[]*(\w+)")
_PARAGRAPH = re.compile(r"\n\s*\n")


def sentence_ranges(text: str) -> list[tuple[int, int]]:
    """Half-open ranges of the sentences in order, without white space at their ends; together they hold every
    printed character. A blank line always ends a sentence.

    >>> text = "Sales of Acme Inc. rose 3.5% to $2.1 million. See Fig. 3. They fell in the U.S. later!"
    >>> [text[start:end] for start, end in sentence_ranges(text)]
    ['Sales of Acme Inc. rose 3.5% to $2.1 million.', 'See Fig. 3.', 'They fell in the U.S. later!']
    """
    ranges = []
    begin = 0
    for paragraph in [*_PARAGRAPH.finditer(text), None]:
        stop = paragraph.start() if paragraph is not None else len(text)
        ranges += _of_paragraph(text, begin, stop)
        begin = paragraph.end() if paragraph is not None else stop
    return ranges


def _of_paragraph(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    ranges = []
    begin = start
    for match in _END.finditer(text, start, stop):
        if match["stop"] is not None and not _ends(text, begin, match):
            continue
        cut = match.end("close") if match["stop"] is not None else match.end()
        ranges.append(_printed(text, begin, cut))
        begin = match.end()
    ranges.append(_printed(text, begin, stop))
    return [(first, last) for first, last in ranges if first < last]


def _ends(text: str, begin: int, match: re.Match[str]) -> bool:
    """Whether the stop ends the sentence that began at `begin`."""
    following = match["next"].lstrip("\"'“‘«([")[:1] or match["next"][-1]
    if following.islower():
        return False
    if match["stop"] != "." or match["close"]:
        return True
    before = _LAST_WORD.search(text, begin, match.start())
    if before is None:
        return False
    word = before[0].casefold()
    if word in _GO_ON or _LIST_NUMBER.fullmatch(text, begin, match.start()):
        return False
    if len(word) == 1 and word.isalpha():
        return False
    if word in _MAY_END:
        first = _FIRST_WORD.match(text, match.end())
        return first is not None and first[1].casefold() in STOP_WORDS
    return True


def _printed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
