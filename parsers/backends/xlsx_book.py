"""A workbook beside its cells: its sheets in order, the strings and styles that they share, who wrote comments."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, Final, cast

from parsers.backends.docx_names import Element, R, local_name, number
from parsers.backends.docx_package import WordPackage
from parsers.backends.sheet_formats import BUILT_IN
from parsers.backends.xlsx_cells import feed, safe_parser
from parsers.errors import DamagedDocument
from parsers.plain_text import clean_text

_DUBLIN_CORE: Final = "{http://purl.org/dc/elements/1.1/}"
_SHEETS: Final = frozenset({"worksheet", "chartsheet"})
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_GENERAL: Final = "General"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet: its part in the package, "" where the file lacks it."""

    name: str
    part: str
    hidden: bool
    chart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What of a cell's look is needed: the format code of its number, and whether its text is bold."""

    code: str = _GENERAL
    bold: bool = False


class SheetPackage(WordPackage):
    """A package with parts that are read as streams."""

    def open_part(self, part: str) -> BinaryIO:
        """A part as a stream to close. Raises `DamagedDocument`."""
        entry = self._entries.get(part.lower())
        if entry is None:
            raise DamagedDocument(f"The file lacks its part {posixpath.basename(part)}.")
        try:
            return cast(BinaryIO, self._zip.open(entry))
        except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
            raise DamagedDocument(f"The file's part {posixpath.basename(part)} is damaged.") from error


class Workbook:
    """Raises `DamagedDocument` where the package holds no workbook."""

    def __init__(self, package: SheetPackage) -> None:
        self.package = package
        self._part = self._main_part()
        self._root = package.xml(self._part)
        if local_name(self._root) != "workbook":
            raise DamagedDocument("The file's main part is no workbook.")
        self._relations = package.relations(self._part)
        self.sheets = tuple(self._find_sheets())
        properties = next((item for item in self._root if local_name(item) == "workbookPr"), None)
        self.from_1904 = properties is not None and properties.get("date1904") in ("1", "true")

    def _main_part(self) -> str:
        for relation in self.package.relations("").values():
            if relation.kind == "officeDocument" and self.package.has(relation.target):
                return relation.target
        return "xl/workbook.xml"

    def _find_sheets(self) -> list[Sheet]:
        found: list[Sheet] = []
        for item in self._root.iter("{*}sheet"):
            relation = self._relations.get(item.get(f"{R}id", ""))
            kind = "worksheet" if relation is None else relation.kind
            if kind in _SHEETS:
                there = relation is not None and not relation.external and self.package.has(relation.target)
                sheet = Sheet(
                    name=clean_text(item.get("name") or "") or f"Sheet {len(found) + 1}",
                    part=relation.target if relation is not None and there else "",
                    hidden=item.get("state") in ("hidden", "veryHidden"),
                    chart=kind == "chartsheet",
                )
                found.append(sheet)
        return found

    def _shared(self, kind: str) -> str | None:
        parts = (item.target for item in self._relations.values() if item.kind == kind and not item.external)
        return next((part for part in parts if self.package.has(part)), None)

    @cached_property
    def strings(self) -> Sequence[str]:
        """The shared strings, by their number."""
        part = self._shared("sharedStrings")
        if part is None:
            return ()
        reader = _StringReader()
        with self.package.open_part(part) as xml:
            reader.read(xml)
        return reader.strings

    @cached_property
    def styles(self) -> Sequence[Style]:
        """The looks of cells, by their number (`s`)."""
        root = self.package.optional_xml(self._shared("styles"))
        if root is None:
            return ()
        codes = dict(BUILT_IN)
        for item in root.iter("{*}numFmt"):
            codes[number(item.get("numFmtId"), -1)] = item.get("formatCode") or _GENERAL
        fonts = root.find("{*}fonts")
        bold = [_is_bold(font) for font in (fonts if fonts is not None else ())]
        formats = root.find("{*}cellXfs")
        return [
            Style(
                code=codes.get(number(item.get("numFmtId")), _GENERAL),
                bold=bold[font] if 0 <= (font := number(item.get("fontId"))) < len(bold) else False,
            )
            for item in (formats if formats is not None else ())
        ]

    @cached_property
    def people(self) -> dict[str, str]:
        """Names of those who wrote threaded comments, by their id."""
        root = self.package.optional_xml(self._shared("person"))
        people = () if root is None else root.iter("{*}person")
        return {item.get("id", ""): clean_text(item.get("displayName") or "") for item in people}

    @cached_property
    def title(self) -> str | None:
        return self._property("title")

    @cached_property
    def language(self) -> str | None:
        return self._property("language")

    def _property(self, name: str) -> str | None:
        root = self.package.optional_xml(self.package.related("", "core-properties"))
        text = None if root is None else root.findtext(f"{_DUBLIN_CORE}{name}")
        return clean_text(text or "") or None


def _is_bold(font: Element) -> bool:
    found = font.find("{*}b")
    return found is not None and found.get("val") not in ("0", "false")


def unescape(text: str) -> str:
    """`_x000D_` as the character that it stands for (ISO 29500-1, 22.9.2.19)."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class _StringReader:
    """Streams the shared strings: plain or rich, without the readings of Japanese words beside them."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._parts: list[str] = []
        self._in_text = False
        self._phonetic = False

    def read(self, xml: BinaryIO) -> None:
        parser = safe_parser("list of strings")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        for _ in feed(parser, xml, "list of strings"):
            pass

    def _start(self, tag: str, _: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "t":
            self._in_text = not self._phonetic
        elif name == "rPh":
            self._phonetic = True
        elif name == "si":
            self._parts = []

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "si":
            self.strings.append(clean_text(unescape("".join(self._parts))))

    def _characters(self, text: str) -> None:
        if self._in_text:
            self._parts.append(text)
