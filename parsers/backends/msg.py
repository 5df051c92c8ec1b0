"""Outlook messages (MSG): made into the mail that they were, and read as one.

Read from the compound file with olefile. `python-oxmsg` (which `unstructured` uses) reads no message inside a message
and no text that is kept as RTF only, and takes the charset of a message for its body but not for its names.
"""

from __future__ import annotations

import email
import struct
from email import encoders
from email.header import Header
from email.message import Message
from email.policy import compat32
from pathlib import Path
from typing import Final

import olefile

from parsers.backends.base import TypedDocument
from parsers.backends.eml import LARGEST_MAIL, document_of
from parsers.backends.mail_headers import SHOWN
from parsers.backends.msg_storage import Storage
from parsers.backends.rtf_compression import decompress_rtf
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions

_SUBJECT, _BODY, _HTML, _RTF, _TRANSPORT, _CLASS = 0x0037, 0x1000, 0x1013, 0x1009, 0x007D, 0x001A
_SENDER, _MESSAGE_ID = ((0x0C1A, 0x0042), (0x5D01, 0x5D02, 0x0C1F, 0x0065)), 0x1035
_SENT = (0x0039, 0x0E06)
_RECIPIENT_TYPE, _NAME, _ADDRESSES = 0x0C15, 0x3001, (0x39FE, 0x3003)
_DISPLAYED: Final = {"To": 0x0E04, "Cc": 0x0E03, "Bcc": 0x0E02}
_RECIPIENT_HEADERS: Final = {1: "To", 2: "Cc", 3: "Bcc"}
_DATA, _FILE_NAMES, _MIME_TYPE, _CONTENT_ID, _LOCATION = 0x3701, (0x3707, 0x3704, 0x3001), 0x370E, 0x3712, 0x3713
_MAX_DEPTH: Final = 8


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a message as one page without geometry. Raises `DamagedDocument`, `LimitExceeded` above 256 MiB."""
    if path.stat().st_size > LARGEST_MAIL:
        raise LimitExceeded("The message is larger than 256 MiB.")
    try:
        with olefile.OleFileIO(str(path)) as ole:
            message = _mail_of(Storage(ole), 0)
    except (OSError, struct.error, IndexError, ValueError, RecursionError, AttributeError, TypeError) as error:
        # olefile checks little of what it follows.
        raise DamagedDocument("The Outlook message is damaged and cannot be read.") from error
    return document_of(message)


def _mail_of(storage: Storage, depth: int) -> Message:
    """The message as a mail: its headers, and its parts in the order body, attachments."""
    mail = Message(policy=compat32)
    for name, value in _headers(storage):
        mail[name] = value if value.isascii() else Header(value, "utf-8", maxlinelen=10_000).encode()
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = "multipart/mixed"
    # Boundaries are made of what base64 does not have, so that no part can hold one.
    mail.set_boundary(f"=_message_{depth}")
    mail.set_payload([])
    for part in [*_body(storage, depth), *_attachments(storage, depth)]:
        mail.attach(part)
    return mail


def _headers(storage: Storage) -> list[tuple[str, str]]:
    """The headers as they were sent; of a message that never was, those that Outlook shows."""
    sent = email.message_from_string(storage.string(_TRANSPORT), policy=compat32)
    headers = [("Subject", clean_text(storage.string(_SUBJECT)) or clean_text(str(sent.get("Subject", ""))))]
    shown = _shown_headers(storage)
    for name in SHOWN:
        transported = [clean_text(str(value)) for value in sent.get_all(name, [])]
        headers += [(name, value) for value in transported or [shown.get(name, "")]]
    return [(name, value) for name, value in headers if value]


def _shown_headers(storage: Storage) -> dict[str, str]:
    names, addresses = _SENDER
    shown = {
        "From": _mailbox(storage.string(*names), storage.string(*addresses)),
        "Date": storage.date(*_SENT),
        "Message-ID": clean_text(storage.string(_MESSAGE_ID)),
    }
    recipients: dict[str, list[str]] = {}
    for recipient in storage.recipients():
        header = _RECIPIENT_HEADERS.get((recipient.integer(_RECIPIENT_TYPE) or 0) & 0xF)
        mailbox = _mailbox(recipient.string(_NAME), recipient.string(*_ADDRESSES))
        if header is not None and mailbox:
            recipients.setdefault(header, []).append(mailbox)
    for header, number in _DISPLAYED.items():
        shown[header] = ", ".join(recipients.get(header, [])) or clean_text(storage.string(number))
    return shown


def _mailbox(name: str, address: str) -> str:
    """`Name <address>`; an address inside Exchange (`/O=…`) says nothing to a reader."""
    name, address = clean_text(name), clean_text(address)
    if "@" not in address:
        return name
    return f"{name} <{address}>" if name and name != address else address


def _body(storage: Storage, depth: int) -> list[Message]:
    plain, html = storage.string(_BODY), storage.binary(_HTML)
    markup = storage.string(_HTML)
    alternatives: list[Message | str] = []
    if plain.strip():
        alternatives.append(_part("text/plain", plain.encode("utf-8", "replace"), charset="utf-8"))
    if html:
        alternatives.append(_part("text/html", html, charset=storage.charset))
    elif markup:
        alternatives.append(_part("text/html", markup.encode("utf-8", "replace"), charset="utf-8"))
    if alternatives:
        body = Message(policy=compat32)
        body["Content-Type"] = "multipart/alternative"
        body.set_boundary(f"=_body_{depth}")
        body.set_payload(alternatives)
        return [body]
    rtf = decompress_rtf(storage.binary(_RTF) or b"")
    return [_part("application/rtf", rtf, name="message.rtf")] if rtf else []


def _attachments(storage: Storage, depth: int) -> list[Message]:
    parts: list[Message] = []
    signed = storage.string(_CLASS).startswith("IPM.Note.SMIME")
    for attachment in storage.attachments():
        name = clean_text(attachment.string(*_FILE_NAMES)) or f"attachment {len(parts) + 1}"
        inner = attachment.inner_message()
        data = attachment.binary(_DATA)
        kind = clean_text(attachment.string(_MIME_TYPE)).lower()
        if inner is not None and depth < _MAX_DEPTH:
            part = Message(policy=compat32)
            part["Content-Type"] = "message/rfc822"
            part.set_payload([_mail_of(inner, depth + 1)])
            parts.append(part)
        elif data is not None and signed and kind == "multipart/signed":
            parts.append(email.message_from_bytes(data, policy=compat32))
        elif data is not None:
            part = _part(kind if kind.count("/") == 1 else "application/octet-stream", data, name=name)
            content_id, location = clean_text(attachment.string(_CONTENT_ID)), attachment.string(_LOCATION)
            if content_id:
                part["Content-ID"] = f"<{content_id}>"
            if location:
                part["Content-Location"] = clean_text(location)
            parts.append(part)
    return parts


def _part(kind: str, data: bytes, *, charset: str | None = None, name: str = "") -> Message:
    part = Message(policy=compat32)
    part.add_header("Content-Type", kind, **({"charset": charset} if charset else {}))
    if name:
        part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    part.set_payload(data)
    encoders.encode_base64(part)
    return part
