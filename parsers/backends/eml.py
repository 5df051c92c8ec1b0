"""E-mail (RFC 5322 and MIME): its headers exactly, the text that its reader sees, and its attachments as children.

Read with the standard library and not with `unstructured`: docs/decisions/0010-own-reader-for-mail.md says why.
"""

from __future__ import annotations

import email
import re
from collections.abc import Sequence
from email.message import Message
from email.policy import compat32
from pathlib import Path
from typing import Final

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.html import blocks_of_html
from parsers.backends.mail_headers import SHOWN, value_of, values_of
from parsers.backends.mail_parts import BodyPart, MailParts, parts_of, payload_of, unused_pictures
from parsers.backends.members import member_block
from parsers.backends.plain import blocks_of_text
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.model import Derivation, ElementKind, Role
from parsers.policy import ParseOptions
from parsers.reading import Block, ChildEntry, TypedText

DERIVATION: Final = Derivation(
    extractor="mail", version="1", confidence=1.0, reason="The mail says what its parts are."
)
_ESCAPED: Final = re.compile(r"%([0-7][0-9A-Fa-f])")
LARGEST_MAIL: Final = 256 * 1024**2


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a mail as one page without geometry. Raises `DamagedDocument` for one that has nothing in it at all."""
    if path.stat().st_size > LARGEST_MAIL:
        raise LimitExceeded("The mail is larger than 256 MiB.")
    return document_of(read_message(path.read_bytes()))


def read_message(data: bytes) -> Message:
    """The message of a file, which may begin with a byte order mark, blank lines or the envelope of a mailbox.

    Raises `DamagedDocument` where its parts are nested deeper than can be read.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n\t ")
    if data.startswith(b">From "):
        data = data[1:]
    try:
        return email.message_from_bytes(data, policy=compat32)
    except RecursionError:
        raise DamagedDocument("The parts of the mail are nested too deeply to be read.") from None


def document_of(message: Message) -> TypedDocument:
    """A message as a document: subject, headers, body, and a list of what is attached."""
    parts = parts_of(message)
    body, language, used = _body(parts)
    attached = [*parts.attached, *unused_pictures(parts, used)]
    blocks = [*_headers(message), *body, *(member_block(item.name, DERIVATION) for item in attached)]
    if not blocks:
        raise DamagedDocument("The mail has neither headers nor a body that can be read.")
    return one_page(
        blocks,
        DERIVATION,
        title=value_of(message, "Subject") or None,
        language=language,
        children=tuple(ChildEntry(name=item.name) for item in attached),
        findings=tuple(parts.findings),
        child=lambda index: attached[index].read(),
    )


def _headers(message: Message) -> list[Block]:
    subject = value_of(message, "Subject")
    title = [_text(ElementKind.TITLE, subject, level=0)] if subject else []
    return title + [
        _text(ElementKind.PARAGRAPH, f"{name}: {value}", role=Role.MAIL_HEADER)
        for name in SHOWN
        for value in values_of(message, name)
    ]


def _text(kind: ElementKind, text: str, *, level: int | None = None, role: Role | None = None) -> Block:
    return Block(typed=TypedText(kind=kind, text=text, level=level, role=role, derivation=DERIVATION))


def _body(parts: MailParts) -> tuple[list[Block], str | None, set[str]]:
    """The visible text, its language where HTML says it, and the pictures that it shows."""
    blocks: list[Block] = []
    used: set[str] = set()
    language: str | None = None

    def find_image(source: str) -> bytes | None:
        label = source
        if source[:4].lower() == "cid:":  # RFC 2392: a content id, with what a URL cannot hold escaped
            label = "cid:" + _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), source[4:])
        part = parts.pictures.get(label)
        if part is None:
            return None
        used.add(label)
        return payload_of(part)

    def read(body: BodyPart) -> Sequence[Block]:
        nonlocal language
        if body.html is None:
            return blocks_of_text(body.text)
        content = blocks_of_html(body.html, charset=body.charset, find_image=find_image)
        language = language or content.language
        return content.blocks

    for alternatives in parts.bodies:
        for body in alternatives:
            if found := read(body):
                blocks += found
                break
    return blocks, language, used
