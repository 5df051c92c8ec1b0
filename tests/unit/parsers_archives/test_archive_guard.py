"""What no honest archive is: a bomb, a liar, an overlap. And any bytes are read, or refused with a reason."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.archive_guard import ArchiveLimits, check_archive, check_sizes, read_directory, read_member
from parsers.errors import DamagedDocument, EncryptedDocument, LimitExceeded, ParseError

_END = b"PK\x05\x06"


def make_zip(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def with_field(archive: bytes, record: bytes, offset: int, layout: str, value: int) -> bytes:
    """The archive with one number of its last `record` changed."""
    changed = bytearray(archive)
    struct.pack_into(layout, changed, archive.rindex(record) + offset, value)
    return bytes(changed)


@given(st.dictionaries(st.text(min_size=1, max_size=20).filter(lambda n: "\0" not in n), st.binary(max_size=200)))
def test_an_honest_archive_is_read_as_zipfile_reads_it(members: dict[str, bytes]) -> None:
    try:
        content = make_zip(members)
    except (UnicodeEncodeError, ValueError):
        return
    found = check_archive(io.BytesIO(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        assert [(m.offset, m.packed, m.unpacked) for m in found] == [
            (info.header_offset, info.compress_size, info.file_size) for info in infos
        ]
        assert [read_member(archive, info, 1000) for info in infos] == [archive.read(info) for info in infos]


def test_offsets_count_from_the_archive_where_something_stands_before_it() -> None:
    content = b"#!/bin/sh\n" + make_zip({"a": b"1", "b": b"2"})
    stream = io.BytesIO(content)
    stream.seek(3)
    found = check_archive(stream)
    assert [content[m.offset : m.offset + 4] for m in found] == [b"PK\x03\x04"] * 2
    assert stream.tell() == 3


def test_sizes_beyond_32_bits_are_read_where_zip64_keeps_them() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("big", "w", force_zip64=True) as member:
        member.write(b"x" * 70)
    content = bytearray(buffer.getvalue())
    entry = content.rindex(b"PK\x01\x02")
    packed, unpacked = struct.unpack_from("<2L", content, entry + 20)
    name_end = entry + 46 + 3
    extra = struct.pack("<2H2Q", 1, 16, unpacked, packed)
    struct.pack_into("<2L", content, entry + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", content, entry + 30, len(extra))
    content[name_end:name_end] = extra
    end = content.rindex(_END)
    struct.pack_into("<L", content, end + 12, struct.unpack_from("<L", content, end + 12)[0] + len(extra))
    (member_found,) = check_archive(io.BytesIO(bytes(content)))
    assert (member_found.packed, member_found.unpacked) == (70, 70)


def test_a_bomb_is_refused_by_its_ratio_and_small_repetition_is_not() -> None:
    assert check_archive(io.BytesIO(make_zip({"lines.txt": b"a" * 1_000_000})))
    with pytest.raises(LimitExceeded, match="100 times"):
        check_archive(io.BytesIO(make_zip({"bomb": bytes(20 * 1024**2)})))


def test_many_members_too_much_in_all_and_a_long_directory_are_refused() -> None:
    content = make_zip({str(n): b"x" * 100 for n in range(20)}, method=zipfile.ZIP_STORED)
    with pytest.raises(LimitExceeded, match="20 members"):
        check_archive(io.BytesIO(content), ArchiveLimits(members=19))
    with pytest.raises(LimitExceeded, match="unpacks to more"):
        check_archive(io.BytesIO(content), ArchiveLimits(unpacked_bytes=1999))
    with pytest.raises(LimitExceeded, match="directory"):
        check_archive(io.BytesIO(content), ArchiveLimits(directory_bytes=100))
    assert len(check_archive(io.BytesIO(content), ArchiveLimits(members=20, unpacked_bytes=2000))) == 20


def test_a_directory_that_says_fewer_members_than_it_has_is_still_counted() -> None:
    content = make_zip({str(n): b"" for n in range(20)})
    liar = with_field(with_field(content, _END, 8, "<H", 1), _END, 10, "<H", 1)
    with pytest.raises(LimitExceeded, match="19 members"):
        check_archive(io.BytesIO(liar), ArchiveLimits(members=19))
    with pytest.raises(DamagedDocument, match="not as long"):
        check_archive(io.BytesIO(liar))


def test_overlapping_members_are_refused() -> None:
    content = make_zip({"a": b"0123456789" * 30, "b": b"x"}, method=zipfile.ZIP_STORED)
    with pytest.raises(DamagedDocument, match="overlap"):
        check_archive(io.BytesIO(with_field(content, b"PK\x01\x02", 42, "<L", 5)))


def test_a_member_that_reaches_beyond_the_archive_is_refused() -> None:
    content = make_zip({"a": b"x"}, method=zipfile.ZIP_STORED)
    with pytest.raises(DamagedDocument, match="beyond its end"):
        check_archive(io.BytesIO(with_field(content, b"PK\x01\x02", 20, "<L", 5000)))


def test_two_members_of_one_name_and_locked_ones_spoil_a_package() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning):
        archive.writestr("same", b"1")
        archive.writestr("same", b"2")
    with pytest.raises(DamagedDocument, match="same name"):
        check_archive(io.BytesIO(buffer.getvalue()))
    locked = with_field(make_zip({"a": b"x"}), b"PK\x01\x02", 8, "<H", 1)
    with pytest.raises(EncryptedDocument):
        check_archive(io.BytesIO(locked))
    check_sizes(read_directory(io.BytesIO(locked)))


def test_a_part_of_several_is_named_so() -> None:
    with pytest.raises(DamagedDocument, match="one part of several"):
        check_archive(io.BytesIO(with_field(make_zip({"a": b"x"}), _END, 4, "<H", 1)))


def test_a_member_that_lies_about_its_size_is_stopped() -> None:
    content = make_zip({"a": b"x" * 5000})
    small = with_field(content, b"PK\x01\x02", 24, "<L", 10)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(read_member(archive, "a", 5000)) == 5000
        with pytest.raises(LimitExceeded, match="4,999 bytes"):
            read_member(archive, "a", 4999)
        with pytest.raises(DamagedDocument, match="no such member"):
            read_member(archive, "b", 10)
    with zipfile.ZipFile(io.BytesIO(small)) as archive, pytest.raises(DamagedDocument):
        read_member(archive, "a", 4999)


def test_a_damaged_member_is_damaged() -> None:
    content = bytearray(make_zip({"a": b"0123456789" * 50}, method=zipfile.ZIP_STORED))
    content[40:50] = b"\xff" * 10
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive, pytest.raises(DamagedDocument):
        read_member(archive, "a", 5000)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_directory_or_refused(content: bytes) -> None:
    for attempt in (content, content + _END + content[:18], b"PK\x03\x04" + content):
        try:
            check_archive(io.BytesIO(attempt))
        except ParseError:
            continue


@given(st.data())
def test_a_damaged_archive_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(make_zip({"a.txt": b"hello" * 20, "b/c.txt": b"x" * 30}))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        check_archive(io.BytesIO(bytes(content)))
        with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
            for info in archive.infolist():
                read_member(archive, info, 1000)
    except (ParseError, zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        pass
