"""The XML of a worksheet as a stream: rows of cells as stored, whatever the size of the sheet.

A sheet's XML can be a hundred times the size of its file, so no tree of it is ever built, and what the sheet says of
its own size is not believed. Element names are compared without their namespace, as strict and transitional files
differ in nothing else here.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import BinaryIO, Final
from xml.parsers import expat

from parsers.errors import DamagedDocument, LimitExceeded

MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
_BLOCK: Final = 1 << 16
_MOST_XML: Final = 128 * 1024**2
_MOST_MERGES: Final = 200_000
_MOST_LINKS: Final = 100_000
_MOST_RANGES: Final = 1_000
_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")


_local_name = cache(lambda tag: tag.rpartition(" ")[2])


@dataclass(slots=True)
class StoredCell:
    """A cell as stored. `kind` is its `t`: s (shared string), str, inlineStr, b, e, d, n."""

    row: int
    column: int
    kind: str
    style: int
    value: str
    formula: str | None = None
    shared: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLink:
    """Where the cells of a range lead: the id of an address in the sheet's relations, or a place in the workbook."""

    reference: str
    relation: str
    location: str


@dataclass(slots=True)
class SheetOutline:
    """What a sheet says beside its cells. Rows and columns count from 0, ranges hold both ends."""

    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    links: list[CellLink] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)


def parse_reference(text: str) -> tuple[int, int] | None:
    """Row and column of `B7`, from 0; None for what is no reference inside a sheet."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        return None
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    row = int(match[2])
    return (row - 1, column - 1) if 0 < row <= MOST_ROWS and column <= MOST_COLUMNS else None


def parse_range(text: str) -> tuple[int, int, int, int] | None:
    """First row, first column, last row, last column of `B2:D5` or `B2`."""
    start, _, end = text.partition(":")
    first, last = parse_reference(start), parse_reference(end or start)
    if first is None or last is None:
        return None
    return min(first[0], last[0]), min(first[1], last[1]), max(first[0], last[0]), max(first[1], last[1])


@lru_cache(MOST_COLUMNS)
def column_name(column: int) -> str:
    """The letters of a column, which counts from 0.

    >>> column_name(0), column_name(27), column_name(16_383)
    ('A', 'AB', 'XFD')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


class SheetStream:
    """Reads one worksheet from a stream of XML. `outline` is complete when `rows` has ended.

    Rows without content are passed over; `cut_off` is set when their number or that of the others has no end.
    """

    def __init__(self, xml: BinaryIO) -> None:
        self.outline = SheetOutline()
        self.cut_off = False
        self._xml = xml
        self._ready: list[list[StoredCell]] = []
        self._cells: list[StoredCell] = []
        self._cell: StoredCell | None = None
        self._row = -1
        self._column = -1
        self._row_name = ""
        self._text: list[str] | None = None
        self._phonetic = False
        self._hidden = False

    def rows(self) -> Iterator[list[StoredCell]]:
        """The cells that hold something, row by row. Raises `DamagedDocument` where the XML breaks off."""
        parser = safe_parser("worksheet")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            for blocks, _ in enumerate(feed(parser, self._xml, "worksheet"), start=1):
                yield from self._take_ready()
                if blocks * _BLOCK >= _MOST_XML:
                    self.cut_off = True
                    break
        except DamagedDocument:
            yield from self._take_ready()
            raise
        yield from self._take_ready()

    def _take_ready(self) -> list[list[StoredCell]]:
        ready, self._ready = self._ready, []
        return ready

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local_name(tag)
        if name == "c":
            self._start_cell(attributes)
        elif name in ("v", "t", "f"):
            self._text = None if self._phonetic else []
            if name == "f" and self._cell is not None:
                self._cell.formula = ""
                shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
                self._cell.shared = int(shared) if shared.isdecimal() and len(shared) < 10 else None
        elif name == "rPh":
            self._phonetic = True
        elif name == "row":
            self._start_row(attributes)
        else:
            self._start_other(name, attributes)

    def _start_row(self, attributes: dict[str, str]) -> None:
        stored = attributes.get("r", "")
        number = int(stored) if stored.isdecimal() and len(stored) < 10 else 0
        self._row = number - 1 if 0 < number <= MOST_ROWS else self._row + 1
        self._row_name = str(self._row + 1)
        self._column = -1
        self._hidden = attributes.get("hidden") in ("1", "true")

    def _start_cell(self, attributes: dict[str, str]) -> None:
        row, column = self._row, self._column + 1
        reference = attributes.get("r")
        # Nearly every cell is the next one of its row.
        if reference is not None and (column >= MOST_COLUMNS or reference != column_name(column) + self._row_name):
            row, column = parse_reference(reference) or (row, column)
            self._row_name = str(row + 1)
        self._row, self._column = row, column
        style = attributes.get("s", "")
        self._cell = StoredCell(
            row=row,
            column=column,
            kind=attributes.get("t", "n"),
            style=int(style) if style.isdecimal() and len(style) < 10 else 0,
            value="",
        )

    def _start_other(self, name: str, attributes: dict[str, str]) -> None:
        outline = self.outline
        if name == "mergeCell" and len(outline.merges) < _MOST_MERGES:
            area = parse_range(attributes.get("ref", ""))
            if area is not None:
                outline.merges.append(area)
        elif name == "hyperlink" and len(outline.links) < _MOST_LINKS:
            relation = next((value for key, value in attributes.items() if key.endswith(" id")), "")
            link = CellLink(
                reference=attributes.get("ref", ""), relation=relation, location=attributes.get("location", "")
            )
            outline.links.append(link)
        elif name == "col" and attributes.get("hidden") in ("1", "true") and len(outline.hidden_columns) < _MOST_RANGES:
            first, last = attributes.get("min", ""), attributes.get("max", "")
            if first.isdecimal() and last.isdecimal():
                outline.hidden_columns.append((int(first[:6]) - 1, int(last[:6]) - 1))

    def _end(self, tag: str) -> None:
        name = _local_name(tag)
        cell = self._cell
        if name in ("v", "t", "f") and self._text is not None and cell is not None:
            text = "".join(self._text)
            if name == "f":
                cell.formula = text
            else:
                cell.value += text
            self._text = None
        elif name == "c" and cell is not None:
            if cell.value or cell.formula is not None:
                self._cells.append(cell)
            self._cell = None
        elif name == "row":
            if self._cells:
                if self._hidden:
                    self.outline.hidden_rows.update(cell.row for cell in self._cells)
                self._ready.append(self._cells)
                self._cells = []
        elif name == "rPh":
            self._phonetic = False

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


def safe_parser(name: str) -> expat.XMLParserType:
    """A parser that refuses document types, and so entities; names come as `namespace local`."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.ordered_attributes = False

    def refuse(*_: object) -> None:
        raise DamagedDocument(f"The file's {name} declares a document type, which such files never do.")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def feed(parser: expat.XMLParserType, xml: BinaryIO, name: str) -> Iterator[None]:
    """Hand the stream to the parser piece by piece. Raises `DamagedDocument` and `LimitExceeded`."""
    try:
        while block := xml.read(_BLOCK):
            parser.Parse(block, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise DamagedDocument(f"The file's {name} is damaged: it is no well-formed XML.") from error
    except RecursionError as error:
        raise LimitExceeded(f"The file's {name} is nested too deeply.") from error
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
        raise DamagedDocument(f"The file's {name} is damaged.") from error
