"""CSV and TSV: the delimiter is found out, values stay as written, and a page holds up to a thousand rows.

Nothing of the file but one page is held in memory when it is large: opening it notes where each page begins.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Final, Literal, TextIO

from parsers.backends.base import OpenDocument, TypedDocument, TypedPage
from parsers.backends.sheet_headers import HeaderCell, count_header_rows, is_value
from parsers.backends.text_bytes import decode_text, guess_encoding, wide_encoding
from parsers.errors import DamagedDocument
from parsers.model import Derivation, ElementKind, Finding
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, CellReading, TableReading, TypedText

ROWS_PER_PAGE: Final = 1_000
_PLACES_PER_PAGE = 100_000
_CHARACTERS_PER_PAGE = 4_000_000
_MOST_COLUMNS = 16_384
_LONGEST_LINE = 8 * 1024**2
# A quoted value with more lines than this is a quotation mark that nobody closed.
_MOST_LINES_PER_ROW = 1_000
_WHOLE_FILE_BYTES = 64 * 1024**2
_SAMPLE_CHARACTERS = 100_000
_SAMPLE_ROWS = 200
_MOST_TITLES = 5
_HEADER_SAMPLE = 64

# Where two fit equally well the first is meant: "1,5;2,5" has semicolons between its values.
_DELIMITERS = "\t;|,"
_HINT = "sep="


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialect:
    delimiter: str
    quoted: bool = True

    @property
    def reason(self) -> str:
        name = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}.get(self.delimiter)
        marks = "" if self.quoted else ", quotation marks taken as written"
        return f"values parted by {name or repr(self.delimiter)}{marks}"


class _BrokenQuotes(Exception):
    """Read as quoted values, the file makes no sense."""


def open_document(path: Path, options: ParseOptions) -> OpenDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a file of delimited values. Raises `DamagedDocument` when it holds no text at all."""
    csv.field_size_limit(_CHARACTERS_PER_PAGE)
    stream = _open_text(path)
    dialect = _find_dialect(stream)
    findings: tuple[Finding, ...] = ()
    try:
        starts = _page_starts(stream, dialect)
    except (_BrokenQuotes, csv.Error):
        dialect = _Dialect(delimiter=dialect.delimiter, quoted=False)
        starts = _page_starts(stream, dialect)
        message = "A quotation mark is never closed; quotation marks were taken as written."
        findings = (Finding(page=None, code="unbalanced_quotes", message=message),)
    if not starts:
        raise DamagedDocument("The file holds no values.")
    return TypedDocument(
        page_count=len(starts),
        findings=findings,
        page=_page_reader(stream, dialect, starts),
        on_close=(stream.close,),
    )


def _open_text(path: Path) -> TextIO:
    if path.stat().st_size <= _WHOLE_FILE_BYTES:
        return io.StringIO(decode_text(path.read_bytes()), newline="")
    with path.open("rb") as file:
        head = file.read(1024**2)
    return path.open(encoding=_encoding(head), errors="replace", newline="")


def _encoding(head: bytes) -> str:
    """Of a file too large to be decoded at once, by its beginning."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return guess_encoding(head)
    return wide_encoding(head) or "utf-8-sig"


def _find_dialect(stream: TextIO) -> _Dialect:
    """The delimiter that gives most rows the same number of values; a first line `sep=;` says it (as for Excel)."""
    stream.seek(0)
    sample = stream.read(_SAMPLE_CHARACTERS)
    first = sample.split("\n", 1)[0].strip()
    if first.lower().startswith(_HINT) and len(first) == len(_HINT) + 1:
        return _Dialect(delimiter=first[-1])
    lines = sample.splitlines(keepends=True)[:_SAMPLE_ROWS]
    if len(lines) > 1 and len(sample) == _SAMPLE_CHARACTERS:
        lines.pop()
    best, best_share = ",", 0.0
    for delimiter in _DELIMITERS:
        share = _regularity(lines, delimiter)
        if share > best_share + 0.05:
            best, best_share = delimiter, share
    return _Dialect(delimiter=best)


def _regularity(lines: Sequence[str], delimiter: str) -> float:
    """Share of the rows that have the most frequent number of values, 0 where that is one.

    It counts little where quotation marks do not stand around whole values, as they do with the right delimiter.
    """
    weight = 1.0
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        weight = 0.2
        rows = [line.split(delimiter) for line in lines if line.strip()]
    counts = [len(row) for row in rows if row]
    widths = Counter(count for count in counts if count > 1)
    return weight * widths.most_common(1)[0][1] / len(counts) if widths else 0.0


def _records(stream: TextIO, dialect: _Dialect) -> Iterator[list[str]]:
    """Rows from where the stream stands, in canonical text; the stream then stands behind the row. Empty ones too."""
    lines = 0

    def counted() -> Iterator[str]:
        nonlocal lines
        while line := stream.readline(_LONGEST_LINE):
            lines += 1
            if lines > _MOST_LINES_PER_ROW and dialect.quoted:
                raise _BrokenQuotes
            yield line

    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE
    for row in csv.reader(counted(), delimiter=dialect.delimiter, quoting=quoting):
        lines = 0
        if len(row) > _MOST_COLUMNS:
            row = [*row[: _MOST_COLUMNS - 1], " ".join(row[_MOST_COLUMNS - 1 :])]
        yield row


def _page_starts(stream: TextIO, dialect: _Dialect) -> list[tuple[int, int]]:
    """Where the pages begin in the stream, and how many rows each has."""
    stream.seek(0)
    if stream.readline(_LONGEST_LINE).strip().lower() != _HINT + dialect.delimiter:
        stream.seek(0)
    starts: list[tuple[int, int]] = []
    start, rows, columns, characters, filled = stream.tell(), 0, 0, 0, False
    for row in _records(stream, dialect):
        rows += 1
        columns = max(columns, len(row))
        characters += sum(map(len, row))
        filled = filled or any(not value.isspace() for value in row if value)
        if rows == ROWS_PER_PAGE or rows * columns >= _PLACES_PER_PAGE or characters >= _CHARACTERS_PER_PAGE:
            if filled:
                starts.append((start, rows))
            start, rows, columns, characters, filled = stream.tell(), 0, 0, 0, False
    if filled:
        starts.append((start, rows))
    return starts


def _page_reader(stream: TextIO, dialect: _Dialect, starts: Sequence[tuple[int, int]]) -> Callable[[int], TypedPage]:
    derivation = Derivation(extractor="csv", version="1", confidence=1.0, reason=dialect.reason)

    def rows_of(number: int, most: int = ROWS_PER_PAGE) -> list[list[str]]:
        start, count = starts[number - 1]
        stream.seek(start)
        records = _records(stream, dialect)
        rows = [[clean_text(value) for value in next(records)] for _ in range(min(count, most))]
        return [row for row in rows if any(row)]

    @cache
    def names() -> tuple[str, ...]:
        """The names of the columns, which stand on the first page only."""
        rows = rows_of(1, _HEADER_SAMPLE)
        table = rows[_count_titles(rows) :]
        return _column_names(table[: _count_names(table)]) if table else ()

    def read(number: int) -> TypedPage:
        rows = rows_of(number)
        titles = _count_titles(rows) if number == 1 else 0
        blocks = [_title(row, derivation) for row in rows[:titles]]
        if len(rows) > titles:
            blocks.append(_table(rows[titles:], derivation, names() if number > 1 else None))
        return TypedPage(number=number, blocks=tuple(blocks), derivation=derivation)

    return read


def _count_titles(rows: Sequence[Sequence[str]]) -> int:
    """Rows at the top that hold one text, first in its row, above rows that hold more."""
    for index, row in enumerate(rows[: _MOST_TITLES + 1]):
        if sum(map(bool, row)) > 1:
            return index
        if not row[0] or is_value(row[0]):
            break
    return 0


def _title(row: Sequence[str], derivation: Derivation) -> Block:
    return Block(typed=TypedText(kind=ElementKind.PARAGRAPH, text=row[0], derivation=derivation))


def _table(rows: Sequence[Sequence[str]], derivation: Derivation, column_names: tuple[str, ...] | None) -> Block:
    """`column_names` are those of an earlier page that the table goes on from; None where it begins here."""
    columns = _width(rows)
    names = _count_names(rows) if column_names is None else 0
    cells = tuple(
        CellReading(row=index, column=column, text=value, header=index < names, bbox=None)
        for index, row in enumerate(rows)
        for column, value in enumerate(row[:columns])
    )
    table = TableReading(
        bbox=None,
        rows=len(rows),
        columns=columns,
        cells=cells,
        derivation=derivation,
        column_names=(*(column_names or ()), *[""] * columns)[:columns] if column_names else (),
    )
    return Block(table=table)


def _width(rows: Sequence[Sequence[str]]) -> int:
    return max(index + 1 for row in rows for index, value in enumerate(row) if value)


def _count_names(rows: Sequence[Sequence[str]]) -> int:
    """How many rows at the top hold the names of the columns."""
    columns = _width(rows)
    return count_header_rows([_header_cells(row, columns) for row in rows[:_HEADER_SAMPLE]])


def _column_names(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(" ".join(dict.fromkeys(filter(None, column))) for column in zip_longest(*rows, fillvalue=""))


def _header_cells(row: Sequence[str], columns: int) -> list[HeaderCell]:
    return [HeaderCell(text=row[column] if column < len(row) else "") for column in range(columns)]
