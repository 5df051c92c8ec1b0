"""Workbooks made by this project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.support.sheets_and_slides import (
    DRAWING_NAMES,
    SHEET_NAMES,
    chart,
    number_styles,
    png,
    relations,
    rows,
    xlsx,
)


def figures() -> bytes:
    """Formats, formulas (plain, shared, without a result), spans, links, a hidden row and column, a hidden sheet."""
    styles = number_styles("0.0%", "#,##0.00_);(#,##0.00)", "d mmm yyyy")
    sheet = (
        '<cols><col min="5" max="5" hidden="1"/></cols><sheetData>'
        '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'
        '<row r="2"><c r="A2" t="s" s="4"><v>1</v></c><c r="B2" t="s" s="4"><v>2</v></c>'
        '<c r="C2" t="inlineStr" s="4"><is><t>Day</t></is></c>'
        '<c r="D2" t="inlineStr" s="4"><is><t>Sum</t></is></c></row>'
        '<row r="3"><c r="A3" t="str"><v>North</v></c><c r="B3" s="1"><v>7.2499999999999995E-2</v></c>'
        '<c r="C3" s="3"><v>45322</v></c><c r="D3" s="2"><f t="shared" ref="D3:D4" si="0">B3*$A$1+SUM(B3:B4)</f>'
        "<v>-1234.5</v></c>"
        '<c r="E3" t="inlineStr"><is><t>hidden column</t></is></c></row>'
        '<row r="4"><c r="A4" t="b"><v>1</v></c><c r="B4"><v>1577</v></c><c r="C4" t="e"><v>#N/A</v></c>'
        '<c r="D4" s="2"><f t="shared" si="0"/><v>1577</v></c></row>'
        '<row r="5" hidden="1"><c r="A5" t="inlineStr"><is><t>hidden row</t></is></c></row>'
        '<row r="6"><c r="A6" t="inlineStr"><is><t>Total</t></is></c><c r="B6"><f>SUM(B3:B4)</f></c></row>'
        '</sheetData><mergeCells><mergeCell ref="A1:D1"/></mergeCells>'
        '<hyperlinks><hyperlink ref="A3" r:id="link"/><hyperlink ref="A6" location="Secret!A1"/></hyperlinks>'
    )
    strings = (
        "<r><t>Sales by </t></r><r><t>region</t></r><rPh><t>reading</t></rPh>",
        "<t>Region</t>",
        "<t>Share_x000D_\nof all</t>",
    )
    return xlsx(
        {"Figures": sheet, "Secret": rows(["not for everyone"])},
        styles=styles,
        strings=strings,
        hidden=["Secret"],
        sheet_relations={"Figures": {"link": ("hyperlink", "https://example.org/north")}},
        title="Quarterly figures",
    )


def layout() -> bytes:
    """Several tables on a sheet, a title, a declared table, a note below."""
    sheet = rows(
        ["Inventory", None, None, None, None, "Year", "Ducks"],
        ["Item", "Count", None, None, None, 2023, 160],
        ["Bolts", 40, None, None, None, 2024, 180],
        [],
        ["low", "high"],
        ["a", "b"],
        [],
        ["These numbers are counted by hand at the end of every quarter, and rounded to whole boxes."],
    )
    table = f'<table {SHEET_NAMES} id="1" name="Range" displayName="Range" ref="A5:B6" headerRowCount="1"/>'
    return xlsx(
        {"Stock": sheet},
        sheet_relations={"Stock": {"t": ("table", "../tables/table1.xml")}},
        parts={"xl/tables/table1.xml": table},
    )


def over_the_cells() -> bytes:
    """Comments (plain and in threads), a picture, a chart, a text box."""
    anchor = (
        "<xdr:oneCellAnchor><xdr:from><xdr:col>{0}</xdr:col><xdr:row>{1}</xdr:row></xdr:from>{2}</xdr:oneCellAnchor>"
    )
    picture = (
        '<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="1" name="p" descr="A grey square"/></xdr:nvPicPr>'
        '<xdr:blipFill><a:blip r:embed="i"/></xdr:blipFill></xdr:pic>'
    )
    frame = (
        '<xdr:graphicFrame><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="c"/></xdr:nvGraphicFramePr>'
        '<a:graphic><a:graphicData><c:chart r:id="c"/></a:graphicData></a:graphic></xdr:graphicFrame>'
    )
    box = "<xdr:sp><xdr:txBody><a:p><a:r><a:t>Look here</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
    drawing = "".join((anchor.format(5, 9, picture), anchor.format(0, 9, frame), anchor.format(0, 2, box)))
    comments = (
        f"<comments {SHEET_NAMES}><authors><author>Ann</author></authors><commentList>"
        '<comment ref="B2" authorId="0"><text><r><t>Ann:\n</t></r><r><t>Is that so?</t></r></text></comment>'
        '<comment ref="A2" authorId="0"><text><t>[Threaded comment] Your version of Excel …</t></text></comment>'
        "</commentList></comments>"
    )
    threads = (
        '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="A2" personId="{P}" id="1"><text>Why Bob?</text></threadedComment></ThreadedComments>'
    )
    return xlsx(
        {"Sheet": rows(["Name", "Points"], ["Bob", 7], ["Eve", 9])},
        sheet_relations={
            "Sheet": {
                "d": ("drawing", "../drawings/drawing1.xml"),
                "c": ("comments", "../comments1.xml"),
                "t": ("threadedComment", "../threadedComments/threadedComment1.xml"),
            }
        },
        parts={
            "xl/drawings/drawing1.xml": f"<xdr:wsDr {DRAWING_NAMES}>{drawing}</xdr:wsDr>",
            "xl/drawings/_rels/drawing1.xml.rels": relations(
                {"i": ("image", "../media/image1.png"), "c": ("chart", "../charts/chart1.xml")}
            ),
            "xl/media/image1.png": png(),
            "xl/charts/chart1.xml": chart("Points", ["Bob", "Eve"], Points=[7, 9.1]),
            "xl/comments1.xml": comments,
            "xl/threadedComments/threadedComment1.xml": threads,
        },
    )


SOURCES: Final[Mapping[str, Callable[[], bytes]]] = {
    "figures": figures,
    "layout": layout,
    "over_the_cells": over_the_cells,
}
