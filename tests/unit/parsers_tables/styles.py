"""Tables in the styles of official statistics, set line by line, each with the cells that a reader would see.

A `Sheet` is a page under construction: text is placed by its left end, its right end or its middle, and what belongs
into a cell is told to the truth at the same time, so that the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from parsers.content import PageContent, PrintedLine, Ruling, Style
from parsers.reading import CellReading
from tests.unit.parsers_tables.pages import ADVANCE, BOLD, STYLE, across, line, page, right, width

LEADING = 12.0


@dataclass(slots=True)
class Sheet:
    """Lines and rulings of a page, and the true cells of each table on it."""

    lines: list[PrintedLine] = field(default_factory=list)
    rulings: list[Ruling] = field(default_factory=list)
    tables: list[list[CellReading]] = field(default_factory=list)

    def text(self, text: str, left: float, top: float, *, style: Style = STYLE) -> None:
        self.lines.append(line(text, left, top, style=style))

    def stack(self, text: str, middle: float, bottom: float, *, style: Style = STYLE) -> None:
        """Lines (parted by `|`) centred around `middle`; the last one stands at `bottom`."""
        parts = text.split("|")
        for number, part in enumerate(parts):
            top = bottom - (len(parts) - 1 - number) * LEADING
            self.lines.append(line(part, middle - width(part) / 2, top, style=style))

    def number(self, text: str, edge: float, top: float) -> None:
        if text:
            self.lines.append(right(text, edge, top))

    def rule(self, y: float, x0: float, x1: float) -> None:
        self.rulings.append(across(y, x0, x1))

    def content(self) -> PageContent:
        return page(self.lines, self.rulings)


def cell(row: int, column: int, text: str, *, rows: int = 1, columns: int = 1) -> CellReading:
    """A true cell; `|` in the text is where a line ends."""
    return CellReading(
        row=row, column=column, row_span=rows, column_span=columns, text=text.replace("|", " "), bbox=None
    )


def body(
    sheet: Sheet,
    rows: Sequence[tuple[str, ...]],
    edges: Sequence[float],
    top: float,
    *,
    first_row: int,
    left: float = 50.0,
    leaders: bool = False,
    values_on_last_line: bool = True,
    pitch: float = LEADING,
) -> tuple[list[CellReading], float]:
    """Rows of a label and figures; returns their cells and where the next row would stand.

    A label may have several lines (`|`), the later ones indented. A row of a label alone heads a part.
    """
    cells: list[CellReading] = []
    for number, (label, *values) in enumerate(rows):
        parts = label.split("|")
        for index, part in enumerate(parts):
            indent = 10.0 if index else 0.0
            text = part
            if leaders and values and index == len(parts) - 1:
                dots = int((edges[0] - 60 - left - indent - width(part)) / ADVANCE) - 1
                text = f"{part} {'.' * max(2, dots)}"
                parts[index] = text
            sheet.text(text, left + indent, top + index * LEADING)
        level = top + (len(parts) - 1) * LEADING if values_on_last_line else top
        for value, edge in zip(values, edges, strict=False):
            sheet.number(value, edge, level)
        cells.append(cell(first_row + number, 0, " ".join(parts)))
        cells += [cell(first_row + number, 1 + c, value) for c, value in enumerate(values) if value]
        top += (len(parts) - 1) * LEADING + pitch
    return cells, top


def census() -> Sheet:
    """Wide and unruled: dotted leaders, a heading over two groups, symbols for missing figures, notes below."""
    sheet = Sheet()
    edges = [250.0, 310.0, 370.0, 430.0, 490.0, 550.0]
    sheet.text("Table 12. Population by Residence and Region: 1990 to 2010", 50, 60, style=BOLD)
    sheet.stack("Metropolitan", 295, 90)
    sheet.stack("Nonmetropolitan", 475, 90)
    for year, edge in zip(("1990", "2000", "2010") * 2, edges, strict=True):
        sheet.number(year, edge, 104)
    sheet.text("Region", 50, 104)
    rows = [
        ("United States", "198.1", "225.9", "258.3", "50.6", "55.4", "50.4"),
        ("Northeast", "45.0", "48.2", "50.1", "5.8", "5.4", "5.2"),
        ("Midwest", "42.1", "(NA)", "50.8", "17.6", "16.9", "16.1"),
        ("South", "63.2", "74.9", "(X)", "22.2", "25.3", "21.9"),
        ("West", "47.8", "54.5", "64.2", "5.0", "(D)", "7.7"),
    ]
    cells, end = body(sheet, rows, edges, 124, first_row=2, leaders=True)
    sheet.text("NA Not available. X Not applicable. D Withheld to avoid disclosing data of single firms.", 50, end + 8)
    sheet.text("Source: Office of Statistics, decennial counts.", 50, end + 20)
    head = [cell(0, 1, "Metropolitan", columns=3), cell(0, 4, "Nonmetropolitan", columns=3), cell(1, 0, "Region")]
    head += [cell(1, 1 + c, year) for c, year in enumerate(("1990", "2000", "2010") * 2)]
    sheet.tables.append(head + cells)
    return sheet


def hanging_labels() -> Sheet:
    """Labels of several lines, later lines indented, the figures on the last one; all lines equally far apart."""
    sheet = Sheet()
    edges = [350.0, 430.0, 510.0]
    for year, edge in zip(("2019", "2020", "2021"), edges, strict=True):
        sheet.number(year, edge, 80)
    rows = [
        ("Wholesale trade", "411", "420", "398"),
        ("Transportation of passengers and|freight by rail", "77", "75", "71"),
        ("Information", "190", "184", "201"),
        ("Professional services of lawyers,|accountants and consultants of|every kind", "312", "330", "351"),
        ("Federal government", "88", "87", "91"),
    ]
    cells, _ = body(sheet, rows, edges, 100, first_row=1)
    sheet.tables.append([cell(0, 1 + c, year) for c, year in enumerate(("2019", "2020", "2021"))] + cells)
    return sheet


def labels_that_run_below() -> Sheet:
    """Labels of several lines with the figures on the first one."""
    sheet = Sheet()
    edges = [350.0, 430.0, 510.0]
    for year, edge in zip(("2019", "2020", "2021"), edges, strict=True):
        sheet.number(year, edge, 80)
    rows = [
        ("Wholesale trade", "411", "420", "398"),
        ("Transportation of passengers and|freight by rail", "77", "75", "71"),
        ("Information", "190", "184", "201"),
        ("Professional services of lawyers,|accountants and consultants", "312", "330", "351"),
        ("Federal government", "88", "87", "91"),
    ]
    cells, _ = body(sheet, rows, edges, 100, first_row=1, values_on_last_line=False, pitch=16)
    sheet.tables.append([cell(0, 1 + c, year) for c, year in enumerate(("2019", "2020", "2021"))] + cells)
    return sheet


def stacked_headings() -> Sheet:
    """Each column's heading has lines of its own, set on the bottom: the lines of one are not the rows of all."""
    sheet = Sheet()
    edges = [260.0, 340.0, 420.0, 520.0]
    titles = [
        "Number of|schools",
        "Total|students",
        "Students|per full-time|teacher",
        "Percent of|students|in public|housing",
    ]
    sheet.text("State", 50, 116)
    for title, edge in zip(titles, edges, strict=True):
        sheet.stack(title, edge - 20, 116)
    sheet.rule(130, 50, 540)
    rows = [
        ("Alabama", "1,511", "744,637", "15.8", "4.1"),
        ("Alaska", "509", "131,661", "16.5", "2.0"),
        ("Arizona", "2,247", "1,077,831", "20.7", "1.4"),
        ("Arkansas", "1,110", "480,559", "14.1", "3.3"),
    ]
    cells, _ = body(sheet, rows, edges, 140, first_row=1)
    head = [cell(0, 0, "State")] + [cell(0, 1 + c, title) for c, title in enumerate(titles)]
    sheet.tables.append(head + cells)
    return sheet


def ruled_groups() -> Sheet:
    """Three rules of the whole width, and short ones under headings that span columns."""
    sheet = Sheet()
    edges = [260.0, 320.0, 400.0, 460.0]
    sheet.rule(80, 50, 480)
    sheet.stack("Men", 275, 86)
    sheet.stack("Women", 415, 86)
    sheet.rule(99, 225, 325)
    sheet.rule(99, 365, 465)
    sheet.text("Age", 50, 104)
    for title, edge in zip(("Mean", "SD") * 2, edges, strict=True):
        sheet.number(title, edge, 104)
    sheet.rule(118, 50, 480)
    rows = [
        ("18-29", "4.1", "0.9", "4.4", "1.0"),
        ("30-44", "4.0", "1.1", "4.2", "0.8"),
        ("45-64", "3.7", "1.2", "3.9", "1.1"),
    ]
    cells, end = body(sheet, rows, edges, 124, first_row=2)
    sheet.rule(end + 2, 50, 480)
    sheet.text("Note: weighted means of all waves, with standard deviations.", 50, end + 8)
    head = [cell(0, 1, "Men", columns=2), cell(0, 3, "Women", columns=2), cell(1, 0, "Age")]
    head += [cell(1, 1 + c, title) for c, title in enumerate(("Mean", "SD") * 2)]
    sheet.tables.append(head + cells)
    return sheet


def parts_with_centred_headings() -> Sheet:
    """Rows that head parts of the table stand in its middle."""
    sheet = Sheet()
    edges = [300.0, 380.0, 460.0]
    for title, edge in zip(("2001", "2002", "2003"), edges, strict=True):
        sheet.number(title, edge, 80)
    sheet.text("Crop", 50, 80)
    head = [cell(0, 0, "Crop")] + [cell(0, 1 + c, title) for c, title in enumerate(("2001", "2002", "2003"))]
    top, row, cells = 98.0, 1, []
    for part, rows in (
        ("Harvested (1,000 acres)", [("Wheat", "4,800", "4,510", "5,030"), ("Barley", "420", "415", "402")]),
        ("Yield (bushels)", [("Wheat", "40.2", "35.0", "44.2"), ("Barley", "58.1", "54.9", "58.9")]),
    ):
        sheet.stack(part, 260, top)
        cells.append(cell(row, 0, part, columns=4))
        more, top = body(sheet, rows, edges, top + LEADING, first_row=row + 1)
        cells += more
        row += 1 + len(rows)
    sheet.tables.append(head + cells)
    return sheet


def units_below_headings() -> Sheet:
    """Units in a row of their own below the headings; years as labels, so that the stub is figures too."""
    sheet = Sheet()
    edges = [220.0, 320.0, 420.0]
    sheet.text("Year", 60, 80)
    for title, edge in zip(("Area", "Output", "Price"), edges, strict=True):
        sheet.number(title, edge, 80)
    for title, edge in zip(("(acres)", "(tons)", "($ per ton)"), edges, strict=True):
        sheet.number(title, edge, 92)
    rows = [
        (str(1995 + n), f"{1200 + 37 * n * n:,}", f"{800 - 11 * n * (n - 3)}", f"{12.5 + n * n / 8:.2f}")
        for n in range(7)
    ]
    cells, _ = body(sheet, rows, edges, 108, first_row=1, left=60)
    titles = ("Area|(acres)", "Output|(tons)", "Price|($ per ton)")
    sheet.tables.append([cell(0, 0, "Year")] + [cell(0, 1 + c, title) for c, title in enumerate(titles)] + cells)
    return sheet


def two_stacked() -> Sheet:
    """Two tables with different columns under each other, a title above each."""
    sheet = Sheet()
    for number, (edges, titles, top) in enumerate(
        [([300.0, 400.0], ("2010", "2011"), 80.0), ([250.0, 330.0, 410.0, 490.0], ("Q1", "Q2", "Q3", "Q4"), 240.0)]
    ):
        sheet.text(f"Table {number + 1}. Deliveries of the works by kind", 50, top, style=BOLD)
        for title, edge in zip(titles, edges, strict=True):
            sheet.number(title, edge, top + 24)
        rows = [
            (label, *(f"{(n + 3) * (c + 2)}.{n}" for c in range(len(edges))))
            for n, label in enumerate(("Steel", "Coal", "Gas", "Oil"))
        ]
        cells, _ = body(sheet, rows, edges, top + 40, first_row=1)
        sheet.tables.append([cell(0, 1 + c, title) for c, title in enumerate(titles)] + cells)
    return sheet


def side_by_side() -> Sheet:
    """Two halves of one list, each with its own labels: one grid, as it is printed."""
    sheet = Sheet()
    names = ["Maine", "Ohio", "Iowa", "Utah", "Texas", "Idaho", "Nevada", "Oregon"]
    head = []
    for half, left in enumerate((50.0, 310.0)):
        sheet.text("State", left, 80)
        sheet.number("Rate", left + 150, 80)
        sheet.number("Rank", left + 210, 80)
        head += [cell(0, 3 * half + c, title) for c, title in enumerate(("State", "Rate", "Rank"))]
    cells = []
    for number, name in enumerate(names):
        half, row = divmod(number, 4)
        left, top = (50.0, 310.0)[half], 98 + LEADING * row
        sheet.text(name, left, top)
        sheet.number(f"{9.7 - number:.1f}", left + 150, top)
        sheet.number(str(number + 1), left + 210, top)
        cells += [
            cell(row + 1, 3 * half + c, text) for c, text in enumerate((name, f"{9.7 - number:.1f}", str(number + 1)))
        ]
    sheet.tables.append(head + cells)
    return sheet


def footnote_marks() -> Sheet:
    """Marks such as `1/` behind labels and figures, and the notes below the table."""
    sheet = Sheet()
    edges = [300.0, 380.0, 460.0]
    for title, edge in zip(("1997", "1998", "1999 2/"), edges, strict=True):
        sheet.number(title, edge, 80)
    rows = [
        ("Corn 1/", "9,207", "9,759", "9,437"),
        ("Sorghum", "634", "520", "595"),
        ("Oats", "167", "166", "146"),
        ("Rye", "8", "12", "11"),
    ]
    cells, end = body(sheet, rows, edges, 98, first_row=1)
    sheet.text("1/ Corn for grain, from the survey of farms in the year after the harvest.", 50, end + 6)
    sheet.text("2/ Preliminary.", 50, end + 18)
    sheet.tables.append([cell(0, 1 + c, title) for c, title in enumerate(("1997", "1998", "1999 2/"))] + cells)
    return sheet


def money_and_percent() -> Sheet:
    """Signs of currency at the left of their columns, percentages with theirs apart, brackets for losses."""
    sheet = Sheet()
    sheet.stack("Years ended June 30", 412, 80)
    for title, edge in zip(("2022", "2021", "Change"), (360.0, 440.0, 510.0), strict=True):
        sheet.number(title, edge, 94)
    rows = [
        ("Revenue", "1,204", "1,100", "9"),
        ("Operating cost", "(903)", "(840)", "8"),
        ("Interest", "(12)", "15", "—"),
        ("Net income", "289", "275", "5"),
    ]
    cells = [cell(0, 1, "Years ended June 30", columns=3)]
    cells += [cell(1, 1 + c, title) for c, title in enumerate(("2022", "2021", "Change"))]
    for number, (label, now, before, change) in enumerate(rows):
        top = 112 + LEADING * number
        sheet.text(label, 50, top)
        for text, edge in ((now, 360.0), (before, 440.0)):
            if number in (0, 3):
                sheet.text("$", edge - 50, top)
            sheet.number(text, edge, top)
        sheet.number(change, 500, top)
        if change != "—":
            sheet.text("%", 504, top)
        sign = "$ " if number in (0, 3) else ""
        percent = " %" if change != "—" else ""
        texts = (label, sign + now, sign + before, change + percent)
        cells += [cell(2 + number, c, text) for c, text in enumerate(texts)]
    sheet.tables.append(cells)
    return sheet


def empty_cells() -> Sheet:
    """Many cells are blank, so that columns are seldom filled side by side."""
    sheet = Sheet()
    edges = [240.0, 310.0, 380.0, 450.0, 520.0]
    titles = ("North", "South", "East", "West", "Total")
    for title, edge in zip(titles, edges, strict=True):
        sheet.number(title, edge, 80)
    rows = [
        ("Elk", "14", "", "", "3", "17"),
        ("Moose", "", "", "9", "", "9"),
        ("Deer", "120", "88", "", "61", "269"),
        ("Bear", "", "2", "", "", "2"),
        ("Wolf", "", "", "1", "4", "5"),
        ("Lynx", "6", "", "", "", "6"),
    ]
    cells, _ = body(sheet, rows, edges, 98, first_row=1)
    sheet.tables.append([cell(0, 1 + c, title) for c, title in enumerate(titles)] + cells)
    return sheet


STYLES: tuple[Callable[[], Sheet], ...] = (
    census,
    hanging_labels,
    labels_that_run_below,
    stacked_headings,
    ruled_groups,
    parts_with_centred_headings,
    units_below_headings,
    two_stacked,
    side_by_side,
    footnote_marks,
    money_and_percent,
    empty_cells,
)
