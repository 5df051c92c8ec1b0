"""The package of a Word file: its parts, how they refer to each other, and what must not be read of it."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, Final

from parsers.archive_guard import check_archive, read_member
from parsers.backends.bounded_xml import parse_xml
from parsers.backends.docx_names import Element
from parsers.errors import DamagedDocument

_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MAX_PART_BYTES: Final = 256 * 1024**2

# Strict Open XML (ISO 29500) has the same names in namespaces of its own; they are read as the transitional ones.
_STRICT: Final = (
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", b"http://schemas.openxmlformats.org/officeDocument/2006/math"),
    (b"http://purl.oclc.org/ooxml/drawingml/", b"http://schemas.openxmlformats.org/drawingml/2006/"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What a part refers to: the last word of the relation's type (`hyperlink`), and a part's name or an address."""

    kind: str
    target: str
    external: bool


class Package:
    """An open package. Names of parts have no leading slash; case does not matter (ISO 29500-2, 6.2.2).

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

    def close(self) -> None:
        self._zip.close()

    def take_picture_bytes(self, size: int, limit: int) -> bool:
        """Whether so many bytes more of pictures may be taken out, at a limit for all of them; counts them if so."""
        if self._picture_bytes + size > limit:
            return False
        self._picture_bytes += size
        return True

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
        return read_member(self._zip, entry, _MAX_PART_BYTES)

    def xml(self, part: str) -> Element:
        """The root of a part that is XML."""
        data = self.read(part)
        if b"purl.oclc.org/ooxml" in data:
            for strict, transitional in _STRICT:
                data = data.replace(strict, transitional)
        return parse_xml(data, f"part {posixpath.basename(part)}")

    def optional_xml(self, part: str | None) -> Element | None:
        """The root of a part, or None where there is none or it is damaged: the text can be read without it."""
        if part is None or not self.has(part):
            return None
        try:
            return self.xml(part)
        except DamagedDocument:
            return None

    def relations(self, part: str) -> Mapping[str, Relation]:
        """What `part` refers to, by the id that it uses; `""` is the package itself."""
        folder, name = posixpath.split(part)
        root = self.optional_xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, Relation] = {}
        for item in () if root is None else root.iter(_RELATIONSHIPS):
            external = item.get("TargetMode") == "External"
            target = item.get("Target", "")
            if not external:
                target = posixpath.normpath(posixpath.join("/" + folder, target)).lstrip("/")
            kind = item.get("Type", "").rsplit("/", 1)[-1]
            found[item.get("Id", "")] = Relation(kind=kind, target=target, external=external)
        return found

    @cached_property
    def main_part(self) -> str:
        """The name of the part that holds the body. Raises `DamagedDocument`."""
        for relation in self.relations("").values():
            if relation.kind == "officeDocument" and self.has(relation.target):
                return relation.target
        if self.has("word/document.xml"):
            return "word/document.xml"
        raise DamagedDocument("The file has no document in it.")

    def related(self, part: str, kind: str) -> str | None:
        """The first part of a kind that `part` refers to."""
        relations = self.relations(part).values()
        return next((item.target for item in relations if item.kind == kind and not item.external), None)
