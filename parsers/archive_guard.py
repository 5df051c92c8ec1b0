"""Looks at a ZIP archive before anything opens it: how many members, how large unpacked, whether they overlap.

Libraries for Office files and books trust the directory of the archive that they are given. This module reads that
directory by itself, in bounded steps, and refuses what no honest writer makes. `read_member` then unpacks one member
and stops at a limit, whatever the directory said of its size.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from parsers.errors import DamagedDocument, EncryptedDocument, LimitExceeded, ParseError

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL_HEADER_BYTES: Final = 30
_MAX_COMMENT: Final = 0xFFFF
_FULL32: Final = 0xFFFFFFFF
_ZIP64_EXTRA: Final = 1
_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800
_BLOCK: Final = 1 << 16
# What `zipfile` and the libraries below it raise on archives that are damaged, or locked.
_FAULTS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error, IndexError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """What an archive may hold.

    members          entries of its directory
    directory_bytes  size of the directory itself
    unpacked_bytes   all members together, unpacked
    ratio            unpacked to packed size, of a member and of all together; only what is larger than `ratio_floor`
                     bytes unpacked is held to it, as small files of one repeated line pack well
    """

    members: int = 20_000
    directory_bytes: int = 16 * 1024**2
    unpacked_bytes: int = 2 * 1024**3
    ratio: float = 100.0
    ratio_floor: int = 16 * 1024**2


DEFAULT_LIMITS: Final = ArchiveLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry of the directory, as it claims to be. `offset` is that of its header in the file, sizes in bytes."""

    name: str
    offset: int
    packed: int
    unpacked: int
    encrypted: bool

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


def check_archive(source: Path | BinaryIO, limits: ArchiveLimits = DEFAULT_LIMITS) -> tuple[Member, ...]:
    """The members of a package (Office file, book), of which none may be wrong. The stream is left where it was.

    Raises `DamagedDocument` (no ZIP directory, members that overlap, a name that occurs twice: readers would disagree
    on which of the two counts), `EncryptedDocument` (a locked member) and `LimitExceeded`.
    """
    members = read_directory(source, limits)
    check_sizes(members, limits)
    if any(member.encrypted for member in members):
        raise EncryptedDocument("The archive is encrypted and cannot be opened without its password.")
    names = {member.name for member in members}
    if len(names) < len(members):
        raise DamagedDocument("The archive has two members of the same name.")
    return members


def check_sizes(members: Sequence[Member], limits: ArchiveLimits = DEFAULT_LIMITS) -> None:
    """Raise `LimitExceeded` or `DamagedDocument` for members that together unpack to too much, or overlap.

    Overlapping members are how a small file unpacks to petabytes (D. Fifield, A better zip bomb, WOOT 2019).
    """
    packed, unpacked = sum(member.packed for member in members), sum(member.unpacked for member in members)
    if unpacked > limits.unpacked_bytes:
        allowed = limits.unpacked_bytes // 1024**2
        raise LimitExceeded(f"The archive unpacks to more than the {allowed:,} MiB allowed.")
    if is_bomb(packed, unpacked, limits) or any(is_bomb(item.packed, item.unpacked, limits) for item in members):
        raise LimitExceeded(f"The archive unpacks to more than {limits.ratio:g} times its size.")
    end = 0
    for member in sorted(members, key=lambda item: item.offset):
        if member.offset < end:
            raise DamagedDocument("Members of the archive overlap.")
        end = member.offset + _LOCAL_HEADER_BYTES + member.packed


def is_bomb(packed: int, unpacked: int, limits: ArchiveLimits = DEFAULT_LIMITS) -> bool:
    """Whether something unpacks to suspiciously much."""
    return unpacked > limits.ratio_floor and unpacked > limits.ratio * packed


def read_directory(source: Path | BinaryIO, limits: ArchiveLimits = DEFAULT_LIMITS) -> tuple[Member, ...]:
    """The entries of the archive's directory, in its order; nothing is unpacked. The stream is left where it was.

    Raises `DamagedDocument` when there is none, or it is not what it says, `LimitExceeded` when it is too large.
    """
    if isinstance(source, Path):
        with source.open("rb") as stream:
            return _directory(stream, limits)
    before = source.tell()
    try:
        return _directory(source, limits)
    finally:
        source.seek(before)


def read_member(
    archive: zipfile.ZipFile, member: str | zipfile.ZipInfo, limit: int, *, password: str | None = None
) -> bytes:
    """The bytes of one member, unpacked in small steps.

    Raises `LimitExceeded` as soon as they are more than `limit`, `EncryptedDocument` when the password is missing or
    wrong, `DamagedDocument` when there is no such member or it cannot be unpacked.
    """
    unpacked = io.BytesIO()
    locked = False
    try:
        info = archive.getinfo(member) if isinstance(member, str) else member
        locked = bool(info.flag_bits & _ENCRYPTED)
        if info.file_size > limit:
            raise LimitExceeded(f"It unpacks to more than the {limit:,} bytes allowed.")
        with archive.open(info, pwd=password.encode() if password and locked else None) as stream:
            while block := stream.read(_BLOCK):
                unpacked.write(block)
                if unpacked.tell() > limit:
                    raise LimitExceeded(f"It unpacks to more than the {limit:,} bytes allowed.")
    except NotImplementedError as error:
        raise ParseError("It is packed in a way that cannot be unpacked here.") from error
    except KeyError as error:
        raise DamagedDocument("The archive has no such member.") from error
    except RuntimeError as error:  # zipfile's word for a password that is missing or wrong
        raise EncryptedDocument("It is encrypted and cannot be unpacked without the right password.") from error
    except _FAULTS as error:
        if locked and password and not isinstance(error, OSError):
            # One byte checks a password: one wrong password in 256 passes, and shows itself in what it unpacks.
            raise EncryptedDocument("It is encrypted and cannot be unpacked without the right password.") from error
        raise DamagedDocument("It is damaged and cannot be unpacked.") from error
    return unpacked.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """What the end of an archive says of its directory; `before` is where the end record itself begins."""

    entries: int
    size: int
    offset: int
    before: int


def _directory(stream: BinaryIO, limits: ArchiveLimits) -> tuple[Member, ...]:
    end = _read_end(stream)
    if end.entries > limits.members:
        raise LimitExceeded(f"The archive has {end.entries:,} members; at most {limits.members:,} are allowed.")
    if end.size > limits.directory_bytes:
        raise LimitExceeded("The directory of the archive is larger than allowed.")
    # Something may stand before the archive (a program that unpacks itself): all offsets are off by its length.
    shift = end.before - end.size - end.offset
    if shift < 0:
        raise DamagedDocument("The archive is damaged or incomplete: its directory does not fit into it.")
    stream.seek(end.offset + shift)
    data = stream.read(end.size)
    members: list[Member] = []
    position = 0
    while position < len(data):
        if len(members) >= limits.members:
            raise LimitExceeded(f"The archive has more than the {limits.members:,} members allowed.")
        member, position = _read_entry(data, position, shift)
        members.append(member)
    if len(data) != end.size or len(members) != end.entries:
        raise DamagedDocument("The archive is damaged or incomplete: its directory is not as long as it says.")
    if any(member.offset + _LOCAL_HEADER_BYTES + member.packed > end.before - end.size for member in members):
        raise DamagedDocument("The archive is damaged or incomplete: a member reaches beyond its end.")
    return tuple(members)


def _read_end(stream: BinaryIO) -> _End:
    """The end record: the last one in the file, behind it nothing but its comment."""
    length = stream.seek(0, io.SEEK_END)
    start = max(0, length - _END.size - _MAX_COMMENT)
    stream.seek(start)
    tail = stream.read(_END.size + _MAX_COMMENT)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise DamagedDocument("The archive is damaged or incomplete: it has no directory.")
    _, disk, first_disk, _, entries, size, offset, _ = _END.unpack_from(tail, place)
    before = start + place
    if before >= _END64_LOCATOR.size + _END64.size:
        stream.seek(before - _END64_LOCATOR.size - _END64.size)
        record = stream.read(_END64.size + _END64_LOCATOR.size)
        if record[_END64.size :].startswith(b"PK\x06\x07") and record.startswith(b"PK\x06\x06"):
            _, _, _, _, disk, first_disk, _, entries, size, offset = _END64.unpack_from(record)
            before -= _END64_LOCATOR.size + _END64.size
    if disk or first_disk:
        raise DamagedDocument("The archive is one part of several; all of them are needed to unpack it.")
    return _End(entries=entries, size=size, offset=offset, before=before)


def _read_entry(data: bytes, position: int, shift: int) -> tuple[Member, int]:
    if len(data) - position < _ENTRY.size:
        raise DamagedDocument("The archive is damaged: its directory ends inside an entry.")
    fields = _ENTRY.unpack_from(data, position)
    if fields[0] != b"PK\x01\x02":
        raise DamagedDocument("The archive is damaged: its directory cannot be read.")
    flags, packed, unpacked = fields[5], fields[10], fields[11]
    name_length, extra_length, comment_length, offset = fields[12], fields[13], fields[14], fields[18]
    start = position + _ENTRY.size
    name = data[start : start + name_length]
    extra = data[start + name_length : start + name_length + extra_length]
    unpacked, packed, offset = _with_zip64(extra, (unpacked, packed, offset))
    member = Member(
        name=name.decode("utf-8" if flags & _UTF8 else "cp437", errors="replace"),
        offset=offset + shift,
        packed=packed,
        unpacked=unpacked,
        encrypted=bool(flags & _ENCRYPTED),
    )
    return member, start + name_length + extra_length + comment_length


def _with_zip64(extra: bytes, values: tuple[int, int, int]) -> tuple[int, int, int]:
    """Sizes and offset, those that need more than 32 bits from the extra field that then has them."""
    if _FULL32 not in values:
        return values
    position = 0
    while len(extra) - position >= 4:
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == _ZIP64_EXTRA:
            large = extra[position + 4 : position + 4 + length]
            numbers = iter(struct.unpack(f"<{len(large) // 8}Q", large[: len(large) // 8 * 8]))
            unpacked, packed, offset = (next(numbers, value) if value == _FULL32 else value for value in values)
            return unpacked, packed, offset
        position += 4 + length
    return values
