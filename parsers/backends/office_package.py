"""The ZIP package of an office file: its parts, read one by one and within limits."""

from __future__ import annotations

import posixpath
import zipfile
from typing import Any, BinaryIO, Final

from parsers.archive_guard import check_archive, read_member
from parsers.backends.bounded_xml import parse_xml
from parsers.backends.pictures import picture
from parsers.errors import DamagedDocument
from parsers.model import Finding
from parsers.reading import ImageReading

MAX_PART_BYTES: Final = 256 * 1024**2
_MAX_PICTURE_BYTES: Final = 96 * 1024**2  # of one document: pictures travel to the caller together with the text


class Package:
    """An open package. Names of parts have no leading slash; case does not matter.

    Raises `DamagedDocument`, `EncryptedDocument` or `LimitExceeded`, all before anything is unpacked.
    """

    def __init__(self, content: BinaryIO) -> None:
        check_archive(content)
        try:
            self._zip = zipfile.ZipFile(content)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise DamagedDocument("The file is no readable ZIP package, as Office files are.") from error
        self._entries = {entry.filename.replace("\\", "/").lower(): entry for entry in self._zip.infolist()}
        self._picture_bytes = 0
        self._pictures_left_out = 0

    def close(self) -> None:
        self._zip.close()

    def picture(self, part: str) -> ImageReading | None:
        """A picture, or None: it is not there, no image made of pixels, damaged, or over what a document may have."""
        if not self.has(part):
            return None
        if self._picture_bytes + self.size(part) > _MAX_PICTURE_BYTES:
            self._pictures_left_out += 1
            return None
        self._picture_bytes += self.size(part)
        try:
            return picture(self.read(part))
        except DamagedDocument:
            return None

    def take_findings(self, page: int | None = None) -> tuple[Finding, ...]:
        """What there is to say of the pictures asked for since the last time."""
        count, self._pictures_left_out = self._pictures_left_out, 0
        if not count:
            return ()
        pictures = "A picture was" if count == 1 else f"{count:,} pictures were"
        message = f"{pictures} left out: those of one file may have {_MAX_PICTURE_BYTES // 1024**2} MiB."
        return (Finding(page=page, code="pictures_left_out", message=message),)

    def has(self, part: str) -> bool:
        return part.lower() in self._entries

    def size(self, part: str) -> int:
        """Bytes of a part that is there."""
        return self._entries[part.lower()].file_size

    def read(self, part: str) -> bytes:
        """The bytes of a part. Raises `DamagedDocument`, `LimitExceeded` or `EncryptedDocument`."""
        entry = self._entries.get(part.lower())
        if entry is None:
            raise DamagedDocument(f"The file lacks its part {posixpath.basename(part)}.")
        return read_member(self._zip, entry, MAX_PART_BYTES)

    def xml(self, part: str) -> Any:
        """The root of a part that is XML, as an element of lxml."""
        return parse_xml(self.prepare_xml(self.read(part)), f"part {posixpath.basename(part)}")

    def prepare_xml(self, data: bytes) -> bytes:
        """What is changed in a part before it is read as XML."""
        return data

    def optional_xml(self, part: str | None) -> Any:
        """The root of a part, or None where there is none or it is damaged: the text can be read without it."""
        if part is None or not self.has(part):
            return None
        try:
            return self.xml(part)
        except DamagedDocument:
            return None
