"""Paragraphs that go on over a page break, as Documents: one element, a region on each page, text as printed."""

from __future__ import annotations

import pytest

from parsers.assembly import assemble_elements
from parsers.model import Element, ElementKind
from parsers.reading import LineReading, PageReading
from tests.unit.parsers_text.making import page_reading, reading_line

OPEN = "The harbour office has changed the fees for ferries that call at the northern pier, and will col-"


def _line(text: str, top: float, *, size: float = 10.0, bold: bool = False) -> LineReading:
    return reading_line(text, top, right=520.0, size=size, bold=bold)


def _page(number: int, *texts: LineReading) -> PageReading:
    header = reading_line("Harbour Office", 30)
    note = reading_line(f"1 Measured at the north gauge of pier {number}.", 760, size=7)
    return page_reading(number, header, *texts, note, reading_line(f"Page {number}", 810))


def _elements(*pages: PageReading) -> tuple[str, list[Element]]:
    text, elements, _ = assemble_elements(pages, "parse")
    return text, [e for e in elements if e.kind in (ElementKind.PARAGRAPH, ElementKind.LIST_ITEM, ElementKind.HEADING)]


def _first(last: str = OPEN) -> PageReading:
    return _page(
        1,
        *(_line(f"A full line of the first page, number {n}, runs to its end", 60 + 12 * n) for n in range(9)),
        _line(last, 168),
    )


def _second(first: str = "lect them in spring.", *, bold: bool = False, number: int = 2) -> PageReading:
    rest = [_line(f"Another full line of the second page, number {n} of it", 96 + 12 * n) for n in range(9)]
    return _page(number, _line(first, 60, bold=bold), *rest)


def test_a_sentence_that_goes_on_is_one_element_with_a_region_on_each_page() -> None:
    text, (joined, rest) = _elements(_first(), _second())
    assert joined.text.endswith("will col-\nlect them in spring.")
    assert [region.page for region in joined.regions] == [1, 2]
    assert [text[region.start : region.end].split("\n")[-1] for region in joined.regions] == [
        OPEN,
        "lect them in spring.",
    ]
    assert text[joined.start : joined.end] == joined.text
    assert rest.page == 2


@pytest.mark.parametrize(
    "second",
    [_second("Fees are paid in spring."), _second(bold=True), _second(number=3)],
    ids=["capital letter", "other weight", "page between is missing"],
)
def test_what_may_be_a_new_paragraph_is_one(second: PageReading) -> None:
    _, elements = _elements(_first(), second)
    assert all(len({region.page for region in element.regions}) == 1 for element in elements)


def test_a_sentence_that_ends_does_not_go_on() -> None:
    _, elements = _elements(
        _first("and so the fees for ferries at the northern pier were changed in the spring."), _second()
    )
    assert all(len(element.regions) == 1 for element in elements)


def test_a_short_last_line_ends_its_paragraph() -> None:
    short = reading_line("in winter and", 180)
    first = _first()
    lines = (*first.blocks[0].lines[:-2], short, *first.blocks[0].lines[-2:])
    _, elements = _elements(page_reading(1, *lines), _second())
    assert all(len({region.page for region in element.regions}) == 1 for element in elements)


def test_a_paragraph_may_fill_a_page_of_its_own_and_go_on() -> None:
    middle = _page(
        2, *(_line(f"and so it went on and on in line number {n} of the page", 60 + 12 * n) for n in range(9))
    )
    _, elements = _elements(_first(), middle, _second(number=3))
    assert [region.page for region in elements[0].regions] == [1, 2, 3]
