"""What the printed tables of `benchmarks.printed_tables` say: figures drawn with fixed seeds, in the manner of agencies.

All of it is made up. A table is rows of cells as HTML has them: a cell that spans is given once, where it begins.
"""

# ruff: noqa: E501, PERF401  (figures and labels read better as rows, loops better than comprehensions)
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """`kind` is head, label, value, text or section; `\\n` in a text is a forced line break."""

    text: str
    kind: str = "value"
    columns: int = 1
    rows: int = 1
    indent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A table: its rows, how many of them head it, and what is printed above and below."""

    title: str
    rows: Sequence[Sequence[Cell]]
    heads: int
    notes: Sequence[str] = ()
    label_width: int = 170


AREAS: tuple[str, ...] = (
    "Alabama",
    "Alaska",
    "Arizona",
    "Arkansas",
    "California",
    "Colorado",
    "Connecticut",
    "Delaware",
    "Florida",
)
AREAS += ("Georgia", "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa", "Kansas", "Kentucky", "Louisiana", "Maine")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")


def head(text: str, columns: int = 1, rows: int = 1) -> Cell:
    return Cell(text=text, kind="head", columns=columns, rows=rows)


def label(text: str, indent: int = 0, rows: int = 1) -> Cell:
    return Cell(text=text, kind="label", indent=indent, rows=rows)


def section(text: str, columns: int) -> Cell:
    return Cell(text=text, kind="section", columns=columns)


def values(texts: Sequence[str]) -> list[Cell]:
    return [Cell(text=text) for text in texts]


def _count(random: Random, most: int = 2_000_000) -> str:
    return f"{random.randint(most // 400, most):,}"


def _rate(random: Random, most: float = 60.0) -> str:
    return f"{random.uniform(0.3, most):.1f}"


def census(random: Random) -> Content:
    """Two levels of headings over counts and percentages, sub-rows indented."""
    rows = [
        [head("Area", rows=2), head("Total", rows=2), head("Male", 2), head("Female", 2)],
        [head("Number"), head("Percent"), head("Number"), head("Percent")],
    ]
    for region in ("Northeast", "South", "West"):
        rows.append([label(region), *values(_population(random))])
        rows += [[label(area, 1), *values(_population(random))] for area in random.sample(AREAS, 4)]
    notes = [
        "Note: Details may not add to totals because of rounding.",
        "Source: Bureau of Population, Annual Estimates.",
    ]
    return Content(title="Table 1. Resident Population by Sex and Region: 2010", rows=rows, heads=2, notes=notes)


def _population(random: Random) -> list[str]:
    share = random.uniform(48.0, 52.0)
    return [_count(random), _count(random), f"{share:.1f}", _count(random), f"{100 - share:.1f}"]


def labour(random: Random) -> Content:
    """Long labels that wrap, months as headings under a year, changes with signs."""
    labels = (
        "Total nonfarm", "Goods-producing", "Mining, quarrying, and oil and gas extraction support activities",
        "Construction", "Manufacturing", "Trade, transportation, utilities, and warehousing of durable and nondurable goods",
        "Information", "Professional, scientific, technical, and administrative services to businesses", "Leisure",
        "Other services", "Government, excluding schools and hospitals that are operated by states",
    )  # fmt: skip
    rows = [
        [
            head("Industry", rows=2),
            head("2011", 2),
            head("2012", 2),
            head("Change from:\nJan. 2012 to\nFeb. 2012", rows=2),
        ],
        [head("Jan."), head("Feb."), head("Jan."), head("Feb.(p)")],
    ]
    for number, text in enumerate(labels):
        change = random.choice((f"{random.randint(2, 250)}", f"-{random.randint(2, 99)}"))
        rows.append(
            [label(text, min(number, 1)), *values([_count(random, 130_000) for _ in range(4)]), Cell(text=change)]
        )
    notes = ["(p) Preliminary.", "NOTE: Data are seasonally adjusted, in thousands."]
    return Content(title="Table B-1. Employees on nonfarm payrolls by industry", rows=rows, heads=2, notes=notes)


def energy(random: Random) -> Content:
    """Twelve months and their sum by year."""
    rows = [[head("Year"), *(head(month) for month in MONTHS), head("Total")]]
    for year in range(1998, 2010):
        rows.append(
            [label(str(year)), *values([_count(random, 1_900) for _ in MONTHS]), Cell(text=_count(random, 22_000))]
        )
    notes = ["- = No data reported; NA = Not available.", "Release date: 11/30/2010"]
    title = "U.S. Natural Gas Imports by Pipeline (Million Cubic Feet)"
    return Content(title=title, rows=rows, heads=1, notes=notes, label_width=30)


def health(random: Random) -> Content:
    """Rates with intervals in brackets, parts headed by a row of their own."""
    rows = [
        [head("Characteristic", rows=2), head("No.\nof cases", rows=2), head("2008", 2), head("2009", 2)],
        [head("%"), head("(95% CI)"), head("%"), head("(95% CI)")],
    ]
    parts = {
        "Sex": ("Male", "Female"),
        "Age group (yrs)": ("18-24", "25-44", "45-64", "65 and older"),
        "Race/Ethnicity": ("White, non-Hispanic", "Black, non-Hispanic", "Hispanic"),
    }
    for part, labels in parts.items():
        rows.append([section(part, 6)])
        rows += [
            [label(text, 1), *values([_count(random, 9_000), *_interval(random), *_interval(random)])]
            for text in labels
        ]
    notes = ["* Per 100,000 population.", "† Confidence interval."]
    title = "TABLE 2. Prevalence of current smoking among adults, by selected characteristics"
    return Content(title=title, rows=rows, heads=2, notes=notes)


def _interval(random: Random) -> list[str]:
    middle = random.uniform(8.0, 30.0)
    return [f"{middle:.1f}", f"({middle - 1.3:.1f}–{middle + 1.4:.1f})"]


def weather(random: Random) -> Content:
    """Narrow columns of decimals, some of them missing, stations as labels."""
    rows = [
        [
            head("Station", rows=2),
            head("Elev.\n(ft)", rows=2),
            head("Temperature (°F)", 3),
            head("Precipitation (in.)", 2),
        ],
        [head("Mean"), head("High"), head("Low"), head("Total"), head("Dep.")],
    ]
    for name in (
        "BAKER AIRPORT",
        "BEND 7 NE",
        "BONNEVILLE DAM",
        "BURNS",
        "CRATER LAKE HQ",
        "EUGENE",
        "HERMISTON 1 SE",
        "PENDLETON",
    ):
        figures = [_count(random, 4_000), *(_rate(random, 99) for _ in range(3)), f"{random.uniform(0, 9):.2f}"]
        figures = [random.choice(("M", text)) if random.random() < 0.15 else text for text in figures]
        rows.append([label(name), *values([*figures, f"{random.uniform(-3, 3):+.2f}"])])
    notes = ["M = Missing. Dep. = Departure from normal."]
    return Content(title="Monthly Station Normals of Temperature and Precipitation", rows=rows, heads=2, notes=notes)


def balance(random: Random) -> Content:
    """A statement: signs of currency apart, brackets for losses, parts headed, sums."""
    rows = [
        [head(""), head("December 31,", 2)],
        [head("(in millions)"), head("2012"), head("2011")],
        [section("Assets", 3)],
    ]
    first = True
    for text, indent in (
        ("Cash and cash equivalents", 1), ("Accounts receivable, net of allowances of $12 and $14", 1), ("Inventories", 1),
        ("Total current assets", 2), ("Property, plant and equipment, less accumulated depreciation and amortization", 1),
        ("Total assets", 0),
    ):  # fmt: skip
        rows.append([label(text, indent), *values(_money(random, sign=first or text.startswith("Total a")))])
        first = False
    rows.append([section("Liabilities and equity", 3)])
    for text, indent in (
        ("Accounts payable", 1),
        ("Accumulated deficit", 1),
        ("Treasury stock, at cost", 1),
        ("Total liabilities and equity", 0),
    ):
        loss = text.startswith(("Acc", "Tre")) and "deficit" in text
        rows.append([label(text, indent), *values(_money(random, sign=text.startswith("Total"), loss=loss))])
    return Content(
        title="CONSOLIDATED BALANCE SHEETS", rows=rows, heads=2, notes=["See accompanying notes."], label_width=260
    )


def _money(random: Random, *, sign: bool, loss: bool = False) -> list[str]:
    texts = []
    for _ in range(2):
        number = _count(random, 90_000)
        number = f"({number})" if loss else number
        texts.append(f"$ {number}" if sign else number)
    return texts if random.random() > 0.15 else [texts[0], "—"]


def pairs(random: Random) -> Content:
    """Labels and values: two columns, one of them of figures."""
    rows = [[head("Item"), head("Amount")]]
    for text in (
        "Permits issued",
        "Inspections",
        "Violations found",
        "Cases referred",
        "Cases closed",
        "Fines collected",
    ):
        rows.append([label(text), Cell(text=_count(random, 30_000))])
    return Content(title="Program activity, fiscal year 2009", rows=rows, heads=1)


def small(random: Random) -> Content:
    """Three by three."""
    rows = [[head("Group"), head("Before"), head("After")]]
    rows += [[label(text), *values([_rate(random), _rate(random)])] for text in ("Treatment", "Control")]
    return Content(title="Table 4: Mean scores", rows=rows, heads=1)


def prose(random: Random) -> Content:
    """Cells of running text."""
    duties = (
        "Reviews each application for completeness and notifies the applicant of anything that is missing.",
        "Publishes the proposed rule, receives comments for at least sixty days and prepares a summary of them.",
        "Keeps the register of licensed operators and answers questions of the public about it.",
        "Inspects facilities without prior notice and reports what was found within ten working days.",
    )
    rows = [[head("Office"), head("Responsibility"), head("Deadline")]]
    for name, duty in zip(
        ("Licensing", "Rulemaking", "Records", "Field operations"), random.sample(duties, 4), strict=True
    ):
        days = f"{random.choice((10, 30, 45, 60))} days after receipt of the complete file"
        rows.append([label(name), Cell(text=duty, kind="text"), Cell(text=days, kind="text")])
    return Content(title="Exhibit 3. Duties and deadlines by office", rows=rows, heads=1, label_width=90)


def grouped(random: Random) -> Content:
    """Two columns of labels, the first of them over several rows."""
    rows = [[head("Region"), head("Type of facility"), head("Number"), head("Beds"), head("Percent\noccupied")]]
    for region in ("Atlantic", "Gulf", "Pacific"):
        for number, text in enumerate(("Public", "Nonprofit", "For profit")):
            first = [label(region, rows=3)] if not number else []
            rows.append(
                [*first, label(text), *values([_count(random, 900), _count(random, 40_000), _rate(random, 99)])]
            )
    return Content(title="Facilities by region and ownership", rows=rows, heads=1, label_width=90)


def survey(random: Random) -> Content:
    """Estimates with their errors, three levels of headings, cells left blank or dashed."""
    rows = [
        [head("Student characteristic", rows=3), head("Percent of students", 4), head("Total number", rows=3)],
        [head("Public", 2), head("Private", 2)],
        [head("Estimate"), head("S.E."), head("Estimate"), head("S.E.")],
    ]
    for text in (
        "All students",
        "Less than $15,000",
        "$15,000 to $29,999",
        "$30,000 to $49,999",
        "$50,000 or more",
        "Parents completed college",
    ):
        figures = [part for _ in range(2) for part in (_rate(random, 90), f"({random.uniform(0.2, 2):.2f})")]
        if random.random() < 0.3:
            figures[2:] = ["†", "(†)"]
        rows.append([label(text), *values([*figures, _count(random, 90_000)])])
    notes = ["† Not applicable.", "NOTE: S.E. = standard error."]
    return Content(title="Table 7.—Percentage of students enrolled, by type of school", rows=rows, heads=3, notes=notes)


def budget(random: Random) -> Content:
    """Sparse amounts: many cells are empty or dashes."""
    rows = [
        [
            head("Account"),
            *(head(text) for text in ("2008\nactual", "2009\nenacted", "2010\nrequest", "Change", "Percent\nchange")),
        ]
    ]
    for text in (
        "Salaries and expenses",
        "Construction of facilities, roads and trails",
        "Grants to states",
        "Research",
        "Emergency fund",
        "Total",
    ):
        figures = [_count(random, 9_000) if random.random() > 0.3 else random.choice(("", "—", "0")) for _ in range(3)]
        figures.append(random.choice((f"+{random.randint(1, 400)}", f"-{random.randint(1, 400)}", "—")))
        rows.append([label(text), *values([*figures, random.choice(("+3.1%", "-12.0%", "n/a"))])])
    return Content(title="Discretionary appropriations (dollars in thousands)", rows=rows, heads=1)


def directory(random: Random) -> Content:
    """Words in every column: no figures to go by."""
    rows = [[head("County"), head("Seat"), head("Sheriff"), head("District court")]]
    for name in random.sample(AREAS, 8):
        seat, who = random.choice(AREAS) + " City", random.choice(("J. Miller", "A. Ortiz", "R. Chen", "P. Novak"))
        rows.append(
            [
                label(name + " County"),
                *(Cell(text=t, kind="text") for t in (seat, who, random.choice(("Northern", "Southern", "Eastern")))),
            ]
        )
    return Content(title="County officers", rows=rows, heads=1, label_width=110)


def checks(random: Random) -> Content:
    """Marks instead of figures."""
    rows = [[head("Requirement"), *(head(text) for text in ("Small", "Medium", "Large"))]]
    rows += [
        [label(text), *values([random.choice(("Yes", "No", "X")) for _ in range(3)])]
        for text in (
            "Annual report",
            "Audit by an independent accountant",
            "Public hearing",
            "Bond",
            "On-site inspection",
        )
    ]
    return Content(title="Requirements by size of operator", rows=rows, heads=1)


CONTENTS: tuple[Callable[[Random], Content], ...] = (
    census, labour, energy, health, weather, balance, pairs, small, prose, grouped, survey, budget, directory, checks,
)  # fmt: skip
