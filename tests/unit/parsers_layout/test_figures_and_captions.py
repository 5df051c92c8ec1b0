"""Pictures of figures, strips of one picture, captions and notes, headings above what is as wide as both columns."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from parsers.content import Pixels
from parsers.drafts import make_drafts
from parsers.figure_images import encode, with_images
from parsers.figure_places import find_figures
from parsers.model import Box, Derivation, ElementKind, TextSource
from parsers.policy import ParseOptions, ParsePolicy
from parsers.reading import Block, FigureReading, LineReading, PageReading, TableReading
from parsers.reading_order import arrange
from tests.unit.parsers_text.making import content, printed, style

HOW = Derivation(extractor="test", version="1", confidence=1.0, reason="typed by hand")
BALANCED = ParseOptions()


class Source:
    """A page that is one colour, and remembers what it was asked to draw."""

    native = None

    def __init__(self) -> None:
        self.asked: list[tuple[float, Box | None]] = []

    def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
        assert clip is not None
        self.asked.append((dpi, clip))
        width, height = (round((clip[side + 2] - clip[side]) * dpi / 72) for side in (0, 1))
        return Pixels(width=width, height=height, channels=3, samples=b"\x80" * (3 * width * height))


def line(text: str, top: float, *, size: float = 10.0, right: float = 500.0) -> LineReading:
    return LineReading(
        text=text,
        bbox=(72.0, top, right, top + size),
        baseline=top + 0.8 * size,
        size=size,
        bold=False,
        italic=False,
        monospace=False,
    )


def page(*blocks: Block) -> PageReading:
    return PageReading(
        number=1,
        width=600.0,
        height=800.0,
        rotation=0,
        text_source=TextSource.TEXT_LAYER,
        blocks=blocks,
        characters=1,
        tables_found=0,
        text=HOW,
    )


def text_block(*lines: LineReading, kind: ElementKind | None = None) -> Block:
    return Block(left=72.0, right=500.0, lines=lines, kind=kind)


PROSE = text_block(
    *(line("The harbour was dredged again in the spring of that long and rainy year", y) for y in (60, 72, 84))
)


def test_strips_that_touch_are_one_picture() -> None:
    strips = ((100.0, 100.0, 300.0, 150.0), (100.0, 150.0, 300.0, 200.0), (100.0, 200.2, 300.0, 250.0))
    found = find_figures(content(printed("Words", 72, 60), images=strips))
    assert [figure.bbox for figure in found] == [(100.0, 100.0, 300.0, 250.0)]


def test_strips_that_cover_the_page_are_its_background() -> None:
    strips = tuple((0.0, 100.0 * number, 600.0, 100.0 * number + 100) for number in range(8))
    assert find_figures(content(printed("Words", 72, 60), images=strips)) == ()


def test_pictures_beside_each_other_stay_apart() -> None:
    images = ((100.0, 100.0, 200.0, 200.0), (220.0, 100.0, 320.0, 200.0))
    assert len(find_figures(content(printed("Words", 72, 60), images=images))) == 2


def test_the_picture_of_a_figure_is_cut_out_within_the_page() -> None:
    source = Source()
    figure = FigureReading(bbox=(-20.0, 100.0, 52.0, 172.0), derivation=HOW)
    (result,) = with_images(replace(content(), source=source), [figure], BALANCED)
    assert source.asked == [(150.0, (0.0, 100.0, 52.0, 172.0))]
    assert result.image is not None
    assert (result.image.width, result.image.height) == (108, 150)
    assert result.derivation.price > 0


def test_a_picture_that_cannot_be_drawn_costs_only_itself() -> None:
    class Broken(Source):
        def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
            raise RuntimeError("damaged")

    figure = FigureReading(bbox=(0.0, 100.0, 72.0, 172.0), derivation=HOW)
    assert with_images(replace(content(), source=Broken()), [figure], BALANCED) == [figure]


def test_pictures_are_bounded() -> None:
    source = Source()
    figures = [FigureReading(bbox=(0.0, 0.0, 600.0, 700.0 + number), derivation=HOW) for number in range(50)]
    results = with_images(replace(content(), source=source), figures, BALANCED)
    images = [figure.image for figure in results if figure.image is not None]
    assert 0 < len(images) < 40
    assert sum(image.width * image.height for image in images) <= 16_000_000 * 1.01


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (ParseOptions(policy=ParsePolicy.FAST), 0),
        (ParseOptions(policy=ParsePolicy.BEST, page_budget=0.07), 2),
        (ParseOptions(), 3),
    ],
)
def test_pictures_cost_their_price(options: ParseOptions, count: int) -> None:
    figures = [FigureReading(bbox=(0.0, 0.0, 72.0, 72.0 + number), derivation=HOW) for number in range(3)]
    results = with_images(replace(content(), source=Source()), figures, options)
    assert sum(1 for figure in results if figure.image is not None) == count


def test_photographs_are_jpeg_and_drawings_png() -> None:
    noise = random.Random(7).randbytes(3 * 200 * 200)
    assert encode(Pixels(width=200, height=200, channels=3, samples=noise)).media_type == "image/jpeg"
    assert encode(Pixels(width=200, height=200, channels=3, samples=b"\xff" * 120_000)).media_type == "image/png"
    assert encode(Pixels(width=200, height=200, channels=1, samples=noise[:40_000])).media_type == "image/png"


def test_what_the_model_takes_for_a_caption_is_one_beside_a_figure_only() -> None:
    figure = Block(figure=FigureReading(bbox=(72.0, 120.0, 500.0, 300.0), derivation=HOW))
    caption = text_block(line("Winter traffic by route", 310, size=9), kind=ElementKind.CAPTION)
    with_figure = make_drafts([page(PROSE, figure, caption)])
    assert [draft.kind.value for draft in with_figure] == ["paragraph", "figure", "caption"]
    assert with_figure[2].caption_of == with_figure[1].name
    alone = make_drafts([page(PROSE, caption)])
    assert all(draft.kind is not ElementKind.CAPTION for draft in alone)


def test_a_caption_belongs_to_the_kind_that_it_names() -> None:
    table = Block(table=TableReading(bbox=(72.0, 100.0, 500.0, 200.0), rows=1, columns=1, cells=(), derivation=HOW))
    caption = text_block(line("Figure 2: Routes", 205, size=9))
    figure = Block(figure=FigureReading(bbox=(72.0, 400.0, 500.0, 500.0), derivation=HOW))
    drafts = make_drafts([page(table, caption, figure)])
    assert drafts[1].kind is ElementKind.CAPTION
    assert drafts[1].caption_of == drafts[2].name


def test_a_sentence_is_no_heading_whatever_the_model_says() -> None:
    sentence = text_block(line("The pier was closed in March.", 120), kind=ElementKind.HEADING)
    heading = text_block(line("Repairs of the pier", 150, right=180.0), kind=ElementKind.HEADING)
    drafts = make_drafts([page(PROSE, sentence, heading)])
    assert [draft.kind.value for draft in drafts] == ["paragraph", "paragraph", "heading"]


def test_notes_below_a_table_are_footnotes_and_stay_there() -> None:
    table = Block(table=TableReading(bbox=(72.0, 100.0, 500.0, 200.0), rows=1, columns=1, cells=(), derivation=HOW))
    source = text_block(line("Source: the harbour office's own count.", 196, size=7))
    notes = text_block(line("(a) Without season tickets.", 205, size=7), line("(b) Estimated.", 214, size=7))
    for below, count in ((notes,), 2), ((source, notes), 3):
        drafts = make_drafts([page(PROSE, table, *below, PROSE)])
        assert [draft.kind.value for draft in drafts] == ["paragraph", "table", *["footnote"] * count, "paragraph"]


def test_a_heading_above_something_as_wide_as_both_columns_is_read_after_them() -> None:
    left = [printed(f"left words {n} of a column that is set as prose", 60, 100 + 12 * n, right=280) for n in range(6)]
    right = [
        printed(f"right words {n} of a column that is set as prose", 320, 100 + 12 * n, right=540) for n in range(5)
    ]
    heading = printed("Losses of the year", 60, 200, right=180)
    heading = replace(heading, style=style(bold=True))
    wide = printed("The table below says what was lost in all of the harbours and on the way", 60, 214, right=540)
    texts = [
        piece.line.text
        for area in arrange([*left, *right, heading, wide])
        for row in area.rows
        for piece in row.pieces
        if piece.line is not None
    ]
    assert texts[-2:] == [heading.text, wide.text]
    plain = printed("Losses of the year", 60, 200, right=180)
    ordered = [
        piece.line.text
        for area in arrange([*left, *right, plain, wide])
        for row in area.rows
        for piece in row.pieces
        if piece.line is not None
    ]
    assert ordered.index(plain.text) < ordered.index(right[0].text)
