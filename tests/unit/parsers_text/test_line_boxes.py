"""A line's box holds its own words' centres and, where lines do not collide, nothing of its neighbours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from parsers.line_boxes import Neighbourhood, tight_box, union
from parsers.model import Box


def overlaps(box: Box, other: Box) -> bool:
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def row(top: float, height: float, words: int = 3) -> list[Box]:
    return [(50 + 40 * n, top, 85 + 40 * n, top + height) for n in range(words)]


@given(
    size=st.floats(4, 40),
    leading=st.floats(0.75, 2.0),
    extent=st.floats(1.0, 1.45),
    count=st.integers(2, 7),
)
def test_boxes_of_close_lines_keep_apart_and_keep_their_own(
    size: float, leading: float, extent: float, count: int
) -> None:
    rows = [row(100 + n * leading * size, extent * size) for n in range(count)]
    neighbourhood = Neighbourhood(box for words in rows for box in words)
    for index, words in enumerate(rows):
        box = tight_box(words, neighbourhood)
        for word in words:
            assert box[1] <= (word[1] + word[3]) / 2 <= box[3]
        # As long as a line is not set over more than half of the other one, no part of it is in the box.
        if leading > extent / 2 + 0.02:
            others = [word for other, row_words in enumerate(rows) if other != index for word in row_words]
            assert not any(overlaps(box, other) for other in others)


def test_a_line_alone_keeps_its_whole_box() -> None:
    words = row(100, 12)
    assert tight_box(words, Neighbourhood(words)) == union(words)


def test_lines_in_another_column_do_not_matter() -> None:
    words = row(100, 12)
    aside: list[Box] = [(300, 95, 400, 107)]
    assert tight_box(words, Neighbourhood([*words, *aside])) == union(words)


def test_text_that_runs_upwards_is_cut_at_its_sides() -> None:
    own: list[Box] = [(100, 50, 112, 90), (100, 95, 112, 130)]
    neighbour: Box = (110, 50, 122, 130)
    left, top, right, bottom = tight_box(own, Neighbourhood([*own, neighbour]), upright=False)
    assert (left, top, bottom) == (100, 50, 130)
    assert 106 < right < 110
