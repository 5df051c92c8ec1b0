"""Tables in the styles of official statistics are read as a person reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from parsers.extractors.base import ExtractedTable
from parsers.extractors.table_grid import find_tables
from parsers.table_agreement import agreement, relations
from parsers.table_choice import ACCEPTED_CONFIDENCE
from parsers.table_signals import table_likely
from tests.unit.parsers_tables.styles import STYLES, Sheet


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.__name__)
def test_every_cell_has_its_neighbours(style: Callable[[], Sheet]) -> None:
    sheet = style()
    content = sheet.content()
    assert table_likely(content)[0]
    found = [table for table in find_tables(content) if table.confidence >= ACCEPTED_CONFIDENCE]
    truth = [
        ExtractedTable(bbox=(0, 0, 0, 0), rows=0, columns=0, cells=tuple(cells), words=(), confidence=1.0)
        for cells in sheet.tables
    ]
    assert len(found) == len(truth)
    for table, true in zip(found, truth, strict=True):
        assert agreement(relations([table]), relations([true])) == 1.0
