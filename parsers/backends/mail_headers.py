"""Headers of a mail as a reader sees them: unfolded, encoded words decoded, whatever the bytes are that stand there."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import Final

from parsers.backends.text_bytes import decode_text
from parsers.plain_text import clean_text

SHOWN: Final = ("From", "To", "Cc", "Bcc", "Reply-To", "Date", "Message-ID")
"""The headers that become elements, in this order; the subject is the title."""

_LONGEST: Final = 64 * 1024
_UNSAFE_IN_NAMES: Final = re.compile(r"[\x00-\x1f\x7f/\\]+")


def values_of(message: Message, name: str) -> list[str]:
    """The values of all headers of that name, decoded, each on one line."""
    wanted = name.lower()
    values = [decode_value(value) for key, value in message.raw_items() if key.lower() == wanted]
    return [value for value in values if value]


def value_of(message: Message, name: str) -> str:
    """The first of them, or an empty string."""
    return next(iter(values_of(message, name)), "")


def decode_value(raw: object) -> str:
    """A header's value as text: RFC 2047 words decoded, and bytes that are not ASCII taken for what they most likely
    are. Never raises."""
    text = str(raw)[:_LONGEST]
    if any("\udc80" <= character <= "\udcff" for character in text):
        text = _eight_bit(text.encode("utf-8", errors="surrogateescape"))
    try:
        parts = decode_header(text) if "=?" in text else [(text, None)]
    except (HeaderParseError, ValueError):
        parts = [(text, None)]
    return clean_text("".join(_part(part, charset) for part, charset in parts))


def _eight_bit(raw: bytes) -> str:
    """Bytes without a charset: too few to guess by, so UTF-8 where they fit and else what most old programs wrote."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _part(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    if charset is None:
        # Text between encoded words: `decode_header` gives it escaped as in Python source.
        return part.decode("raw-unicode-escape", errors="replace")
    return decode_text(part, declared=charset)


def charset_of(part: Message) -> str | None:
    """The charset that a part declares, or None."""
    try:
        return part.get_content_charset()
    except (ValueError, LookupError, TypeError):
        return None


def file_name_of(part: Message) -> str:
    """The name that a part is to be saved under, without folders; empty where it has none. RFC 2231 and 2047."""
    try:
        raw = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        raw = ""
    return _UNSAFE_IN_NAMES.sub(" ", decode_value(raw)).strip()


def parameter_of(part: Message, name: str, header: str = "Content-Type") -> str:
    """A parameter of a header in lower case, or an empty string."""
    try:
        value = part.get_param(name, "", header)
    except (ValueError, LookupError, TypeError):
        return ""
    return (value if isinstance(value, str) else str(value[2])).strip().lower()
