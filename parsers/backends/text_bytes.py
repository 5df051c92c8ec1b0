"""Bytes to text: which encoding a text file is in, by its marks, by what it declares, and by what fits.

The order is that of the HTML standard (byte order mark, declaration of the transport, declaration in the file), then
UTF-8 where it fits, then a guess of charset-normalizer, then Windows-1252, in which every byte has a meaning.
"""

from __future__ import annotations

import codecs
import re
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
_LETTERS = re.compile(rb"[A-Za-z]")
# What the HTML standard reads for these labels: pages call Windows-1252 by the name of its older subset.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}

_PUNCTUATION = "’‘“”„–—…•€«»°§\u00a0"
_LATIN: Mapping[str, frozenset[str]] = {
    "cp1252": frozenset("äöüßéèêëàâáíìóòúùçîïôûñãõåæøœÄÖÜÉÈÀÁÓÍÚÇÑÅØÆ©®½£¿¡·²³" + _PUNCTUATION),
    "cp1250": frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰöüÖÜäôľĺŕăâîţş" + _PUNCTUATION),
    "cp1254": frozenset("çğıİöşüâîûÇĞÖŞÜ" + _PUNCTUATION),
}
_HEAD_START = 0.05
_BYTE_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
_LATIN_SHARE = 0.5


def decode_text(data: bytes, *, declared: str | None = None, markup: bool = False) -> str:
    """The text of a file. Never raises: a byte that does not fit becomes U+FFFD. The byte order mark is left out.

    `declared` is what a transport says (the charset of a mail part); `markup` allows a declaration inside the file.
    Line ends are returned as newlines, and NUL characters as U+FFFD.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _lines(data[len(mark) :].decode(encoding, errors="replace"))
    wide = _wide_encoding(data)
    if wide is not None:
        return _lines(data.decode(wide, errors="replace"))
    names = [declared] if declared else []
    if markup:
        names += _declared_inside(data)
    for name in [*names, "utf-8"]:
        text = _strictly(data, name)
        if text is not None:
            return _lines(text)
    return _lines(data.decode(_guess(data), errors="replace"))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark: in text with Latin characters, one of every two bytes is mostly zero."""
    head = data[:_DECLARATION_WINDOW]
    if len(head) < 4 or len(data) % 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.05 * half else None


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


def _guess(data: bytes) -> str:
    """A legacy encoding, by its script and its letters; Windows-1252 when nothing stands out.

    Words of Latin script are mostly ASCII, in any code page. Of those that code page counts in which most of the other
    characters are letters of the languages that it was made for; charset-normalizer, which hardly tells them apart, is
    asked about the other scripts.
    """
    sample = data[:_GUESS_WINDOW]
    words = [word for word in _BYTE_WORD.findall(sample) if not word.isascii()]
    length = sum(map(len, words))
    if not length or sum(byte < 0x80 for word in words for byte in word) >= _LATIN_SHARE * length:
        return max(_LATIN, key=lambda name: _fit(sample, name))
    from charset_normalizer import from_bytes  # noqa: PLC0415  (loaded for the rare file that needs it)

    best = from_bytes(sample, enable_fallback=False).best()
    return "cp1252" if best is None else best.encoding


def _fit(sample: bytes, name: str) -> float:
    """The share of characters beyond ASCII that texts in this code page are full of; the first has a small start."""
    beyond = [character for character in sample.decode(name, errors="replace") if not character.isascii()]
    fitting = sum(character in _LATIN[name] for character in beyond)
    return fitting / len(beyond) + (_HEAD_START if name == "cp1252" else 0.0) if beyond else 0.0
