"""What runs on a page, what is accepted, and that every decision can be read afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parsers import routing, table_choice
from parsers.content import PageContent, Word
from parsers.extractors.base import ExtractedTable, Extraction, PageRegion, RegionKind
from parsers.extractors.text_layer import TextLayerExtractor
from parsers.model import TextSource
from parsers.page_reading import read_page
from parsers.policy import ParsePolicy
from parsers.reading import CellReading
from parsers.routing import ROUTES, route
from tests.support.in_process import FAST
from tests.unit.parsers_text.making import content, printed

PAGE = content(printed("Before the table", 60, 100), printed("Cell one", 60, 120), printed("After the table", 60, 140))


class FakeFinder:
    """Proposes what it is told, or breaks down."""

    name, version, price = "fake_finder", "7", 0.5

    def __init__(self, *tables: ExtractedTable, fault: Exception | None = None) -> None:
        self._tables, self._fault = tables, fault

    def extract(self, page: PageContent, region: PageRegion) -> Extraction:
        if self._fault is not None:
            raise self._fault
        return Extraction(tables=self._tables, confidence=1.0)


def proposal(*words: Word, confidence: float = 0.9) -> ExtractedTable:
    cells = tuple(CellReading(row=0, column=n, text=word.text, bbox=word.bbox) for n, word in enumerate(words))
    return ExtractedTable(
        bbox=words[0].bbox if words else (0, 0, 1, 1),
        rows=1,
        columns=max(1, len(words)),
        cells=cells,
        words=words,
        confidence=confidence,
    )


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    def use(*finders: FakeFinder, likely: bool = True) -> None:
        routes = {RegionKind.TEXT: (TextLayerExtractor(),), RegionKind.TABLES: finders}
        monkeypatch.setattr(routing, "ROUTES", {ParsePolicy.FAST: routes})
        monkeypatch.setattr(table_choice, "table_likely", lambda page: (likely, "because the test says so"))

    return use


def test_an_accepted_table_takes_its_words_out_of_the_lines(finder) -> None:  # type: ignore[no-untyped-def]
    words = PAGE.lines[1].words
    finder(FakeFinder(proposal(*words)))
    routed = route(PAGE, FAST)
    assert [line.text for line in routed.lines] == ["Before the table", "After the table"]
    derivation = routed.tables[0].derivation
    assert (derivation.extractor, derivation.version, derivation.price) == ("fake_finder", "7", 0.5)
    assert "because the test says so" in derivation.reason
    assert [attempt.outcome for attempt in derivation.attempts] == ["accepted"]


def test_a_line_that_loses_its_middle_becomes_two(finder) -> None:  # type: ignore[no-untyped-def]
    finder(FakeFinder(proposal(PAGE.lines[0].words[1])))
    assert [line.text for line in route(PAGE, FAST).lines] == [
        "Before",
        "table",
        "Cell one",
        "After the table",
    ]


def test_what_is_not_accepted_stays_text_and_is_written_down(finder) -> None:  # type: ignore[no-untyped-def]
    words = PAGE.lines[1].words
    finder(FakeFinder(proposal(*words, confidence=0.2), proposal(), proposal(*words), proposal(words[0])))
    routed = route(PAGE, FAST)
    assert len(routed.tables) == 1
    assert routed.tables_found == 4
    outcomes = [attempt.outcome for attempt in routed.text.attempts]
    assert [outcome.split(":")[0] for outcome in outcomes] == ["rejected"] * 3
    assert ["confidence" in outcome for outcome in outcomes] == [True, False, False]


def test_an_extractor_that_breaks_down_costs_its_tables_only(finder) -> None:  # type: ignore[no-untyped-def]
    finder(FakeFinder(fault=KeyError("secret of the document")))
    routed = route(PAGE, FAST)
    assert len(routed.lines) == 3 and routed.tables == () and routed.tables_found == 0
    assert [finding.code for finding in routed.findings] == ["extractor_failed"]
    assert "secret" not in str(routed)


def test_no_finder_runs_where_no_table_is_expected(finder) -> None:  # type: ignore[no-untyped-def]
    finder(FakeFinder(fault=AssertionError("must not run")), likely=False)
    routed = route(PAGE, FAST)
    assert routed.findings == ()
    assert "No table expected: because the test says so" in routed.text.reason


def test_unknown_glyphs_lower_the_confidence_and_are_a_finding() -> None:
    routed = route(replace(PAGE, unmapped=20), FAST)
    assert [finding.code for finding in routed.findings] == ["garbled_text"]
    assert routed.text.confidence == pytest.approx(1 - 20 / PAGE.char_count, abs=1e-3)


def test_text_drawn_as_outlines_is_not_taken_for_a_blank_page() -> None:
    assert [finding.code for finding in route(content(), FAST).findings] == []
    outlined = replace(content(), paths=500)
    assert [finding.code for finding in route(outlined, FAST).findings] == ["no_text_layer"]


def test_pictures_become_figures_unless_small_inside_another_or_behind_the_text() -> None:
    pictures = (
        (0.0, 0.0, 600.0, 790.0),
        (50.0, 200.0, 350.0, 400.0),
        (60.0, 210.0, 200.0, 300.0),
        (5.0, 5.0, 15.0, 15.0),
    )
    page = content(printed("Text over a background", 60, 100), images=pictures)
    assert [figure.bbox for figure in route(page, FAST).figures] == [(50.0, 200.0, 350.0, 400.0)]


def test_a_reading_knows_its_columns_gaps_and_marks() -> None:
    reading = read_page(
        content(printed("Net sales", 60, 100), printed("1,204", 400, 100), printed("1,100", 480, 100)), FAST
    )
    line = reading.blocks[0].lines[0]
    assert line.text == "Net sales 1,204 1,100"
    assert line.wide_gaps == 2
    assert (reading.characters, reading.text_source) == (18, TextSource.TEXT_LAYER)


def test_every_policy_has_a_route_for_every_kind_of_region() -> None:
    assert set(ROUTES) == set(ParsePolicy)
    assert all(routes[kind] for routes in ROUTES.values() for kind in RegionKind)
