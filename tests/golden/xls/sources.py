"""Old workbooks made by this project."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Mapping
from typing import Final

import xlwt


def figures() -> bytes:
    """Formats, dates, a span, a link, a hidden row, a hidden sheet."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Übersicht")
    bold = xlwt.easyxf("font: bold on")
    share = xlwt.easyxf(num_format_str="0.0%")
    day = xlwt.easyxf(num_format_str="d mmm yyyy")
    sheet.write_merge(0, 0, 0, 2, "Sales by region")
    for column, name in enumerate(("Region", "Share", "Day")):
        sheet.write(1, column, name, bold)
    sheet.write(2, 0, "North")
    sheet.write(2, 1, 0.0725, share)
    sheet.write(2, 2, datetime.date(2024, 1, 31), day)
    sheet.write(3, 0, True)
    sheet.write(3, 1, 1577)
    sheet.write(3, 2, datetime.date(2024, 2, 29), day)
    sheet.write(4, 0, "hidden row")
    sheet.row(4).hidden = True
    secret = book.add_sheet("Secret")
    secret.write(0, 0, "not for everyone")
    secret.visibility = 1
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


SOURCES: Final[Mapping[str, Callable[[], bytes]]] = {"figures": figures}
