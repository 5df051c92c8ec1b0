"""Charts of Office files: the values they were drawn from, which the file keeps beside them (ISO 29500-1, 21.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parsers.backends.docx_names import A, Element, number
from parsers.backends.sheet_formats import show_number
from parsers.backends.table_grids import PlacedCell, make_table
from parsers.model import Derivation
from parsers.plain_text import clean_text
from parsers.reading import Block, FigureReading

_C: Final = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_MOST_POINTS: Final = 100_000


def read_chart(root: Element, described: str, derivation: Derivation) -> Iterator[Block]:
    """A figure with the chart's title, then its values as a table: a row per category, a column per series."""
    titles = root.find(f"{_C}chart/{_C}title")
    title = "" if titles is None else clean_text("".join(part.text or "" for part in titles.iter(f"{A}t")))
    yield Block(figure=FigureReading(bbox=None, derivation=derivation, alt=title or described))
    series = list(root.iter(f"{_C}ser"))
    names = [_series_name(item, index) for index, item in enumerate(series)]
    values = [_points(_first(item, "val", "yVal")) for item in series]
    categories: dict[int, str] = {}
    for item in series:
        categories = _points(_first(item, "cat", "xVal")) | categories
    rows = sorted(set(categories).union(*values))[:_MOST_POINTS] if values else []
    cells = [PlacedCell(row=0, column=0, header=True)]
    cells += [PlacedCell(row=0, column=1 + at, text=name, header=True) for at, name in enumerate(names)]
    for row, point in enumerate(rows, start=1):
        cells.append(PlacedCell(row=row, column=0, text=categories.get(point, ""), header=True))
        cells += [PlacedCell(row=row, column=1 + at, text=column.get(point, "")) for at, column in enumerate(values)]
    table = make_table(cells, 1 + len(rows), derivation) if rows else None
    if table is not None:
        yield Block(table=table)


def _first(series: Element, *names: str) -> Element | None:
    return next((found for name in names if (found := series.find(_C + name)) is not None), None)


def _series_name(series: Element, index: int) -> str:
    stored = series.find(f"{_C}tx")
    text = "" if stored is None else clean_text(" ".join(part.text or "" for part in stored.iter(f"{_C}v")))
    return text or f"Series {index + 1}"


def _points(data: Element | None) -> dict[int, str]:
    """The cached values by their place; of categories in several levels the innermost."""
    if data is None:
        return {}
    level = data.find(f".//{_C}lvl")
    is_numeric = data.find(f"{_C}numRef") is not None or data.find(f"{_C}numLit") is not None
    points: dict[int, str] = {}
    for point in (data if level is None else level).iter(f"{_C}pt"):
        stored = point.find(f"{_C}v")
        text = clean_text((stored.text or "") if stored is not None else "")
        # Excel keeps 4.4 as 4.4000000000000004 here; nobody sees that.
        points[number(point.get("idx"))] = show_number(text, "General") if is_numeric else text
    return points
