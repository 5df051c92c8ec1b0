"""Tables of a document as a person marked them up, and how far a reading has their cells.

Truth is read from NAME-str.xml beside NAME.pdf, in the form of the ICDAR 2013 table competition; where a document's
name ends in a or b there are two truths, and the better one counts. The measure is F1 of the relations of neighbouring
cells over the whole document (`parsers.table_agreement`), so a false table costs precision and a missed one recall.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from lxml import html as lxml_html

from parsers.extractors.base import ExtractedTable
from parsers.model import Document
from parsers.reading import CellReading
from parsers.table_agreement import Relations, agreement, relations

Cells = Sequence[CellReading]


def true_tables(path: Path) -> list[list[Cells]]:
    """The alternative truths of a PDF, each a list of tables; none where nobody marked it up."""
    core = re.sub(r"(?<=\d)[ab]$", "", path.stem)
    files = [
        file
        for file in sorted(path.parent.glob(f"{core}*-str.xml"))
        if re.fullmatch(rf"{re.escape(core)}[ab]?-str", file.stem)
    ]
    return [_marked_up(file) for file in files]


def _marked_up(file: Path) -> list[Cells]:
    return [
        [
            _cell(
                row=int(cell.attrib["start-row"]),
                column=int(cell.attrib["start-col"]),
                last_row=int(cell.get("end-row") or cell.attrib["start-row"]),
                last_column=int(cell.get("end-col") or cell.attrib["start-col"]),
                text=cell.findtext("content") or "",
            )
            for cell in region.findall("cell")
        ]
        for region in ElementTree.parse(file).getroot().iter("region")
    ]


def _cell(*, row: int, column: int, last_row: int, last_column: int, text: str) -> CellReading:
    return CellReading(
        row=row,
        column=column,
        row_span=last_row - row + 1,
        column_span=last_column - column + 1,
        text=text,
        bbox=None,
    )


def tables_of(document: Document) -> list[Cells]:
    """Tables of our own parse. One that runs over pages is one on each of them, as it is in the truth."""
    found: dict[tuple[str, int], list[CellReading]] = {}
    for element in document.elements:
        for cell in () if element.table is None else element.table.cells:
            found.setdefault((element.id, cell.page), []).append(
                _cell(
                    row=cell.row,
                    column=cell.column,
                    last_row=cell.row + cell.row_span - 1,
                    last_column=cell.column + cell.column_span - 1,
                    text=cell.text,
                )
            )
    return list(found.values())


def tables_of_html(source: str) -> list[Cells]:
    """Tables of an HTML fragment, spans laid out as a browser does."""
    if not source.strip():
        return []
    root = lxml_html.fragment_fromstring(source, create_parent="div")
    return [_html_cells(table) for table in root.iter("table")]


def _html_cells(table: lxml_html.HtmlElement) -> list[CellReading]:
    taken: set[tuple[int, int]] = set()
    cells: list[CellReading] = []
    for row, line in enumerate(table.iter("tr")):
        column = 0
        for cell in line.iterchildren("td", "th"):
            while (row, column) in taken:
                column += 1
            last_row = row + int(cell.get("rowspan", "1")) - 1
            last_column = column + int(cell.get("colspan", "1")) - 1
            taken |= {(i, j) for i in range(row, last_row + 1) for j in range(column, last_column + 1)}
            text = "".join(cell.itertext())
            cells.append(_cell(row=row, column=column, last_row=last_row, last_column=last_column, text=text))
    return cells


def table_f1(truths: Iterable[Sequence[Cells]], found: Sequence[Cells]) -> float:
    """F1 against the truth that fits best, from 0 to 1."""
    ours = _relations(found)
    return max(agreement(_relations(truth), ours) for truth in truths)


def _relations(tables: Sequence[Cells]) -> Relations:
    return relations([_comparable(cells) for cells in tables])


def _comparable(cells: Cells) -> ExtractedTable:
    return ExtractedTable(
        bbox=(0.0, 0.0, 0.0, 0.0),
        rows=max((cell.row + cell.row_span for cell in cells), default=0),
        columns=max((cell.column + cell.column_span for cell in cells), default=0),
        cells=tuple(replace(cell, text=_comparable_text(cell.text)) for cell in cells),
        words=(),
        confidence=1.0,
    )


def _comparable_text(text: str) -> str:
    """As the competition's measure has it: without white space and case, punctuation as one sign."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        character.upper() if character.isalnum() else "_"
        for character in plain
        if not character.isspace() and character != "\xad"
    )
