"""The layout model on pages made here: what it sees, when it is asked, and what its word changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parsers.backends.pdf import open_document
from parsers.content import PageContent, Pixels, Ruling
from parsers.layout import Layout, LayoutKind, LayoutRegion, find_layout, layout_needed, region_at
from parsers.model import Box, ElementKind, ParseOutcome
from parsers.policy import ParseOptions, ParsePolicy
from tests.support.in_process import parse_in_process
from tests.unit.parsers_layout.reports import CAPTION, CHART, MONTHS, PROSE, prose_only, report

PDF = "application/pdf"
FAST = ParseOptions(policy=ParsePolicy.FAST)
BALANCED = ParseOptions(policy=ParsePolicy.BALANCED)
BEST = ParseOptions(policy=ParsePolicy.BEST)


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.pdf"
    path.write_bytes(report())
    return path


@pytest.fixture(scope="module")
def page(report_file: Path) -> Iterator[PageContent]:
    with open_document(report_file, BALANCED) as document:
        yield document.read_content(1)


@pytest.fixture(scope="module")
def layout(page: PageContent) -> Layout:
    found = find_layout(page)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def outcome(report_file: Path) -> ParseOutcome:
    return parse_in_process(report_file, PDF, BALANCED)


def share_inside(box: Box, other: Box) -> float:
    across = min(box[2], other[2]) - max(box[0], other[0])
    down = min(box[3], other[3]) - max(box[1], other[1])
    return max(0.0, across) * max(0.0, down) / ((box[2] - box[0]) * (box[3] - box[1]))


def test_it_sees_the_parts_of_a_page(layout: Layout) -> None:
    kinds = {region.kind for region in layout.regions}
    assert {LayoutKind.TEXT, LayoutKind.TABLE, LayoutKind.PICTURE} <= kinds
    pictures = [region.bbox for region in layout.regions if region.kind is LayoutKind.PICTURE]
    assert max(share_inside(CHART, box) for box in pictures) > 0.6


def test_a_table_comes_with_its_grid(layout: Layout) -> None:
    (table,) = [region for region in layout.regions if region.kind is LayoutKind.TABLE]
    assert len(table.rows) == 4
    assert len(table.columns) == 3
    assert all(table.bbox[1] < place < table.bbox[3] for place in table.rows)
    assert all(table.bbox[0] < place < table.bbox[2] for place in table.columns)


def test_the_same_page_gives_the_same_layout(page: PageContent, layout: Layout) -> None:
    assert find_layout(page) == layout


def test_a_rotated_page_is_seen_as_its_reader_sees_it(tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / "rotated.pdf"
    path.write_bytes(report(rotation=90))
    with open_document(path, BALANCED) as document:
        turned = find_layout(document.read_content(1))
    assert turned is not None

    def table(found: Layout) -> Box:
        return next(region.bbox for region in found.regions if region.kind is LayoutKind.TABLE)

    assert table(turned) == pytest.approx(table(layout), abs=2.0)


def test_there_is_no_layout_without_a_page_of_pymupdf(page: PageContent) -> None:
    assert find_layout(replace(page, source=None)) is None


def test_a_page_that_breaks_the_model_has_no_layout(page: PageContent) -> None:
    class Broken:
        native = object()

        def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
            raise AssertionError

    assert find_layout(replace(page, source=Broken())) is None


@pytest.mark.parametrize("options", [FAST, BALANCED, BEST])
def test_plain_prose_asks_for_it_under_best_only(tmp_path: Path, options: ParseOptions) -> None:
    path = tmp_path / "prose.pdf"
    path.write_bytes(prose_only())
    with open_document(path, options) as document:
        needed, reason = layout_needed(document.read_content(1), options)
    assert needed is (options is BEST)
    assert reason


def test_signals_ask_for_it(page: PageContent) -> None:
    plain = replace(page, rulings=(), images=(), paths=0, lines=page.lines[:1])
    assert not layout_needed(plain, BALANCED)[0]
    picture = replace(plain, images=((100.0, 100.0, 300.0, 300.0),))
    background = replace(plain, images=((0.0, 0.0, plain.width, plain.height),))
    drawing = replace(plain, paths=500)
    grid = replace(
        plain,
        rulings=tuple(Ruling(x0=50.0, y0=y, x1=400.0, y1=y) for y in (100.0, 120.0, 140.0))
        + tuple(Ruling(x0=x, y0=100.0, x1=x, y1=140.0) for x in (50.0, 200.0, 400.0)),
    )
    assert [layout_needed(content, BALANCED)[0] for content in (picture, background, drawing, grid)] == [
        True,
        False,
        True,
        True,
    ]
    assert not layout_needed(picture, FAST)[0]
    assert not layout_needed(replace(picture, char_count=0), BALANCED)[0]


def test_the_smallest_region_around_a_point_counts() -> None:
    whole = LayoutRegion(kind=LayoutKind.TEXT, bbox=(0.0, 0.0, 100.0, 100.0), confidence=0.9)
    part = LayoutRegion(kind=LayoutKind.CAPTION, bbox=(10.0, 10.0, 50.0, 20.0), confidence=0.9)
    found = Layout(regions=(whole, part))
    assert region_at(found, 20.0, 15.0) is part
    assert region_at(found, 80.0, 80.0) is whole
    assert region_at(found, 150.0, 15.0) is None


def test_a_drawn_chart_is_a_figure_with_its_labels_and_its_picture(outcome: ParseOutcome) -> None:
    (figure,) = [element for element in outcome.document.elements if element.kind is ElementKind.FIGURE]
    assert set(MONTHS) <= set(figure.text.split())
    assert figure.bbox is not None
    assert share_inside(CHART, figure.bbox) > 0.8
    assert figure.image is not None
    assert figure.image.media_type == "image/png"
    assert outcome.images[figure.image.sha256].startswith(b"\x89PNG")
    text = outcome.document.text
    assert text.count("Jan") == 1
    assert all(text.count(line) == 2 for line in PROSE)


def test_a_caption_knows_its_figure(outcome: ParseOutcome) -> None:
    (caption,) = [element for element in outcome.document.elements if element.kind is ElementKind.CAPTION]
    (figure,) = [element for element in outcome.document.elements if element.kind is ElementKind.FIGURE]
    assert caption.text == CAPTION
    assert caption.parent == figure.id


def test_every_character_ends_in_an_element_at_its_offset(outcome: ParseOutcome) -> None:
    document = outcome.document
    assert document.ledger.text_coverage == 1.0
    assert all(document.text[element.start : element.end] == element.text for element in document.elements)


def test_fast_keeps_neither_charts_nor_pictures(report_file: Path) -> None:
    fast = parse_in_process(report_file, PDF, FAST)
    assert not fast.images
    assert all(element.kind is not ElementKind.FIGURE for element in fast.document.elements)
