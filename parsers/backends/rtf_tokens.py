"""RTF as a stream of tokens, and the character sets of its fonts (Rich Text Format Specification 1.9.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(
    r"\\(?:([a-zA-Z]{1,32})(-?\d{1,10})? ?|'([0-9a-fA-F]{2})|([^a-zA-Z]))|([{}])|([^\\{}\r\n\0]+)", re.S
)

# `\fcharset` to Python's codecs; 2 is the charset of symbol fonts and handled apart.
CHARSETS: Final[Mapping[int, str]] = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
SYMBOL_CHARSET: Final = 2
_PAGES: Final[Mapping[int, str]] = {65001: "utf-8", 936: "gb18030", 10000: "mac_roman", 1361: "johab", 708: "cp864"}


class Kind(Enum):
    """What a token is."""

    BEGIN = auto()
    END = auto()
    WORD = auto()
    SYMBOL = auto()
    BYTE = auto()
    TEXT = auto()


class Token(NamedTuple):
    """`text` is the name of a control word, a symbol, or text in single bytes (Latin-1); `number` its parameter."""

    kind: Kind
    text: str
    number: int | None = None


def tokenize(data: bytes) -> Iterator[Token]:
    """The tokens of a file. Raw data after `\\bin` is left out; bytes that begin no token are passed over."""
    source = data.decode("latin-1")
    position = 0
    while (match := _TOKEN.search(source, position)) is not None:
        position = match.end()
        word, number, byte, symbol, brace, text = match.groups()
        if text is not None:
            yield Token(Kind.TEXT, text)
        elif word is not None:
            if word == "bin" and number is not None:
                position += max(int(number), 0)
            yield Token(Kind.WORD, word, None if number is None else int(number))
        elif byte is not None:
            yield Token(Kind.BYTE, chr(int(byte, 16)))
        elif brace is not None:
            yield Token(Kind.BEGIN if brace == "{" else Kind.END, brace)
        else:
            yield Token(Kind.SYMBOL, symbol)


def code_page(number: int) -> str:
    """The codec of a Windows code page; that of Western Europe for one that Python does not know."""
    if number in _PAGES:
        return _PAGES[number]
    name = f"cp{number}"
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name


def decode(raw: str, codec: str) -> str:
    """Bytes that were read as Latin-1, in their own encoding; U+FFFD for what does not fit."""
    return raw if raw.isascii() else raw.encode("latin-1").decode(codec, errors="replace")
