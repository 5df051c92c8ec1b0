"""OpenDocument spreadsheets made by this project: the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.support.office_packages import ods

AUTOMATIC: Final = (
    '<style:style style:name="bold" style:family="table-cell"><style:text-properties fo:font-weight="bold"/>'
    "</style:style>"
    '<style:style style:name="secret" style:family="table"><style:table-properties table:display="false"/>'
    "</style:style>"
)


def _cell(text: str, attributes: str = "", inner: str = "") -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p>{inner}</table:table-cell>"


def _row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def figures() -> bytes:
    """Values as shown and as stored, formulas, a span, a link, a comment; hidden rows, columns and sheets."""
    name = 'table:style-name="bold" office:value-type="string"'
    note = "<office:annotation><dc:creator>Ada</dc:creator><text:p>Preliminary</text:p></office:annotation>"
    linked = _cell('<text:a xlink:href="https://example.org/south">South</text:a>', 'office:value-type="string"')
    rows = (
        _row(_cell("Sales by region", 'table:number-columns-spanned="3"'), "<table:covered-table-cell/>"),
        _row(_cell("Region", name), _cell("Share", name), _cell("Day", name), _cell("Secret", name)),
        _row(
            _cell("North", 'office:value-type="string"', note),
            _cell("7.3%", 'office:value-type="percentage" office:value="0.0725"'),
            _cell("31 Jan 2024", 'office:value-type="date" office:date-value="2024-01-31"'),
            _cell("x"),
        ),
        _row(
            linked,
            _cell(
                "1,577", 'office:value-type="float" office:value="1577" table:formula="of:=SUM([.B2:.B3];[$Old.A1])"'
            ),
            _cell("TRUE", 'office:value-type="boolean" office:boolean-value="true" table:number-columns-repeated="2"'),
        ),
        _row(_cell("hidden row"), attributes='table:visibility="collapse"'),
        _row('<table:table-cell table:number-columns-repeated="16384"/>', attributes='table:number-rows-repeated="9"'),
        _row(_cell("Apart"), _cell("1"), attributes='table:number-rows-repeated="2"'),
        _row("<table:table-cell/>", attributes='table:number-rows-repeated="1048000"'),
    )
    columns = '<table:table-column table:number-columns-repeated="3"/><table:table-column table:visibility="collapse"/>'
    secret = _row(_cell("not for everyone"))
    return ods(
        f'<table:table table:name="Übersicht">{columns}{"".join(rows)}</table:table>'
        f'<table:table table:name="Secret" table:style-name="secret">{secret}</table:table>'
        '<table:table table:name="Empty"/>',
        AUTOMATIC,
    )


SOURCES: Final[Mapping[str, Callable[[], bytes]]] = {"figures": figures}
