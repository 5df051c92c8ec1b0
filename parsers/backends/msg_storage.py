"""The compound file of an Outlook message ([MS-OXMSG]): its properties, recipients, attachments and inner messages."""

from __future__ import annotations

import codecs
import datetime
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, Final

from parsers.backends.text_bytes import decode_text

_HEADER_BYTES: Final = {"message": 32, "inner": 24, "other": 8}
_ENTRY: Final = struct.Struct("<HHL8s")
_UNICODE, _ANSI, _BINARY, _LONG, _TIME = 0x001F, 0x001E, 0x0102, 0x0003, 0x0040
_CODEPAGES: Final = (0x3FDE, 0x3FFD)  # PidTagInternetCodepage, PidTagMessageCodepage
_UTF8: Final = 65001
_EPOCH: Final = datetime.datetime(1601, 1, 1, tzinfo=datetime.UTC)
_LARGEST_STREAM: Final = 256 * 1024**2
_MAX_STORAGES: Final = 5_000
_NUMBERED: Final = re.compile(r"__(recip|attach)_version1\.0_#[0-9A-Fa-f]{8}")


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage of the file at `path`: a message, a recipient or an attachment. `kind` as of its property stream."""

    ole: Any
    path: tuple[str, ...] = ()
    kind: str = "message"

    def string(self, *properties: int) -> str:
        """The first of these properties that is there and not empty, as text; else an empty string."""
        for number in properties:
            if (data := self._stream(number, _UNICODE)) is not None:
                text = data.decode("utf-16-le", errors="replace")
            elif (data := self._stream(number, _ANSI)) is not None:
                text = decode_text(data, declared=self.charset)
            else:
                continue
            if text := text.rstrip("\0"):
                return text
        return ""

    def binary(self, number: int) -> bytes | None:
        return self._stream(number, _BINARY)

    def integer(self, number: int) -> int | None:
        value = self._fixed().get((number, _LONG))
        return None if value is None else int.from_bytes(value[:4], "little")

    def date(self, *properties: int) -> str:
        """The first of these times that is set, as a mail's header writes it (UTC); else an empty string."""
        fixed = self._fixed()
        for number in properties:
            ticks = int.from_bytes(fixed.get((number, _TIME), b""), "little")
            try:
                when = _EPOCH + datetime.timedelta(microseconds=ticks // 10)
            except OverflowError:
                continue
            if ticks:
                return format_datetime(when)
        return ""

    @property
    def charset(self) -> str | None:
        """The codec of the text that is not in Unicode, where the message names one that is known."""
        root = Storage(self.ole)
        for number in _CODEPAGES:
            page = root.integer(number)
            name = "utf-8" if page == _UTF8 else f"cp{page}"
            try:
                return codecs.lookup(name).name
            except LookupError:
                continue
        return None

    def recipients(self) -> Iterator[Storage]:
        return self._numbered("recip")

    def attachments(self) -> Iterator[Storage]:
        return self._numbered("attach")

    def inner_message(self) -> Storage | None:
        """The message that an attachment is, if it is one."""
        inner = (*self.path, "__substg1.0_3701000D")
        if self.ole.exists([*inner, "__properties_version1.0"]):
            return Storage(self.ole, inner, "inner")
        return None

    def _numbered(self, what: str) -> Iterator[Storage]:
        depth = len(self.path)
        names = {
            tuple(entry)[depth]
            for entry in self.ole.listdir(streams=False, storages=True)
            if len(entry) == depth + 1 and tuple(entry[:depth]) == self.path
        }
        matching = sorted(name for name in names if (match := _NUMBERED.fullmatch(name)) and match[1] == what)
        for name in matching[:_MAX_STORAGES]:
            yield Storage(self.ole, (*self.path, name), "other")

    def _stream(self, number: int, kind: int) -> bytes | None:
        return self._read(f"__substg1.0_{number:04X}{kind:04X}")

    def _read(self, name: str) -> bytes | None:
        path = [*self.path, name]
        if not self.ole.exists(path) or self.ole.get_size(path) > _LARGEST_STREAM:
            return None
        data: bytes = self.ole.openstream(path).read()
        return data

    def _fixed(self) -> dict[tuple[int, int], bytes]:
        """Properties of a fixed length, by number and type."""
        data = self._read("__properties_version1.0") or b""
        start = _HEADER_BYTES[self.kind]
        count = max(0, len(data) - start) // _ENTRY.size
        entries = (_ENTRY.unpack_from(data, start + index * _ENTRY.size) for index in range(count))
        return {(number, kind): value for kind, number, _, value in entries}
