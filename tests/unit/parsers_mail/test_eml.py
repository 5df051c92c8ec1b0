"""Mail: exact headers, one of the alternatives, pictures in their place, attachments as children."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.backends.eml import document_of, open_document, read_message
from parsers.backends.mail_headers import decode_value
from parsers.backends.mail_parts import as_bytes
from parsers.backends.signed_mail import signed_content
from parsers.errors import DamagedDocument, ParseError
from parsers.model import Document, ElementKind, LedgerState, Role
from parsers.policy import ParseOptions
from tests.support.in_process import parse_in_process
from tests.support.sheets_and_slides import png

OPTIONS = ParseOptions()


def make_mail(**headers: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    defaults = {
        "From": "Ann Öst <ann@example.org>",
        "To": "bob@example.org, Cid <cid@example.org>",
        "Subject": "Offer № 7",
    }
    for name, value in {**defaults, **headers}.items():
        mail[name] = value
    return mail


def parse(content: bytes, tmp_path: Path) -> Document:
    path = tmp_path / "mail.eml"
    path.write_bytes(content)
    document = parse_in_process(path, "message/rfc822").document
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
    return document


def body_of(document: Document) -> list[str]:
    return [e.text for e in document.elements if e.role is None and e.kind is not ElementKind.TITLE]


def test_headers_are_exact_and_the_subject_is_the_title(tmp_path: Path) -> None:
    mail = make_mail(Cc="dan@example.org", Date="Fri, 23 Dec 2022 12:08:48 -0600")
    mail["Message-ID"] = "<a+1@example.org>"
    mail["X-Other"] = "not shown"
    mail.set_content("Hello,\n\nplease find it attached.\n")
    document = parse(mail.as_bytes(), tmp_path)
    assert document.document.title == "Offer № 7"
    title, *rest = document.elements
    assert (title.kind, title.level, title.text) == (ElementKind.TITLE, 0, "Offer № 7")
    assert [e.text for e in rest if e.role is Role.MAIL_HEADER] == [
        "From: Ann Öst <ann@example.org>",
        "To: bob@example.org, Cid <cid@example.org>",
        "Cc: dan@example.org",
        "Date: Fri, 23 Dec 2022 12:08:48 -0600",
        "Message-ID: <a+1@example.org>",
    ]
    assert body_of(document) == ["Hello,", "please find it attached."]
    assert document.ledger.state is LedgerState.COMPLETE


def test_one_of_the_alternatives_is_read(tmp_path: Path) -> None:
    mail = make_mail()
    mail.set_content("plain words")
    mail.add_alternative(
        "<h2>Prices</h2><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "html"
    )
    document = parse(mail.as_bytes(), tmp_path)
    assert "plain words" not in document.text and "Prices" in document.text
    assert any(element.table is not None for element in document.elements)


def test_an_empty_html_alternative_gives_way_to_the_text(tmp_path: Path) -> None:
    mail = make_mail()
    mail.set_content("plain words")
    mail.add_alternative("<html><body> <br> </body></html>", "html")
    assert body_of(parse(mail.as_bytes(), tmp_path)) == ["plain words"]


def test_attachments_are_children_and_listed(tmp_path: Path) -> None:
    inner = make_mail(Subject="Inner/one")
    inner.set_content("inside")
    mail = make_mail()
    mail.set_content("see attached")
    mail.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="Zahlen für März.csv")
    mail.add_attachment("some notes", filename="notes.txt")
    mail.add_attachment(inner)
    mail.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef", filename="../winmail.dat")
    path = tmp_path / "mail.eml"
    path.write_bytes(mail.as_bytes())
    with open_document(path, OPTIONS) as document:
        names = [child.name for child in document.children]
        assert names == ["Zahlen für März.csv", "notes.txt", "Inner one.eml", ".. winmail.dat"]
        assert document.read_child(0) == b"a,b\n1,2\n"
        assert document.read_child(3) == b"\x78\x9f\x3e\x22"
        assert body_of(parse(document.read_child(2), tmp_path)) == ["inside"]
    listed = [e.text for e in parse(mail.as_bytes(), tmp_path).elements if e.role is Role.MEMBER]
    assert listed == names


def test_a_mail_inside_a_mail_keeps_its_bytes() -> None:
    inner = b"From: a@b\r\nSubject: =?utf-8?q?x_=C3=A4?=\r\nX-Long: " + b"word " * 60 + b"\r\n\r\nFrom here on.\r\n"
    outer = b"From: c@d\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    message = read_message(outer).get_payload(0)
    assert isinstance(message, email.message.Message)
    assert as_bytes(message).replace(b"\r\n", b"\n") == inner.replace(b"\r\n", b"\n")


def test_pictures_stand_where_the_text_shows_them_and_others_are_attached(tmp_path: Path) -> None:
    mail = make_mail()
    mail.set_content("<p>before</p><img src='cid:logo%40x' alt='Our logo'><p>after</p>", "html")
    for content_id in ("<logo@x>", "<other@x>"):
        mail.add_related(png(20, 10), "image", "png", cid=content_id)
    document = parse(mail.as_bytes(), tmp_path)
    (figure,) = [e for e in document.elements if e.kind is ElementKind.FIGURE]
    assert (
        figure.text == "Our logo" and figure.image is not None and (figure.image.width, figure.image.height) == (20, 10)
    )
    assert [e.text for e in document.elements if e.role is Role.MEMBER] == ["part 2.png"]


def test_quoted_replies_and_flowed_lines_are_kept(tmp_path: Path) -> None:
    head = b"From: a@b\nTo: c@d\nContent-Type: text/plain; format=flowed\n\n"
    content = head + b"A line that \ngoes on.\n\n> She said \n> yes.\n"
    assert body_of(parse(content, tmp_path)) == ["A line that goes on.", "> She said yes."]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("=?iso-8859-1?q?Gr=FC=DFe?= =?utf-8?b?4pi4?=", "Grüße☸"),
        ("=?utf-8?q?one?= two", "one two"),
        ("=?no-such-charset?q?abc?=", "abc"),
        ("=?utf-8?b?!!!?=", None),
        ("a\r\n\tb", "a b"),
        ("Gr\udcc3\udcbc\udcc3\udc9fe", "Grüße"),
        ("Gr\udcfc\udcdfe", "Grüße"),
    ],
)
def test_header_values(raw: str, shown: str | None) -> None:
    assert shown is None or decode_value(raw) == shown
    assert "\n" not in decode_value(raw)


def test_encrypted_bodies_are_findings(tmp_path: Path) -> None:
    pgp = (
        b"From: a@b\nSubject: s\nContent-Type: multipart/encrypted; boundary=x\n\n"
        b"--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--x--\n"
    )
    smime = b"From: a@b\nSubject: s\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB\n"
    inline = b"From: a@b\nSubject: s\n\n-----BEGIN PGP MESSAGE-----\nabc\n-----END PGP MESSAGE-----\n"
    for content in (pgp, smime, inline):
        ledger = parse(content, tmp_path).ledger
        assert [finding.code for finding in ledger.findings] == ["encrypted_body"]
        assert ledger.state is LedgerState.PARTIAL


def test_signed_mail_is_read_without_its_signature(tmp_path: Path) -> None:
    content = (
        b"From: a@b\nSubject: s\nContent-Type: multipart/signed; boundary=x; protocol=application/pkcs7-signature\n\n"
        b"--x\nContent-Type: text/plain\n\nsigned words\n"
        b"--x\nContent-Type: application/pkcs7-signature; name=smime.p7s\n"
        b"Content-Transfer-Encoding: base64\n\nMIIB\n--x--\n"
    )
    document = parse(content, tmp_path)
    assert body_of(document) == ["signed words"] and document.children == ()


@pytest.mark.parametrize(
    "beginning", [b"\xef\xbb\xbf", b"\r\n\r\n", b"From x Mon Jun 01 10:00:00 2009\n", b">From x Mon\n"]
)
def test_what_may_stand_before_the_headers(beginning: bytes, tmp_path: Path) -> None:
    assert parse(beginning + b"From: a@b\nSubject: s\n\nwords\n", tmp_path).document.title == "s"


def test_malformed_parts_cost_only_themselves(tmp_path: Path) -> None:
    content = (
        b"From: a@b\nSubject: s\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\nContent-Type: text/plain; charset=nope\n\n"
        b"first\n--x\nContent-Type: ;;;\nContent-Transfer-Encoding: base64\n\n!!!not base64!!!\n--x\n"
        b"Content-Type: text/html; charset=utf-8\n\n<p>last"
    )
    assert body_of(parse(content, tmp_path))[0] == "first"
    assert "last" in parse(content, tmp_path).text


def test_parts_nested_beyond_reason_are_a_finding(tmp_path: Path) -> None:
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(400))
    ledger = parse(f"From: a@b\nSubject: s\n{head}\nwords".encode(), tmp_path).ledger
    assert ledger.state is LedgerState.PARTIAL
    assert [finding.code for finding in ledger.findings] == ["mail_parts_left_out"]


_WORDS = st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=12)


@given(st.lists(_WORDS, min_size=1, max_size=30), st.sampled_from(["utf-8", "base64", "quoted-printable", "8bit"]))
def test_every_word_of_the_body_ends_in_elements(words: list[str], encoding: str) -> None:
    mail = make_mail()
    mail.set_content("\n".join(words), cte=None if encoding == "utf-8" else encoding)
    (page,) = [document_of(read_message(mail.as_bytes())).page(1)]
    found = " ".join(block.typed.text for block in page.blocks if block.typed is not None)
    normal = re.sub(r"\s+", "", found)
    assert all(decode_value(word) in normal for word in words)


@given(st.data())
def test_any_damage_to_a_mail_is_read_or_refused(data: st.DataObject) -> None:
    mail = make_mail()
    mail.set_content("text")
    mail.add_alternative("<p>text</p>", "html")
    mail.add_attachment(b"x" * 50, maintype="image", subtype="png", filename="a.png")
    content = bytearray(mail.as_bytes())
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        document = document_of(read_message(bytes(content)))
        document.page(1)
        for index in range(len(document.children)):
            document.read_child(index)
    except ParseError:
        pass


@given(st.binary(max_size=300))
def test_any_bytes_are_a_mail_or_refused(content: bytes) -> None:
    try:
        document_of(read_message(b"Subject: " + content))
        document_of(read_message(b"Content-Type: multipart/mixed; boundary=\n" + content))
    except ParseError:
        pass


def _ber(tag: int, content: bytes, *, indefinite: bool = False) -> bytes:
    if indefinite:
        return bytes((tag, 0x80)) + content + b"\0\0"
    size = len(content).to_bytes(2, "big")
    return bytes((tag, 0x82)) + size + content


@pytest.mark.parametrize("indefinite", [False, True])
def test_what_an_opaque_signature_holds_is_read(tmp_path: Path, indefinite: bool) -> None:
    inner = b"Content-Type: text/plain\r\n\r\nSigned words.\r\n"
    octets = _ber(0x04, inner)
    if indefinite:
        octets = _ber(0x24, _ber(0x04, inner[:10]) + _ber(0x04, inner[10:]), indefinite=True)
    data, signed = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    held = _ber(0x30, data + _ber(0xA0, octets, indefinite=indefinite), indefinite=indefinite)
    body = _ber(0x30, b"\x02\x01\x01" + _ber(0x31, b"") + held, indefinite=indefinite)
    message = _ber(0x30, signed + _ber(0xA0, body, indefinite=indefinite), indefinite=indefinite)
    mail = make_mail()
    mail.add_attachment(
        message, "application", "pkcs7-mime", filename="smime.p7m", params={"smime-type": "signed-data"}
    )
    document = parse(mail.as_bytes(), tmp_path)
    assert "Signed words." in document.text and not document.children
    assert not document.ledger.findings


@given(st.binary(max_size=200))
def test_any_bytes_are_a_signature_or_none(content: bytes) -> None:
    prefix = bytes.fromhex("308006092a864886f70d010702a080308002010130")
    for data in (content, prefix + content):
        assert signed_content(data) is None or len(signed_content(data) or b"") < len(data)


def test_a_mail_of_nothing_is_refused() -> None:
    with pytest.raises(DamagedDocument):
        document_of(read_message(b"X-Only: 1\n\n"))
