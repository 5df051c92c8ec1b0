"""The mail inside an opaque signature of S/MIME (RFC 8551, RFC 5652): what was signed, unchecked.

A few nested values of ASN.1 in BER (X.690) are walked through; certificates and signatures are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_SEQUENCE: Final = 0x30
_OBJECT_ID: Final = 0x06
_OCTETS: Final = 0x04
_EXPLICIT: Final = 0xA0
_CONSTRUCTED: Final = 0x20
_DEEPEST: Final = 16
_END: Final = b"\0\0"


@dataclass(frozen=True, slots=True)
class _Value:
    """A value: its tag, and where its contents begin and end in the data."""

    tag: int
    start: int
    end: int


def signed_content(data: bytes) -> bytes | None:
    """The bytes that were signed, None where the data is no such signature or does not hold them."""
    try:
        info = _first(data, 0, len(data), _SEQUENCE)
        kind = _first(data, info.start, info.end, _OBJECT_ID)
        if data[kind.start : kind.end] != _SIGNED_DATA:
            return None
        wrapped = _first(data, info.start, info.end, _EXPLICIT)
        signed = _first(data, wrapped.start, wrapped.end, _SEQUENCE)
        inner = _first(data, signed.start, signed.end, _SEQUENCE)
        content = _first(data, inner.start, inner.end, _EXPLICIT)
        return b"".join(_octets(data, content.start, content.end, 0)) or None
    except (IndexError, StopIteration, ValueError):
        return None


def _first(data: bytes, start: int, end: int, tag: int) -> _Value:
    return next(value for value in _values(data, start, end) if value.tag == tag)


def _octets(data: bytes, start: int, end: int, depth: int) -> Iterator[bytes]:
    """The pieces of an octet string, which may be made of others."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    for value in _values(data, start, end):
        if value.tag == _OCTETS:
            yield data[value.start : value.end]
        elif value.tag == _OCTETS | _CONSTRUCTED:
            yield from _octets(data, value.start, value.end, depth + 1)


def _values(data: bytes, start: int, end: int) -> Iterator[_Value]:
    """The values that follow each other from `start`, up to `end` or an end-of-contents mark."""
    while start < end and data[start : start + 2] != _END:
        value, start = _value(data, start, end, 0)
        yield value


def _value(data: bytes, start: int, end: int, depth: int) -> tuple[_Value, int]:
    """The value at `start`, and where the next one begins. Tags of more than one byte do not occur here."""
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    tag, length = data[start], data[start + 1]
    at = start + 2
    if length == 0x80:
        inside = at
        while data[inside : inside + 2] != _END:
            _, inside = _value(data, inside, end, depth + 1)
        return _Value(tag, at, inside), inside + 2
    if length > 0x80:
        size = length & 0x7F
        length, at = int.from_bytes(data[at : at + size], "big"), at + size
    if at + length > end:
        raise ValueError("longer than the data")
    return _Value(tag, at, at + length), at + length
