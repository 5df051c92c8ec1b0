"""Bytes to text: which encoding a text file is in, by its marks, by what it declares, and by what fits.

The order is that of the HTML standard (byte order mark, declaration of the transport, declaration in the file), then
UTF-8 where it fits, then a guess by letters, then Windows-1252, in which every byte has a meaning.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)|<meta[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)""", re.I
)
_DECLARATION_WINDOW = 4096
_GUESS_WINDOW = 64 * 1024
# What the HTML standard reads for these labels: pages call Windows-1252 by the name of its older subset.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}

_PUNCTUATION = "’‘“”„–—…•€«»°§\u00a0"
_LATIN: Mapping[str, frozenset[str]] = {
    "cp1252": frozenset("äöüßéèêëàâáíìóòúùçîïôûñãõåæøœÄÖÜÉÈÀÁÓÍÚÇÑÅØÆ©®½£¿¡·²³" + _PUNCTUATION),
    "cp1250": frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰöüÖÜäôľĺŕăâîţş" + _PUNCTUATION),
    "iso8859-2": frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰöüÖÜäôľĺŕăâîţş"),
    "cp1254": frozenset("çğıİöşüâîûÇĞÖŞÜ" + _PUNCTUATION),
}
_HEAD_START = 0.05
# The letters that make up two thirds of a text in Russian, Greek, Hebrew, Arabic and Thai. Read in another code page
# of the list, or as Chinese or Japanese is, hardly a third of its letters are among them.
_CYRILLIC = frozenset("оеаинтсрвлі")
_OTHER_SCRIPTS: Mapping[str, frozenset[str]] = {
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp1253": frozenset("αοιετσνηυρκςάόίέή"),
    "cp1255": frozenset("יוהלאמרתשב"),
    "cp1256": frozenset("المينوترب"),
    "cp874": frozenset("านรอกเงมยล่้วท"),
}
_FREQUENT_SHARE = 0.45
_BYTE_WORD = re.compile(rb"[A-Za-z\x80-\xff]{2,}")
_LATIN_SHARE = 0.5
# Fewer bytes beyond ASCII are no evidence of a script: among any few bytes some code page has letters.
_FEWEST_LETTERS = 4
_FEWEST_TO_ASK = 16
_WIDE_SHARE = 0.98


def decode_text(data: bytes, *, declared: str | None = None, markup: bool = False) -> str:
    """The text of a file. Never raises: a byte that does not fit becomes U+FFFD. The byte order mark is left out.

    `declared` is what a transport says (the charset of a mail part); `markup` allows a declaration inside the file.
    Line ends are returned as newlines, and NUL characters as U+FFFD.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _lines(data[len(mark) :].decode(encoding, errors="replace"))
    wide = wide_encoding(data)
    if wide is not None:
        return _lines(data.decode(wide, errors="replace"))
    names = [declared] if declared else []
    if markup:
        names += _declared_inside(data)
    for name in [*names, "utf-8"]:
        text = _strictly(data, name)
        if text is not None:
            return _lines(text)
    return _lines(data.decode(guess_encoding(data), errors="replace"))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark, or None. Zero bytes stand on one side of every pair only, or what they make is text.

    In text with Latin characters one of every two bytes is mostly zero; in other scripts that of blanks and line ends.
    """
    head = data[:_DECLARATION_WINDOW]
    if len(head) < 4 or len(head) % 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    if not even + odd:
        return None
    return next((name for name in ("utf-16-le", "utf-16-be") if _is_wide_text(head, name)), None)


def _is_wide_text(head: bytes, encoding: str) -> bool:
    """Whether nearly all characters are letters of any script, digits, blanks and punctuation, and some are blanks."""
    text = head.decode(encoding, errors="replace")
    blanks = sum(text.count(character) for character in " \t\r\n")
    fitting = sum(unicodedata.category(character)[0] in "LNPZM" for character in text) + blanks - text.count(" ")
    return blanks > 0 and fitting >= _WIDE_SHARE * len(text)


def _declared_inside(data: bytes) -> list[str]:
    match = _DECLARED.search(data, 0, _DECLARATION_WINDOW)
    if match is None:
        return []
    name = (match[1] or match[2]).decode("ascii", errors="replace").lower()
    # A declaration that can be read byte by byte is not in UTF-16, whatever it says.
    return [] if name.startswith(("utf-16", "utf16", "utf-32", "ucs-")) else [name]


def _strictly(data: bytes, name: str) -> str | None:
    try:
        codec = codecs.lookup(name).name
        wider = _WIDER.get(codec, codec)
        if wider == "cp1252":
            # A page that says Latin-1 and holds valid UTF-8 beyond ASCII is UTF-8: by chance that hardly happens.
            try:
                return data.decode("utf-8")
            except UnicodeDecodeError:
                return data.decode("cp1252", errors="replace")
        return data.decode(wider)
    except (LookupError, UnicodeError, ValueError):
        return None


def guess_encoding(data: bytes) -> str:
    """A legacy encoding, by its script and its letters; Windows-1252 when nothing stands out.

    Words of Latin script are mostly ASCII, in any code page. Of those that code page counts in which most of the other
    characters are letters of the languages that it was made for; of the code pages of other alphabets that in which
    most letters are frequent ones. charset-normalizer, which tells neither apart in short texts, is asked about the
    rest (Chinese, Japanese, Korean). A sign that stands alone (a currency, a paragraph) says nothing.
    """
    sample = data[:_GUESS_WINDOW]
    words = [word for word in _BYTE_WORD.findall(sample) if not word.isascii()]
    length = sum(map(len, words))
    beyond = sum(byte >= 0x80 for word in words for byte in word)
    if beyond < _FEWEST_LETTERS or length - beyond >= _LATIN_SHARE * length:
        return max(_LATIN, key=lambda name: _fit(sample, name))
    joined = b" ".join(words)
    shares = {name: _frequent(joined, name) for name in _OTHER_SCRIPTS}
    best = max(shares, key=shares.__getitem__)
    if shares[best] >= _FREQUENT_SHARE:
        return best
    if beyond < _FEWEST_TO_ASK:
        return "cp1252"
    from charset_normalizer import from_bytes  # noqa: PLC0415  (loaded for the rare file that needs it)

    found = from_bytes(sample, enable_fallback=False).best()
    return "cp1252" if found is None else found.encoding


def _frequent(words: bytes, name: str) -> float:
    """The share of letters beyond ASCII that are frequent in the languages of this code page."""
    beyond = [character for character in words.decode(name, errors="replace") if not character.isascii()]
    return sum(character in _OTHER_SCRIPTS[name] for character in beyond) / len(beyond)


def _fit(sample: bytes, name: str) -> float:
    """The share of characters beyond ASCII that texts in this code page are full of; the first has a small start."""
    beyond = [character for character in sample.decode(name, errors="replace") if not character.isascii()]
    fitting = sum(character in _LATIN[name] for character in beyond)
    return fitting / len(beyond) + (_HEAD_START if name == "cp1252" else 0.0) if beyond else 0.0
