"""Mails made by this project: plain, with alternatives and a picture, with attachments, forwarded, badly declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from tests.support.sheets_and_slides import png

_DATE = "Tue, 03 Mar 2026 09:15:00 +0100"


def _mail(subject: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Ann Öst <ann@example.org>"
    mail["To"] = "bob@example.org, Cid <cid@example.org>"
    mail["Subject"] = subject
    mail["Date"] = _DATE
    mail["Message-ID"] = "<1@example.org>"
    return mail


def _plain() -> bytes:
    mail = _mail("Berths in March")
    mail["Cc"] = "harbour@example.org"
    mail.set_content(
        "Dear Bob,\n\nthe berths for March:\n\n* North quay\n* South quay\n\n"
        "> Which berths are free?\n> Please answer by Friday.\n\nKind regards\nAnn\n"
    )
    return mail.as_bytes()


def _alternatives() -> bytes:
    mail = _mail("Offer № 7")
    mail.set_content("Offer\n\nBerth  Price\nNorth  12,340\n")
    mail.add_alternative(
        "<html><body><h1>Offer</h1><p>See <a href='https://example.org/berths'>the berths</a>.</p>"
        "<table><tr><th>Berth</th><th>Price</th></tr><tr><td>North</td><td>12,340</td></tr></table>"
        "<p>The quay: <img src='cid:quay' alt='Map of the quay'></p></body></html>",
        subtype="html",
    )
    related = mail.get_payload()[1]  # type: ignore[index]
    assert isinstance(related, EmailMessage)
    related.add_related(png(), "image", "png", cid="<quay>", filename="quay.png")
    mail.set_boundary("outer")
    related.set_boundary("inner")
    return mail.as_bytes()


def _attachments() -> bytes:
    mail = _mail("Tariffs attached")
    mail.set_content("The tariffs are attached.\n")
    mail.add_attachment(b"berth,price\r\nNorth,12340\r\n", "text", "csv", filename="tariffs.csv")
    mail.add_attachment("Notes on the tariffs.\n", filename="notes.txt")
    mail.set_boundary("outer")
    return mail.as_bytes()


def _forwarded() -> bytes:
    inner = _mail("The first offer")
    inner.set_content("This was offered first.\n")
    mail = _mail("Fwd: The first offer")
    mail.set_content("See below.\n")
    mail.add_attachment(inner)
    mail.set_boundary("outer")
    return mail.as_bytes()


def _badly_declared() -> bytes:
    return (
        b"From: Ann <ann@example.org>\r\n"
        b"Subject: =?iso-8859-1?Q?Geb=FChren_f=FCr_M=E4rz?=\r\n"
        b"Content-Type: text/plain; charset=us-ascii\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Die Geb=C3=BChren f=C3=BCr M=C3=A4rz sind =\r\nbekannt.\r\n"
    )


SOURCES: Final[Mapping[str, Callable[[], bytes]]] = {
    "plain": _plain,
    "alternatives": _alternatives,
    "attachments": _attachments,
    "forwarded": _forwarded,
    "badly_declared": _badly_declared,
}
