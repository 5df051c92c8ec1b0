"""Mailboxes are sets of mails; Outlook's messages are the mails that they were."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.backends import mbox, msg
from parsers.backends.mbox import split_mailbox
from parsers.backends.rtf_compression import decompress_rtf
from parsers.errors import DamagedDocument, ParseError
from parsers.model import ElementKind, Role
from parsers.policy import ParseOptions
from tests.support.compound_files import compound_file
from tests.support.in_process import parse_in_process

OPTIONS = ParseOptions()
ENVELOPE = b"From ann@example.org Mon Jun 01 10:00:00 2009\n"
# [MS-OXRTFCP] 3.1 and 3.2: what the specification says these bytes are.
SIMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def test_a_mailbox_is_split_at_its_envelopes(tmp_path: Path) -> None:
    path = tmp_path / "in.mbox"
    path.write_bytes(
        ENVELOPE
        + b"Subject: one\nFrom: a@b\n\n>From here on\n\n"
        + ENVELOPE
        + b"Subject: two/2\nFrom: a@b\n\nFrom afar\n"
    )
    with mbox.open_document(path, OPTIONS) as document:
        assert [child.name for child in document.children] == ["00001 one.eml", "00002 two 2.eml"]
        assert document.read_child(0) == b"Subject: one\nFrom: a@b\n\nFrom here on\n\n"
        assert document.read_child(1).endswith(b"From afar\n")
    elements = parse_in_process(path, "application/mbox").document.elements
    assert [(e.text, e.role) for e in elements] == [("00001 one.eml", Role.MEMBER), ("00002 two 2.eml", Role.MEMBER)]


def test_a_mailbox_of_one_is_that_mail(tmp_path: Path) -> None:
    path = tmp_path / "one.mbox"
    path.write_bytes(ENVELOPE + b"\nTest content\n")
    document = parse_in_process(path, "application/mbox").document
    assert document.text == "Test content" and document.children == ()


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_every_byte_of_a_mailbox_is_in_one_message(bodies: list[bytes]) -> None:
    content = b"".join(ENVELOPE + body.replace(b"From ", b"from ") + b"\n" for body in bodies) or b"x"
    places = split_mailbox(content)
    assert len(places) == max(1, len(bodies))
    assert places[-1][1] == len(content)
    assert sum(end - start for start, end in places) == len(content) - len(ENVELOPE) * len(bodies)


def test_compressed_rtf_of_the_specification() -> None:
    assert decompress_rtf(SIMPLE) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress_rtf(CROSSING) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    stored = struct.pack("<4L", 20, 8, 0x414C454D, 0) + b"{\\rtf1 }"
    assert decompress_rtf(stored) == b"{\\rtf1 }"
    with pytest.raises(DamagedDocument):
        decompress_rtf(b"x" * 30)


@given(st.binary(max_size=300))
def test_any_bytes_are_compressed_rtf_or_refused(data: bytes) -> None:
    for content in (data, struct.pack("<4L", len(data) + 12, 5000, 0x75465A4C, 0) + data):
        try:
            assert len(decompress_rtf(content)) <= 5000 + len(content)
        except DamagedDocument:
            continue


class FakeOle:
    """The part of olefile that a message is read through, on a plain dictionary."""

    def __init__(self, streams: dict[str, bytes]) -> None:
        self._streams = streams

    def __enter__(self) -> FakeOle:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def exists(self, path: list[str]) -> bool:
        return "/".join(path) in self._streams

    def get_size(self, path: list[str]) -> int:
        return len(self._streams["/".join(path)])

    def openstream(self, path: list[str]) -> Any:
        from io import BytesIO

        return BytesIO(self._streams["/".join(path)])

    def listdir(self, *, streams: bool, storages: bool) -> list[list[str]]:
        assert storages and not streams
        folders = {tuple(name.split("/")[:depth]) for name in self._streams for depth in range(1, name.count("/") + 1)}
        return [list(folder) for folder in sorted(folders)]


def _properties(header: int, **values: int) -> bytes:
    entries = b"".join(
        struct.pack("<HHLQ", int(name[1:5], 16), int(name[5:], 16), 6, value) for name, value in values.items()
    )
    return bytes(header) + entries


def _text(streams: dict[str, bytes], where: str, number: str, text: str) -> None:
    streams[f"{where}__substg1.0_{number}001F"] = text.encode("utf-16-le")


@pytest.fixture
def message() -> dict[str, bytes]:
    """A message from Ann with an attachment, and a message inside."""
    streams: dict[str, bytes] = {
        # 2022-12-23 18:08:48 UTC, and the charset 1252
        "__properties_version1.0": _properties(32, p00400039=133162925280000000, p00033FDE=1252),
        "__recip_version1.0_#00000000/__properties_version1.0": _properties(8, p00030C15=1),
        "__recip_version1.0_#00000001/__properties_version1.0": _properties(8, p00030C15=2),
        "__attach_version1.0_#00000000/__substg1.0_37010102": b"a,b\n1,2\n",
        "__attach_version1.0_#00000001/__substg1.0_3701000D/__properties_version1.0": bytes(24),
        "__substg1.0_0C1A001E": "Ann Öst".encode("cp1252"),
    }
    _text(streams, "", "0037", "Offer № 7")
    _text(streams, "", "0C1F", "ann@example.org")
    _text(streams, "", "1000", "Hello,\r\n\r\nhere it is.")
    _text(streams, "__recip_version1.0_#00000000/", "3001", "Bob")
    _text(streams, "__recip_version1.0_#00000000/", "39FE", "bob@example.org")
    _text(streams, "__recip_version1.0_#00000001/", "3001", "Cid")
    _text(streams, "__recip_version1.0_#00000001/", "3003", "/O=EXCHANGE/CN=CID")
    _text(streams, "__attach_version1.0_#00000000/", "3707", "März.csv")
    inner = "__attach_version1.0_#00000001/__substg1.0_3701000D/"
    _text(streams, inner, "0037", "Inner ä")
    _text(streams, inner, "1000", "inside")
    return streams


@pytest.fixture
def opened(message: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(msg.olefile, "OleFileIO", lambda _: FakeOle(message))
    path = tmp_path / "a.msg"
    path.write_bytes(b"stands for the streams")
    return path


def test_a_message_is_read_as_the_mail_that_it_was(opened: Path) -> None:
    document = parse_in_process(opened, "application/vnd.ms-outlook").document
    title, *rest = document.elements
    assert (title.kind, title.text) == (ElementKind.TITLE, "Offer № 7")
    assert [e.text for e in rest] == [
        "From: Ann Öst <ann@example.org>",
        "To: Bob <bob@example.org>",
        "Cc: Cid",
        "Date: Fri, 23 Dec 2022 18:08:48 +0000",
        "Hello,",
        "here it is.",
        "März.csv",
        "Inner ä.eml",
    ]


def test_a_message_inside_a_message_is_a_child(opened: Path, tmp_path: Path) -> None:
    with msg.open_document(opened, OPTIONS) as document:
        assert document.read_child(0) == b"a,b\n1,2\n"
        (tmp_path / "inner.eml").write_bytes(document.read_child(1))
        again = msg.open_document(opened, OPTIONS)
        assert again.read_child(1) == document.read_child(1)
    inner = parse_in_process(tmp_path / "inner.eml", "message/rfc822").document
    assert [e.text for e in inner.elements] == ["Inner ä", "inside"]


def test_headers_as_sent_come_before_what_outlook_keeps(message: dict[str, bytes], opened: Path) -> None:
    _text(
        message,
        "",
        "007D",
        "From: <ann+lists@example.org>\r\nMessage-ID: <1@x>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0100\r\n",
    )
    texts = [e.text for e in parse_in_process(opened, "application/vnd.ms-outlook").document.elements]
    assert "From: <ann+lists@example.org>" in texts and "Message-ID: <1@x>" in texts
    assert "Date: Mon, 1 Jan 2024 00:00:00 +0100" in texts and "To: Bob <bob@example.org>" in texts


def test_text_that_is_kept_as_rtf_only_is_a_child(message: dict[str, bytes], opened: Path) -> None:
    del message["__substg1.0_1000001F"]
    message["__substg1.0_10090102"] = SIMPLE
    with msg.open_document(opened, OPTIONS) as document:
        assert document.children[0].name == "message.rtf"
        assert document.read_child(0).startswith(b"{\\rtf1\\ansi")


def test_a_damaged_message_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.msg"
    for content in (b"", b"no message", compound_file("__properties_version1.0")[:700]):
        path.write_bytes(content)
        with pytest.raises(ParseError):
            msg.open_document(path, OPTIONS)
