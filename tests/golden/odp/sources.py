"""OpenDocument presentations made by this project: the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.support.office_packages import odp

COMMON: Final = (
    '<style:page-layout style:name="wide"><style:page-layout-properties fo:page-width="10in" '
    'fo:page-height="5.625in"/></style:page-layout>'
)
MASTERS: Final = '<style:master-page style:name="Default" style:page-layout-name="wide"/>'
AUTOMATIC: Final = (
    '<style:style style:name="off" style:family="drawing-page"><style:drawing-page-properties '
    'presentation:visibility="hidden"/></style:style>'
    '<text:list-style style:name="L1"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/>'
    '<text:list-level-style-bullet text:level="2" text:bullet-char="•"/></text:list-style>'
)


def _frame(content: str, place: tuple[int, int, int, int], role: str = "") -> str:
    x, y, width, height = place
    named = f'presentation:class="{role}" ' if role else ""
    return (
        f'<draw:frame {named}svg:x="{x}pt" svg:y="{y}pt" svg:width="{width}pt" svg:height="{height}pt">{content}'
        "</draw:frame>"
    )


def _box(text: str) -> str:
    return f"<draw:text-box>{text}</draw:text-box>"


def _slide(content: str, attributes: str = "") -> str:
    return f'<draw:page draw:master-page-name="Default" {attributes}>{content}</draw:page>'


def report() -> bytes:
    """Titles, nested lists, a table, shapes out of order and off the slide, notes, comments, a hidden slide."""
    items = (
        '<text:list text:style-name="L1"><text:list-item><text:p>Tides</text:p><text:list><text:list-item>'
        "<text:p>Spring tides</text:p></text:list-item></text:list></text:list-item></text:list>"
    )
    cells = [f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("Quay", "Ships", "N", "12")]
    table = (
        f"<table:table><table:table-row>{cells[0]}{cells[1]}</table:table-row>"
        f"<table:table-row>{cells[2]}{cells[3]}</table:table-row></table:table>"
    )
    spoken = _frame(_box("<text:p>Speak slowly.</text:p>"), (0, 0, 9, 9), "notes")
    notes = f"<presentation:notes>{spoken}</presentation:notes>"
    first = _slide(
        _frame(_box("<text:p>1</text:p>"), (600, 380, 50, 20), "page-number")
        + _frame(_box("<text:p>Below</text:p>"), (20, 300, 100, 20))
        + _frame(_box(items), (20, 100, 300, 100), "outline")
        + _frame(_box("<text:p>The</text:p><text:p>Harbour</text:p>"), (20, 10, 600, 50), "title")
        + '<draw:g><draw:custom-shape svg:x="400pt" svg:y="100pt" svg:width="90pt" svg:height="90pt">'
        "<text:p>In a shape</text:p></draw:custom-shape></draw:g>"
        + notes
        + "<office:annotation><dc:creator>Ada</dc:creator><text:p>Newer map?</text:p></office:annotation>",
        'draw:name="page1"',
    )
    second = _slide(
        _frame(_box("<text:p>Ships</text:p>"), (20, 10, 600, 50), "title")
        + _frame(table, (20, 100, 300, 100))
        + _frame(_box("<text:p>Nobody sees this</text:p>"), (800, 100, 90, 90)),
        'draw:name="Numbers"',
    )
    return odp(
        first + second + _slide(_frame(_box("<text:p>Draft</text:p>"), (1, 1, 9, 9)), 'draw:style-name="off"'),
        AUTOMATIC,
        COMMON,
        MASTERS,
    )


SOURCES: Final[Mapping[str, Callable[[], bytes]]] = {"report": report}
