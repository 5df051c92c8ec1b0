"""Tables over page breaks: joined where they go on, left alone where another table begins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parsers.drafts import Draft
from parsers.model import Derivation, ElementKind
from parsers.reading import CellReading, LineReading, TableReading
from parsers.table_joining import join_tables

HEADING = ("", "2022", "2021")
_DERIVATION = Derivation(extractor="table_grid", version="1", confidence=0.9, reason="It looks like one.", price=0.01)


def _table(rows: list[tuple[str, ...]], *, headings: int, left: float = 50.0) -> TableReading:
    cells = tuple(
        CellReading(
            row=r,
            column=c,
            header=r < headings,
            text=text,
            bbox=(left + 100 * c, 20.0 * r, left + 100 * c + 40, 20.0 * r + 10) if text else None,
        )
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    box = (left, 0.0, left + 240, 20.0 * len(rows))
    return TableReading(bbox=box, rows=len(rows), columns=len(rows[0]), cells=cells, derivation=_DERIVATION)


def _draft(page: int, table: TableReading) -> Draft:
    return Draft(page=page, kind=ElementKind.TABLE, derivation=_DERIVATION, tables=((page, table),))


def _text(page: int, text: str, kind: ElementKind = ElementKind.PARAGRAPH) -> Draft:
    line = LineReading(text=text, bbox=(0, 0, 10, 10), baseline=8, size=10, bold=False, italic=False, monospace=False)
    return Draft(page=page, kind=kind, derivation=_DERIVATION, runs=((line,),))


FIRST = _table([HEADING, ("Cash", "1", "2"), ("Stock", "3", "4")], headings=1)
NEXT = _table([("Land", "5", "6"), ("Total", "9", "12")], headings=0)
REPEATED = _table([HEADING, ("Land", "5", "6")], headings=0)


def test_a_table_goes_on_past_furniture_and_notes() -> None:
    between = [
        _text(1, "1 See the notes.", ElementKind.FOOTNOTE),
        _text(1, "17", ElementKind.FOOTER),
        _text(2, "Annual report", ElementKind.HEADER),
    ]
    joined = join_tables([_draft(1, FIRST), *between, _draft(2, NEXT)])
    assert [draft.kind for draft in joined] == [ElementKind.TABLE, *(draft.kind for draft in between)]
    assert [(page, table.rows) for page, table in joined[0].tables] == [(1, 3), (2, 2)]
    assert "page 2" in joined[0].derivation.reason


def test_over_three_pages() -> None:
    (joined,) = join_tables([_draft(1, FIRST), _draft(2, NEXT), _draft(3, NEXT)])
    assert [page for page, _ in joined.tables] == [1, 2, 3]


def test_repeated_headings_are_kept_and_marked() -> None:
    (joined,) = join_tables([_draft(1, FIRST), _draft(2, REPEATED)])
    part = joined.tables[1][1]
    assert part.rows == 2
    assert all(cell.header for cell in part.cells if cell.row == 0)
    assert not any(cell.header for cell in part.cells if cell.row == 1)


def test_a_line_that_says_continued_does_not_part_them() -> None:
    joined = join_tables([_draft(1, FIRST), _text(2, "Table 4 (continued)"), _draft(2, NEXT)])
    assert [len(draft.tables) for draft in joined] == [2, 0]


def test_margins_may_differ() -> None:
    moved = _table([("Land", "5", "6"), ("Total", "9", "12")], headings=0, left=75.0)
    (joined,) = join_tables([_draft(1, FIRST), _draft(2, moved)])
    assert len(joined.tables) == 2


OTHER_COLUMNS = replace(
    NEXT,
    cells=tuple(
        replace(cell, bbox=None if cell.bbox is None else (cell.bbox[0] / 3, cell.bbox[1], cell.bbox[2] / 3, 9.0))
        for cell in NEXT.cells
    ),
)


@pytest.mark.parametrize(
    "drafts",
    [
        pytest.param([_draft(1, FIRST), _text(1, "Some text."), _draft(2, NEXT)], id="text below the first"),
        pytest.param([_draft(1, FIRST), _text(2, "Some text."), _draft(2, NEXT)], id="text above the second"),
        pytest.param([_draft(1, FIRST), _draft(3, NEXT)], id="a page between"),
        pytest.param([_draft(1, FIRST), _draft(1, NEXT)], id="one page"),
        pytest.param(
            [_draft(1, FIRST), _draft(2, _table([("", "Q1", "Q2"), ("Land", "5", "6")], headings=1))],
            id="another heading",
        ),
        pytest.param([_draft(1, FIRST), _draft(2, OTHER_COLUMNS)], id="columns elsewhere"),
        pytest.param([_draft(1, FIRST), _draft(2, _table([("Land", "5")], headings=0))], id="fewer columns"),
        pytest.param([_draft(1, replace(FIRST, bbox=None)), _draft(2, NEXT)], id="no geometry"),
    ],
)
def test_tables_that_stay_apart(drafts: list[Draft]) -> None:
    assert join_tables(drafts) == drafts
