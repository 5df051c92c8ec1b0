"""Lexical tokens: the words that BM25 counts, made the same way from documents and from questions.

The engine's own tokenizer splits `3.5%`, `10-K`, `non-GAAP` and `2,345` and loses the `S` of `U.S.`, so the index holds
these tokens, separated by white space, instead. The rules:

* compatibility forms are unified (NFKC), case and Latin accents folded;
* a number is one token, without separators of thousands: `2,345`, `(2,345)` and `2345` are `2345`; a percent or
  currency sign makes a second token with the sign (`3.5%` and `3.5`, `$12` and `12`);
* a compound is one token and also its parts, so that `non GAAP` finds `non-GAAP`; of two parts joined by a hyphen also
  the word without it (`e-mail`, `email`; a word broken at the end of a line);
* a date with full stops (`30.06.2023`) is also the ISO date and the year;
* an abbreviation with full stops is kept, and also written without them (`u.s.`, `us`);
* words are stemmed in the language of their text (Snowball); of English, stop words are left out;
* scripts that write no spaces become pairs of neighbouring characters.
"""

from __future__ import annotations

import re
import sys
import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import Stemmer

# Lucene's English stop words, and the words questions are made of: rare in documents, they would weigh too much.
STOP_WORDS = frozenset(
    re.findall(
        r"\S+",
        """
        a about all also am an and any are as at be been being between but by can could did do does doing dont each
        for from had has have having he her him his how i if in into is it its me more most my no nor not of on or
        our she should so some such than that the their them then there these they this those to too very was we
        were what when where which while who whom why will with would you your e.g. i.e.
        """,
    )
)
MAX_TOKEN = 64
_CACHED_LENGTH = 128


def _marks() -> str:
    """A character class of all combining marks: letters of Indic, Arabic or Thai words that `\\w` does not match."""
    ranges: list[list[int]] = []
    for code in range(0x300, 0x10000):
        if unicodedata.category(chr(code)).startswith("M"):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in ranges)


# Han, Kana, Hangul, Thai, Lao, Myanmar, Khmer.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_LETTER = f"(?:(?![{_UNSPACED}])(?:[^\\W_]|[{_marks()}]))"
_CURRENCY = "$€£¥₹"
_PIECES = re.compile(
    f"[{_UNSPACED}\U00020000-\U0003ffff]+"
    f"|(?:[{_CURRENCY}] ?(?=\\d))?{_LETTER}+(?:(?:[-/&_.:@'+]|(?<=\\d),(?=\\d\\d\\d)){_LETTER}+)*"
    "(?:(?<=\\d) ?%|(?:\\+\\+|#)(?!\\w))?"
)
_ASCII_PIECES = re.compile(
    "(?:\\$ ?(?=\\d))?[a-z0-9]+(?:(?:[-/&_.:@'+]|(?<=\\d),(?=\\d\\d\\d))[a-z0-9]+)*(?:(?<=\\d) ?%|(?:\\+\\+|#)(?!\\w))?"
)
_UNSPACED_START = re.compile(f"[{_UNSPACED}\U00020000-\U0003ffff]")
_BROKEN_WORD = re.compile("(?<=[^\\W\\d_])-[^\\S\\n]*\\n\\s*(?=[^\\W\\d_])")
_NUMBER = re.compile(r"\d+(?:\.\d+)*|\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ABBREVIATION = re.compile(r"[^\W\d_](?:\.[^\W\d_])+")
_SCALED = re.compile(r"(\d+\.\d+)[^\W\d_]+")
_DOTTED_DATE = re.compile(r"(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.((?:19|20)\d\d)")
_YEAR_CODE = re.compile(r"[a-z]{1,3}((?:19|20)\d\d)")
_LATIN_ACCENTS = re.compile("[\u0300-\u036f]")
# Written over before the text is looked at: most pages are plain ASCII after it, which is the fast way. Raised digits
# are footnote marks or powers, and no part of the word or number before them.
_TYPOGRAPHY = (
    *((dash, "-") for dash in "\u2010\u2011"),
    *((quote, "'") for quote in "\u2018\u2019\u02bc"),
    *((space, " ") for space in "\u00a0\u2002\u2003\u2009\u2013\u2014\u2022\u201c\u201d\u00ae\u00a9\u2122"),
    ("\u00ad", ""),
    *(
        (raised, f" {digit}")
        for digit, raised in enumerate("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
    ),
)
_SEPARATORS = ("/_:@&+", "-", "'", ".", ",")

ENGLISH = "en"
# ISO 639-1 codes and the Snowball algorithms for them. Words of other languages are left as they are.
_ALGORITHMS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "cs": "czech", "da": "danish", "nl": "dutch",
    "en": "english", "eo": "esperanto", "et": "estonian", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "fa": "persian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
_stemmers: dict[str, Stemmer.Stemmer] = {}
_stemmer_guard = threading.Lock()


def language_code(declared: str | None) -> str:
    """The language to stem by, of what a document declares or was found to be in; English where that is not known.

    >>> language_code("de-AT"), language_code(None)
    ('de', 'en')
    """
    return re.split("[-_]", declared.strip().lower())[0] if declared and declared.strip() else ENGLISH


def question_tokens(text: str, languages: Sequence[str]) -> list[str]:
    """The tokens of a question to texts in several languages: those of the first, and what the others make of it."""
    tokens = tokenize(text, languages[0] if languages else ENGLISH)
    known = set(tokens)
    for language in languages[1:]:
        new = [token for token in tokenize(text, language) if token not in known]
        tokens += new
        known.update(new)
    return tokens


def tokenize(text: str, language: str = ENGLISH) -> list[str]:
    """The tokens of a text in order, with repetitions; none contains white space or is longer than `MAX_TOKEN`.
    `language` is an ISO 639-1 code.

    >>> tokenize("Non-GAAP earnings rose 3.5% to $(1,577)")
    ['non-gaap', 'non', 'gaap', 'nongaap', 'earn', 'rose', '3.5%', '3.5', '1577']
    """
    if not text.isascii():
        for printed, plain in _TYPOGRAPHY:
            text = text.replace(printed, plain)
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    if "-\n" in text or "- \n" in text:
        text = _BROKEN_WORD.sub("-", text)
    tokens: list[str] = []
    for piece in (_ASCII_PIECES if text.isascii() else _PIECES).findall(text):
        tokens += _expand_once(piece, language) if len(piece) <= _CACHED_LENGTH else _expand(piece, language)
    return tokens


@lru_cache(maxsize=1 << 16)
def _expand_once(piece: str, language: str) -> tuple[str, ...]:
    """Words repeat: remembering them is most of the speed. Long pieces are not kept, so memory stays bounded."""
    return tuple(sys.intern(token) for token in _expand(piece, language))


def _expand(piece: str, language: str) -> tuple[str, ...]:
    """The tokens of one piece between white space and punctuation."""
    if _UNSPACED_START.match(piece):
        return tuple(piece[start : start + 2] for start in range(max(1, len(piece) - 1)))
    if piece[0] in _CURRENCY or piece[-1] == "%":
        return _expand_signed(piece.replace(" ", ""), language)
    if not piece.isascii():
        piece = unicodedata.normalize("NFC", _LATIN_ACCENTS.sub("", unicodedata.normalize("NFKD", piece)))
        piece = piece.strip("-/&_.:@',")  # an accent that stood alone leaves its connector behind
    return tuple(token[:MAX_TOKEN] for token in _expand_compound(piece, language)) if piece else ()


def _expand_signed(piece: str, language: str) -> tuple[str, ...]:
    """With its sign and without. Of a compound (`$2.5-3.0`) the sign is dropped."""
    bare = piece.strip(_CURRENCY + "%")
    if not _NUMBER.fullmatch(bare):
        return _expand(bare, language)
    number = bare.replace(",", "")
    return (piece.replace(",", "")[:MAX_TOKEN], number[:MAX_TOKEN])


def _expand_compound(piece: str, language: str) -> list[str]:
    if piece.isalpha():
        return _word(piece, language)
    if date := _DOTTED_DATE.fullmatch(piece):
        return [piece, f"{date[3]}-{date[2]:0>2}-{date[1]:0>2}", date[3]]
    if _NUMBER.fullmatch(piece):
        return [piece.replace(",", "")]
    if scaled := _SCALED.fullmatch(piece):
        return [piece, scaled[1]]
    if _ABBREVIATION.fullmatch(piece):
        return [] if language == ENGLISH and piece + "." in STOP_WORDS else [piece + ".", piece.replace(".", "")]
    for separators in _SEPARATORS:
        parts = [part for part in re.split(f"[{re.escape(separators)}]", piece) if part]
        if len(parts) > 1:
            return _expand_parts(piece, separators, parts, language)
    year = _YEAR_CODE.fullmatch(piece)
    return [piece, year[1]] if year else [piece]


def _expand_parts(piece: str, separators: str, parts: list[str], language: str) -> list[str]:
    if separators == "'":
        return _expand_apostrophe(parts, language)
    expanded = [token for part in parts for token in _expand_compound(part, language)]
    if not expanded:
        return []
    if separators == "-" and len(parts) == 2 and any(map(str.isalpha, piece)):
        expanded += _expand_compound("".join(parts), language)
    return [piece, *expanded]


def _expand_apostrophe(parts: list[str], language: str) -> list[str]:
    """The possessive is dropped; an elided article (`l'eau`) leaves the word findable."""
    if parts[-1] == "s":
        parts = parts[:-1]
    if len(parts) == 1:
        return _expand_compound(parts[0], language)
    joined = _expand_compound("".join(parts), language)
    alone = [part for part in parts if joined and _stands_alone(part)]
    return joined + [token for part in alone for token in _expand_compound(part, language)]


def _stands_alone(part: str) -> bool:
    return len(part) > 2 or part[-1].isdigit()


def _word(word: str, language: str) -> list[str]:
    if language == ENGLISH and word in STOP_WORDS:
        return []
    algorithm = _ALGORITHMS.get(language)
    if algorithm is None:
        return [word]
    with _stemmer_guard:  # a stemmer must not be used by two threads at once
        stemmer = _stemmers.get(language)
        if stemmer is None:
            stemmer = _stemmers[language] = Stemmer.Stemmer(algorithm, 0)
        return [stemmer.stemWord(word)]
