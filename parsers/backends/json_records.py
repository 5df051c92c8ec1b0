"""JSON and NDJSON as readable blocks: records with plain values as tables, everything else as headings and items.

Every key and value ends in the text as it is stored: numbers as written, `true`, `null`. A heading is the path of what
stands below it (`[3]`, `address`), so that the section path of an item leads to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from parsers.backends.base import OpenDocument, TypedDocument, TypedPage
from parsers.backends.text_bytes import decode_text
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.model import Derivation, ElementKind, Finding
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, CellReading, TableReading, TypedText

RECORDS_PER_PAGE: Final = 1_000
_VALUES_PER_PAGE = 20_000
_MOST_BYTES = 64 * 1024**2
_LINES_BYTES_PER_PAGE = 4 * 1024**2
_MOST_COLUMNS = 200
_HEADING_DEPTH = 6
_TOO_DEEP = "The file's values are nested too deep to be read."

Members = list[tuple[str, "Value"]]


@dataclass(frozen=True, slots=True)
class _Object:
    """An object with its members in order; a key may come twice."""

    members: Members


Value = str | bool | None | list["Value"] | _Object

_DERIVATION = Derivation(extractor="json", version="1", confidence=1.0, reason="values as stored")


def open_document(path: Path, options: ParseOptions) -> OpenDocument:  # noqa: ARG001  (nothing to choose here)
    """Open JSON, or values one per line. Raises `DamagedDocument` or `LimitExceeded`."""
    if path.stat().st_size <= _MOST_BYTES:
        text = decode_text(path.read_bytes())
        try:
            return _whole(_decode(text))
        except json.JSONDecodeError as error:
            if not _is_json(text.strip().split("\n", 1)[0]):
                message = f"The file is no valid JSON: {error.msg} in line {error.lineno}, column {error.colno}."
                raise DamagedDocument(message) from error
    return _lines(path)


def _decode(text: str) -> Value:
    try:
        found: Value = json.loads(
            text,
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=_Object,
        )
    except RecursionError as error:
        raise LimitExceeded(_TOO_DEEP) from error
    return found


def _is_json(line: str) -> bool:
    try:
        _decode(line)
    except ValueError:
        return False
    return True


def _whole(value: Value) -> OpenDocument:
    records = value if isinstance(value, list) else [value]
    numbered = isinstance(value, list)
    ranges = _page_ranges(records)

    def page(number: int) -> TypedPage:
        first, last = ranges[number - 1]
        names = [f"[{index}]" for index in range(first, last)] if numbered else [""]
        return _page(number, names, records[first:last])

    return TypedDocument(page_count=len(ranges), page=page)


def _page_ranges(records: Sequence[Value]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    first = values = 0
    for index, record in enumerate(records):
        values += _count(record)
        if index + 1 - first == RECORDS_PER_PAGE or values >= _VALUES_PER_PAGE:
            ranges.append((first, index + 1))
            first, values = index + 1, 0
    if first < len(records) or not ranges:
        ranges.append((first, len(records)))
    return ranges


def _count(value: Value) -> int:
    total, waiting = 0, [value]
    while waiting:
        item = waiting.pop()
        total += 1
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, _Object):
            waiting += [member for _, member in item.members]
    return total


def _lines(path: Path) -> OpenDocument:
    """One value per line. The file stays open: opening notes where each page begins."""
    file = path.open("rb")
    starts = list(_line_pages(file))
    if not starts:
        file.close()
        raise DamagedDocument("The file holds no values.")
    return TypedDocument(page_count=len(starts), page=_line_reader(file, starts), on_close=(file.close,))


def _line_pages(file: BinaryIO) -> Iterator[tuple[int, int, int]]:
    """Of every page: where it begins, how many lines it has, and the number of its first line from 1."""
    start = position = lines = 0
    first = 1
    while line := file.readline(_MOST_BYTES):
        position += len(line)
        lines += 1
        if lines == RECORDS_PER_PAGE or position - start >= _LINES_BYTES_PER_PAGE:
            yield start, lines, first
            start, first, lines = position, first + lines, 0
    if lines:
        yield start, lines, first


def _line_reader(file: BinaryIO, starts: Sequence[tuple[int, int, int]]) -> Callable[[int], TypedPage]:
    def read(number: int) -> TypedPage:
        start, count, first = starts[number - 1]
        file.seek(start)
        names: list[str] = []
        records: list[Value] = []
        broken: list[Finding] = []
        for line_number in range(first, first + count):
            line = decode_text(file.readline(_MOST_BYTES)).strip()
            if not line:
                continue
            names.append(f"[{line_number - 1}]")
            try:
                records.append(_decode(line))
            except ValueError:
                records.append(line)
                message = f"Line {line_number} is no valid JSON and stands here as written."
                broken.append(Finding(page=number, code="line_not_json", message=message))
        return _page(number, names, records, broken[:20])

    return read


def _page(number: int, names: Sequence[str], records: Sequence[Value], findings: Sequence[Finding] = ()) -> TypedPage:
    blocks: list[Block] = []
    try:
        if names != [""] and _is_table(records):
            blocks.append(_table(records))
        else:
            for name, record in zip(names, records, strict=True):
                _write(blocks, name if _plain(record) is None else "", record, level=1)
    except RecursionError as error:
        raise LimitExceeded(_TOO_DEEP) from error
    return TypedPage(number=number, blocks=tuple(blocks), derivation=_DERIVATION, findings=tuple(findings))


def _write(blocks: list[Block], name: str, value: Value, level: int) -> None:
    """`value` under its name: an item, a table, or a heading with what is below it."""
    plain = _plain(value)
    if plain is not None:
        _add(blocks, ElementKind.LIST_ITEM, f"{name}: {plain}" if name else plain, max(0, level - _HEADING_DEPTH - 1))
        return
    if name:
        kind = ElementKind.HEADING if level <= _HEADING_DEPTH else ElementKind.LIST_ITEM
        _add(blocks, kind, name, level if level <= _HEADING_DEPTH else level - _HEADING_DEPTH - 1)
    inner = level + 1 if name else level
    if isinstance(value, list):
        _write_list(blocks, name, value, inner)
    elif isinstance(value, _Object):
        # Plain values first: below the heading of a nested one they would seem to belong to it.
        for key, member in sorted(value.members, key=lambda item: _plain(item[1]) is None):
            _write(blocks, clean_text(key) or '""', member, inner)


def _write_list(blocks: list[Block], name: str, items: Sequence[Value], level: int) -> None:
    if len(items) > 1 and _is_table(items):
        blocks.append(_table(items))
        return
    for index, item in enumerate(items):
        _write(blocks, f"{name}[{index}]" if _plain(item) is None else "", item, level)


def _is_table(records: Sequence[Value]) -> bool:
    """Objects with plain values (or empty ones), with keys in common, each key once."""
    columns: set[str] = set()
    filled = 0
    for record in records:
        if not isinstance(record, _Object) or not record.members:
            return False
        keys = {key for key, member in record.members if _plain(member) is not None}
        if len(keys) < len(record.members):
            return False
        columns |= keys
        filled += len(keys)
        if len(columns) > _MOST_COLUMNS:
            return False
    return bool(records) and filled >= 0.3 * len(columns) * len(records)


def _plain(value: Value) -> str | None:
    """The text of a value that holds no others; None for one that does."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, _Object):
        return None if value.members else "{}"
    return None if value else "[]"


def _table(records: Sequence[Value]) -> Block:
    objects = [record for record in records if isinstance(record, _Object)]
    columns = {
        key: index for index, key in enumerate(dict.fromkeys(key for item in objects for key, _ in item.members))
    }
    names = [
        CellReading(row=0, column=column, text=clean_text(key), header=True, bbox=None)
        for key, column in columns.items()
    ]
    cells = [
        CellReading(row=row, column=columns[key], text=clean_text(_plain(member) or ""), bbox=None)
        for row, item in enumerate(objects, start=1)
        for key, member in item.members
    ]
    table = TableReading(
        bbox=None, rows=len(objects) + 1, columns=len(columns), cells=(*names, *cells), derivation=_DERIVATION
    )
    return Block(table=table)


def _add(blocks: list[Block], kind: ElementKind, text: str, level: int) -> None:
    lines = [line for line in map(clean_text, re.split(r"[\n\r]+", text)) if line]
    if lines:
        blocks.append(Block(typed=TypedText(kind=kind, text="\n".join(lines), level=level, derivation=_DERIVATION)))
