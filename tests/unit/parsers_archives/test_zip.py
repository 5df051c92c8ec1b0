"""A ZIP archive is a set of documents: its members are children, and what is wrong with one costs only that one."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.backends.zip import open_document, safe_name
from parsers.errors import DamagedDocument, EncryptedDocument, LimitExceeded, NoPages
from parsers.model import LedgerState, Role
from parsers.policy import ParseOptions
from tests.support.in_process import parse_in_process
from tests.unit.parsers_archives.test_archive_guard import make_zip, with_field

OPTIONS = ParseOptions()


def _write(folder: Path, content: bytes) -> Path:
    path = folder / "set.zip"
    path.write_bytes(content)
    return path


def test_members_are_children_with_their_folders(tmp_path: Path) -> None:
    members = {"b/2.txt": b"two", "a.txt": b"one", "b/": b"", "__MACOSX/._a.txt": b"x", "b/.DS_Store": b"x"}
    path = _write(tmp_path, make_zip(members))
    with open_document(path, OPTIONS) as document:
        assert [(child.name, child.size) for child in document.children] == [("b/2.txt", 3), ("a.txt", 3)]
        assert [document.read_child(0), document.read_child(1)] == [b"two", b"one"]
    parsed = parse_in_process(path, "application/zip").document
    assert [(e.text, e.role) for e in parsed.elements] == [("b/2.txt", Role.MEMBER), ("a.txt", Role.MEMBER)]
    assert parsed.ledger.state is LedgerState.COMPLETE


def test_names_that_lead_out_are_changed_and_told(tmp_path: Path) -> None:
    path = _write(tmp_path, make_zip({"../../etc/passwd": b"x", "/abs.txt": b"y", "C:\\dos\\a.txt": b"z"}))
    with open_document(path, OPTIONS) as document:
        assert [child.name for child in document.children] == ["etc/passwd", "abs.txt", "dos/a.txt"]
        assert [finding.code for finding in document.findings] == ["unsafe_member_name"] * 3


@pytest.mark.parametrize("name", ["..", "/", "a/../../b", "..\\..\\c", "\0", "//x//y/", "./.", "C:", "a/b/../../../.."])
def test_a_safe_name_stays_below_its_archive(name: str) -> None:
    safe = safe_name(name)
    assert safe and not safe.startswith("/") and ".." not in safe.split("/") and "\\" not in safe


def test_members_of_one_name_are_both_there(tmp_path: Path) -> None:
    path = _write(tmp_path, make_zip({"same.txt": b"1", "/same.txt": b"2"}))
    with open_document(path, OPTIONS) as document:
        assert [child.name for child in document.children] == ["same.txt", "same (2).txt"]
        assert [document.read_child(0), document.read_child(1)] == [b"1", b"2"]


def test_a_locked_member_costs_only_itself(tmp_path: Path) -> None:
    one_locked = _write(tmp_path, with_field(make_zip({"a": b"1", "b": b"2"}), b"PK\x01\x02", 8, "<H", 1))
    with open_document(one_locked, OPTIONS) as document:
        assert document.read_child(0) == b"1"
        with pytest.raises(EncryptedDocument):
            document.read_child(1)
    all_locked = _write(tmp_path, with_field(make_zip({"a": b"1"}), b"PK\x01\x02", 8, "<H", 1))
    with pytest.raises(EncryptedDocument):
        open_document(all_locked, OPTIONS)


def test_bombs_damage_and_nothing_at_all_are_refused(tmp_path: Path) -> None:
    for content, error in (
        (make_zip({"bomb": bytes(20 * 1024**2)}), LimitExceeded),
        (make_zip({"a": b"x"})[:-10], DamagedDocument),
        (make_zip({}), NoPages),
        (make_zip({"folder/": b""}), NoPages),
    ):
        with pytest.raises(error):
            open_document(_write(tmp_path, content), OPTIONS)
