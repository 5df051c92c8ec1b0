"""Mailboxes (mbox, RFC 4155): each message is a child; a mailbox of one message is read as that message."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Final

from parsers.backends.base import TypedDocument
from parsers.backends.eml import LARGEST_MAIL, document_of, read_message
from parsers.backends.mail_headers import value_of
from parsers.backends.members import Held, document_of_members
from parsers.errors import LimitExceeded
from parsers.model import Derivation
from parsers.policy import ParseOptions

DERIVATION: Final = Derivation(
    extractor="mbox", version="1", confidence=1.0, reason="Each message of a mailbox begins with a line of its own."
)

_ENVELOPE: Final = re.compile(rb"^From \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} +\d.*\r?\n", re.M)
_QUOTED_FROM: Final = re.compile(rb"^>(>*From )", re.M)
_HEAD_BYTES: Final = 16 * 1024
_NAME_LENGTH: Final = 80


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a mailbox as one page that lists its messages by subject, or as its one message."""
    if path.stat().st_size > LARGEST_MAIL:
        raise LimitExceeded("The mailbox is larger than 256 MiB.")
    data = path.read_bytes()
    messages = split_mailbox(data)
    if len(messages) == 1:
        return document_of(read_message(_message(data, *messages[0])))
    held = [
        Held(name=_name(number, data[start : start + _HEAD_BYTES]), read=partial(_message, data, start, end))
        for number, (start, end) in enumerate(messages, start=1)
    ]
    return document_of_members(held, DERIVATION)


def split_mailbox(data: bytes) -> list[tuple[int, int]]:
    """Where each message begins and ends. A line that looks like an envelope inside a message is quoted by writers.

    What stands before the first envelope, of a mailbox that was cut, is a message too.
    """
    envelopes = list(_ENVELOPE.finditer(data))
    if not envelopes:
        return [(0, len(data))]
    ends = [*(envelope.start() for envelope in envelopes[1:]), len(data)]
    before = [(0, envelopes[0].start())] if data[: envelopes[0].start()].strip() else []
    return before + [(envelope.end(), end) for envelope, end in zip(envelopes, ends, strict=True)]


def _message(data: bytes, start: int, end: int) -> bytes:
    return _QUOTED_FROM.sub(rb"\1", data[start:end])


def _name(number: int, head: bytes) -> str:
    subject = value_of(read_message(head), "Subject").replace("/", " ")[:_NAME_LENGTH].strip()
    return f"{number:05d} {subject or 'message'}.eml"
