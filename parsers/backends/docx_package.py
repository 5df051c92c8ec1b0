"""The package of a Word file: its parts, how they refer to each other, and what must not be read of it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from parsers.backends.office_package import Package
from parsers.errors import DamagedDocument

_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"

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


class WordPackage(Package):
    """A package of Open XML (ISO 29500-2): parts refer to each other by relations."""

    def prepare_xml(self, data: bytes) -> bytes:
        """Strict Open XML as transitional."""
        if b"purl.oclc.org/ooxml" in data:
            for strict, transitional in _STRICT:
                data = data.replace(strict, transitional)
        return data

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
