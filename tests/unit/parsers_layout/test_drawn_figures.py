"""Drawn charts: what belongs to them, on pages of which the drawing and the layout are given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from parsers.content import PageContent, Pixels, PrintedLine
from parsers.figure_places import PlacedFigure, place_figures
from parsers.layout import Layout, LayoutKind, LayoutRegion
from parsers.model import Box
from tests.unit.parsers_text.making import content, printed


@dataclass(frozen=True)
class Matrix:
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0


@dataclass(frozen=True)
class Native:
    """What figure places asks of a page of PyMuPDF."""

    log: list[tuple[str, Box]]
    rotation_matrix: Matrix = field(default_factory=Matrix)

    def get_bboxlog(self) -> list[tuple[str, Box]]:
        return self.log


@dataclass(frozen=True)
class Source:
    native: Native

    def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
        raise AssertionError("nothing is drawn here")


def _bars(left: float, top: float, right: float, bottom: float) -> list[tuple[str, Box]]:
    """A frame and eight bars in it."""
    step = (right - left) / 8
    bars = [(left + step * n, top + 20, left + step * (n + 0.7), bottom) for n in range(8)]
    return [("stroke-path", (left, top, right, bottom)), *(("fill-path", bar) for bar in bars)]


def _place(
    lines: list[PrintedLine], log: list[tuple[str, Box]], *pictures: Box, matrix: Matrix | None = None
) -> list[PlacedFigure]:
    native = Native(log=log, rotation_matrix=matrix or Matrix())
    page: PageContent = replace(content(*lines), source=Source(native))
    regions = tuple(LayoutRegion(kind=LayoutKind.PICTURE, bbox=box, confidence=0.9) for box in pictures)
    return place_figures(page, Layout(regions=regions), (), lines, ())


def _labels(figure: PlacedFigure) -> list[str]:
    return [line.text for line in figure.labels]


def test_short_titles_are_labels_and_notes_and_captions_are_not() -> None:
    lines = [
        printed("Portugal versus Germany (bp)", 150, 190),
        printed("450", 102, 210),
        printed("Jan-08", 110, 318),
        printed("Source: Bank, our calculations", 102, 330),
        printed("Figure 15 (data until 7 July)", 120, 339),
    ]
    (figure,) = _place(lines, _bars(100, 180, 300, 340), (98, 178, 302, 342))
    assert _labels(figure) == ["Portugal versus Germany (bp)", "450", "Jan-08"]


def test_a_group_of_charts_is_one_figure_for_each() -> None:
    left, right = (80, 180, 290, 340), (300, 180, 510, 340)
    lines = [printed("Spain", 380, 195), printed("Portugal", 160, 195)]
    placed = _place(lines, [*_bars(*left), *_bars(*right)], (80, 178, 512, 342), left, right)
    assert sorted((figure.figure.bbox, _labels(figure)) for figure in placed) == [
        (left, ["Portugal"]),
        (right, ["Spain"]),
    ]


def test_what_lies_behind_the_page_is_no_part_of_a_chart() -> None:
    strips: list[tuple[str, Box]] = [("fill-image", (0, 80.0 * n, 600, 80.0 * n + 80)) for n in range(3, 6)]
    (figure,) = _place([], [*strips, *_bars(100, 250, 300, 400)], (98, 248, 302, 402))
    assert figure.figure.bbox == (100, 250, 300, 400)


def test_the_drawing_of_a_turned_page_is_where_its_reader_sees_it() -> None:
    """A quarter turn clockwise: what the file has at (x, y) of a page 600 wide is seen at (800 - y, x)."""
    turned = Matrix(a=0.0, b=1.0, c=-1.0, d=0.0, e=800.0)
    (figure,) = _place([], _bars(100, 400, 300, 500), (298, 98, 402, 302), matrix=turned)
    assert figure.figure.bbox == (300, 100, 400, 300)


def test_prose_in_a_drawn_frame_is_no_chart() -> None:
    prose = [
        printed("a line of running prose that is longer than the name of any axis is", 105, 200 + 12 * n)
        for n in range(9)
    ]
    assert _place(prose, _bars(100, 180, 500, 340), (98, 178, 502, 342)) == []
