"""What a mail is made of: the text that its reader sees, the pictures in it, and what is attached."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.generator import BytesGenerator
from email.message import Message
from email.policy import compat32
from typing import Final

from parsers.backends.mail_headers import charset_of, file_name_of, parameter_of, value_of
from parsers.backends.signed_mail import signed_content
from parsers.backends.text_bytes import decode_text
from parsers.model import Finding

_ENDINGS: Final = {"text/calendar": ".ics", "text/csv": ".csv", "text/plain": ".txt", "text/html": ".html"}
_SIGNATURES: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_SMIME: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_PGP_BEGINS: Final = "-----BEGIN PGP MESSAGE-----"
_MAX_DEPTH: Final = 100
_MAX_PARTS: Final = 10_000
_AS_IT_CAME: Final = compat32.clone(max_line_length=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyPart:
    """A part of the visible text; of HTML the bytes with the charset that the mail declares, else text."""

    text: str = ""
    html: bytes | None = None
    charset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that came with the mail; `read` decodes it."""

    name: str
    read: Callable[[], bytes]


@dataclass(slots=True)
class MailParts:
    """What is found in a mail, in its order. `pictures` by content id and by location, as HTML names them."""

    bodies: list[list[BodyPart]] = field(default_factory=list)
    pictures: dict[str, Message] = field(default_factory=dict)
    attached: list[Attached] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def parts_of(message: Message) -> MailParts:
    """The parts of a mail. Each entry of `bodies` is a list of alternatives, the richest first."""
    return _Collector().collect(message)


def payload_of(part: Message) -> bytes:
    """The decoded bytes of a part; what cannot be decoded is given as it stands."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def as_bytes(message: Message) -> bytes:
    """A mail inside a mail as a file of its own, its lines as they came."""
    buffer = io.BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=_AS_IT_CAME).flatten(message)
    return buffer.getvalue()


def _signed_mail(part: Message) -> Message | None:
    """The mail that an opaque signature holds; None where it holds none."""
    content = signed_content(payload_of(part))
    try:
        return None if content is None else message_from_bytes(content, policy=compat32)
    except RecursionError:
        return None


class _Collector:
    def __init__(self) -> None:
        self._parts = MailParts()
        self._count = 0

    def collect(self, message: Message) -> MailParts:
        self._add(message, 0)
        return self._parts

    def _find(self, code: str, text: str) -> None:
        finding = Finding(page=None, code=code, message=text)
        if finding not in self._parts.findings:
            self._parts.findings.append(finding)

    def _add(self, part: Message, depth: int) -> None:
        self._count += 1
        if depth > _MAX_DEPTH or self._count > _MAX_PARTS:
            self._find("mail_parts_left_out", "The mail has more parts, or deeper ones, than are read.")
            return
        kind = part.get_content_type()
        if kind == "multipart/encrypted":
            self._find("encrypted_body", "The body of the mail is encrypted (PGP) and was not read.")
        elif kind == "multipart/alternative" and part.is_multipart():
            self._add_alternatives(part, depth)
        elif kind in ("message/rfc822", "message/global") and part.is_multipart():
            self._attach_mail(part)
        elif part.is_multipart() and kind.startswith("message/"):
            self._add_report(part)
        elif part.is_multipart():
            for inner in _inner(part):
                self._add(inner, depth + 1)
        else:
            self._add_leaf(part, kind, depth)

    def _add_alternatives(self, part: Message, depth: int) -> None:
        """One body, whose alternatives are the parts' bodies, the last (by RFC 2046 the richest) first."""
        before, self._parts.bodies = self._parts.bodies, []
        choices: list[list[list[BodyPart]]] = []
        for inner in _inner(part):
            self._add(inner, depth + 1)
            choices.append(self._parts.bodies)
            self._parts.bodies = []
        self._parts.bodies = before
        # A choice of several bodies one after the other is rare; they are kept together as text of one body.
        flat = [body for choice in choices for bodies in choice for body in bodies[:1]]
        if flat:
            # Of RFC 2046 the last is the richest; a stable sort keeps that order among those of a kind.
            flat.reverse()
            self._parts.bodies.append(sorted(flat, key=lambda body: body.html is None))

    def _add_leaf(self, part: Message, kind: str, depth: int) -> None:
        disposition = part.get_content_disposition()
        name = file_name_of(part)
        if kind in _SIGNATURES:
            return
        signed = _signed_mail(part) if kind in _SMIME else None
        if signed is not None:
            self._add(signed, depth + 1)
        elif kind in _SMIME and parameter_of(part, "smime-type") in ("enveloped-data", "authenveloped-data", ""):
            self._find("encrypted_body", "The body of the mail is encrypted (S/MIME) and was not read.")
        elif kind in ("text/plain", "text/html") and disposition != "attachment" and not name:
            self._add_body(part, kind)
        elif kind.startswith("image/") and _labels(part):
            for label in _labels(part):
                self._parts.pictures.setdefault(label, part)
        else:
            self._attach(part, name or _name_by_kind(kind, len(self._parts.attached)))

    def _add_body(self, part: Message, kind: str) -> None:
        data, charset = payload_of(part), charset_of(part)
        if kind == "text/html":
            self._parts.bodies.append([BodyPart(html=data, charset=charset)])
            return
        text = decode_text(data, declared=charset)
        if _PGP_BEGINS in text:
            self._find("encrypted_body", "A part of the mail is encrypted (PGP) and was not read.")
        if parameter_of(part, "format") == "flowed":
            text = _unflow(text, delete_space=parameter_of(part, "delsp") == "yes")
        self._parts.bodies.append([BodyPart(text=text)])

    def _add_report(self, part: Message) -> None:
        """Delivery reports and the like: blocks of headers, shown as the text that they are."""
        text = "\n\n".join(as_bytes(inner).decode("utf-8", errors="replace").strip() for inner in _inner(part))
        self._parts.bodies.append([BodyPart(text=text)])

    def _attach_mail(self, part: Message) -> None:
        mail = _inner(part)[0]
        name = file_name_of(part) or value_of(mail, "Subject").replace("/", " ") or "message"
        name = name if name.lower().endswith(".eml") else f"{name}.eml"
        self._parts.attached.append(Attached(name=name, read=lambda: as_bytes(mail)))

    def _attach(self, part: Message, name: str) -> None:
        self._parts.attached.append(Attached(name=name, read=lambda: payload_of(part)))


def unused_pictures(parts: MailParts, used: set[str]) -> Iterator[Attached]:
    """Pictures with a content id that no text refers to: attachments after all."""
    by_part: dict[int, tuple[Message, set[str]]] = {}
    for label, part in parts.pictures.items():
        by_part.setdefault(id(part), (part, set()))[1].add(label)
    for number, (part, labels) in enumerate(by_part.values()):
        if not labels & used:
            name = file_name_of(part) or _name_by_kind(part.get_content_type(), number)
            yield Attached(name=name, read=lambda part=part: payload_of(part))  # type: ignore[misc]


def _inner(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def _labels(part: Message) -> list[str]:
    """What HTML calls this part: `cid:` and its content id, or its location."""
    content_id = value_of(part, "Content-ID").strip("<> ")
    location = value_of(part, "Content-Location")
    return [*([f"cid:{content_id}"] if content_id else []), *([location] if location else [])]


def _name_by_kind(kind: str, number: int) -> str:
    if kind in _SMIME:
        return "smime.p7m"
    main, _, sub = kind.partition("/")
    ending = _ENDINGS.get(kind) or (f".{sub}" if main in ("image", "audio", "video") and sub.isalnum() else "")
    return f"part {number + 1}{ending}"


def _unflow(text: str, *, delete_space: bool) -> str:
    """Join the lines of a paragraph that a mail program broke (RFC 3676); quoted lines are joined to their like."""
    joined: list[str] = []
    open_quote: str | None = None
    for line in text.split("\n"):
        rest = line.lstrip(">")
        quote = line[: len(line) - len(rest)]
        rest = rest.removeprefix(" ")
        flows = rest.endswith(" ") and rest != "-- "
        if open_quote == quote and rest != "-- ":
            joined[-1] += rest
        else:
            joined.append(f"{quote} {rest}" if quote else rest)
        if flows and delete_space:
            joined[-1] = joined[-1][:-1]
        open_quote = quote if flows else None
    return "\n".join(joined)
