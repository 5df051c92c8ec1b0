"""Pages of printed tables with known truth, and pages without any: contents set in many styles, as one HTML file."""

# ruff: noqa: E501  (HTML and style sheets read better unbroken)
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from random import Random

from benchmarks.printed_table_contents import CONTENTS, Cell, Content, balance, budget, energy, pairs, survey

TrueCell = tuple[int, int, int, int, str]
"""Row, column, rows spanned, columns spanned, text."""

RULES = {
    "none": "",
    "header": "thead tr:last-child th,th.deep{border-bottom:1px solid #000}",
    "booktabs": "table{border-top:1.5px solid #000;border-bottom:1.5px solid #000} thead tr:last-child th,th.deep{border-bottom:1px solid #000}",
    "grid": "th,td{border:1px solid #000}",
    "rows": "td,thead tr:last-child th,th.deep{border-bottom:.7px solid #888}",
    "zebra": "tbody tr:nth-child(even) td{background:#e4e8ee} th{background:#345;color:#fff}",
    "spanrules": "th.group{border-bottom:.8px solid #000} table{border-top:1px solid #000;border-bottom:1px solid #000}"
    " thead tr:last-child th,th.deep{border-bottom:.8px solid #000}",
    "columns": "th,td{border-left:.7px solid #000} th:first-child,td.stub{border-left:none} table{border-top:2px solid #000;"
    "border-bottom:1px solid #000} thead tr:last-child th,th.deep{border-bottom:.7px solid #000}",
}
FONTS = ("Liberation Serif", "Liberation Sans", "Liberation Sans Narrow", "DejaVu Sans")
PROSE = (
    "The Commission met in open session and heard reports from each of the regional offices. Members asked how the "
    "changes adopted last year had affected the time needed to decide an application, and whether the public had "
    "been given enough notice. Staff answered that most applications were decided within the period set by the "
    "statute, although the number received had grown in every region. The chair thanked the staff for their work. "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a table is set. `layout` is what stands around it."""

    rules: str
    font: str = "Liberation Serif"
    size: float = 9.0
    pad: float = 2.0
    leaders: bool = False
    centred_parts: bool = False
    centred_values: bool = False
    bold_heads: bool = False
    wide: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One printed document: the HTML of its pages, the page's CSS name, and its true tables by page."""

    name: str
    style: str
    pages: Sequence[str]
    truth: Sequence[Sequence[Sequence[TrueCell]]]
    paper: str = "tall"
    turn: int = 0


@dataclass(slots=True)
class _Set:
    """Puts one table into HTML and its truth beside it."""

    content: Content
    style: Style
    cells: list[TrueCell] = field(default_factory=list)

    def html(self) -> str:
        taken: set[tuple[int, int]] = set()
        rows = []
        for number, row in enumerate(self.content.rows):
            column, parts = 0, []
            for cell in row:
                while (number, column) in taken:
                    column += 1
                taken.update((number + r, column + c) for r in range(cell.rows) for c in range(cell.columns))
                parts.append(self._cell(cell, number, column))
                column += cell.columns
            rows.append(f"<tr>{''.join(parts)}</tr>")
        heads = self.content.heads
        return f"<table class=t><thead>{''.join(rows[:heads])}</thead><tbody>{''.join(rows[heads:])}</tbody></table>"

    def _cell(self, cell: Cell, row: int, column: int) -> str:
        columns = cell.columns
        if cell.kind == "section" and self.style.rules != "grid" and not self.style.centred_parts:
            columns = 1  # Nothing printed says that a text at the left reaches further.
        rows, first = cell.rows, row
        if rows > 1 and self.style.rules not in ("grid", "columns"):
            # Nothing printed says that a cell reaches over several rows: headings stand on the last, labels on the first.
            rows, first = 1, row + cell.rows - 1 if cell.kind == "head" else row
        self.cells.append((first, column, rows, columns, cell.text.replace("\n", " ")))
        tag = "th" if cell.kind == "head" else "td"
        kind = {"head": "h", "label": "stub", "section": "stub part", "text": "text", "value": "v"}[cell.kind]
        kind += (
            " group"
            if cell.columns > 1 and cell.kind == "head"
            else " deep"
            if cell.rows > 1 and cell.kind == "head"
            else ""
        )
        inside = escape(cell.text).replace("\n", "<br>")
        if cell.kind == "value" and cell.text.startswith("$ "):
            inside = f"<span style='float:left'>$</span>{escape(cell.text[2:])}"
        if cell.kind == "label" and self.style.leaders and len(cell.text) < 30 and self.content.label_width > 120:
            dots = "." * (44 - len(cell.text) - 2 * cell.indent)
            inside = f"<span style='white-space:nowrap'>{inside} {dots}</span>"
        indent = f" style='padding-left:{2 + 10 * cell.indent}px'" if cell.indent else ""
        return f"<{tag} class='{kind}' colspan={cell.columns} rowspan={cell.rows}{indent}>{inside}</{tag}>"


def _page(body: str, style: Style, content: Content, paper: str) -> str:
    """One page: the style holds inside it only."""
    rules = RULES[style.rules]
    css = (
        f"table{{border-collapse:collapse;font:{style.size}pt '{style.font}';{'width:100%' if style.wide else ''};margin:3px 0 4px}}"
        f"th,td{{padding:{style.pad}px {style.pad + 3}px;vertical-align:bottom}} td.stub{{max-width:{content.label_width}px;"
        f"vertical-align:top;text-align:left;}}"
        f"td.v{{text-align:{'center' if style.centred_values else 'right'}}} td.text{{text-align:left;vertical-align:top}}"
        f"th{{text-align:center;font-weight:{'bold' if style.bold_heads else 'normal'}}} th:first-child{{text-align:left}}"
        f".part{{text-align:{'center' if style.centred_parts else 'left'} !important;max-width:none !important}}"
        f".title{{font:bold {style.size + 1}pt '{style.font}';margin:6px 0}} .note{{font:{style.size - 1.5}pt '{style.font}';margin:1px 0}}"
        f"p.x{{font:{10}pt '{style.font}';margin:5px 0;text-align:justify}} {rules}"
    )
    return f"<section class={paper}><style>@scope{{{css}}}</style>{body}</section>"


def _table(content: Content, style: Style, *, around: bool = True) -> tuple[str, list[TrueCell]]:
    made = _Set(content=content, style=style)
    html = made.html()
    if not around:
        return html, made.cells
    notes = "".join(f"<div class=note>{escape(note)}</div>" for note in content.notes)
    return f"<div class=title>{escape(content.title)}</div>{html}{notes}", made.cells


def _plain_sheets() -> Iterator[Sheet]:
    """Every content in several styles, between paragraphs."""
    rules = list(RULES)
    for number, make in enumerate(CONTENTS):
        for turn in range(5):
            random = Random(100 * number + turn)
            style = Style(
                rules=rules[(number + 3 * turn) % len(rules)],
                font=FONTS[(number + turn) % len(FONTS)],
                size=random.choice((7.0, 8.0, 9.0, 10.0)) if make is not energy else 6.5,
                pad=random.choice((0.5, 1.5, 3.0)),
                leaders=turn == 1 and make not in (balance,),
                centred_parts=turn == 2,
                centred_values=turn == 3,
                bold_heads=turn % 2 == 0,
                wide=turn != 4 or make is energy,
            )
            content = make(random)
            html, cells = _table(content, style)
            body = f"<p class=x>{PROSE}</p>{html}<p class=x>{PROSE}</p>"
            paper = "wide" if make is energy and turn % 2 else "tall"
            page = _page(body, style, content, paper)
            yield Sheet(name=f"{make.__name__}-{turn}", style=style.rules, pages=[page], truth=[[cells]], paper=paper)


def _arranged_sheets() -> Iterator[Sheet]:
    """Tables among others: under each other, side by side, in a column of an article, turned, over two pages."""
    for number, rules in enumerate(RULES):
        random = Random(9_000 + number)
        style = Style(rules=rules, font=FONTS[number % 4], size=8.0)
        makes: list[Callable[[Random], Content]] = [m for m in CONTENTS if m is not energy]
        upper, lower = (random.choice(makes)(random) for _ in range(2))
        first, second = _table(upper, style), _table(lower, style)
        page = _page(first[0] + second[0], style, upper, "tall")
        yield Sheet(name=f"stacked-{rules}", style="stacked", pages=[page], truth=[[first[1], second[1]]])

        first, second = _table(pairs(random), style), _table(pairs(random), style)
        body = f"<div class=beside><div>{first[0]}</div><div>{second[0]}</div></div>"
        page = _page(f"<p class=x>{PROSE}</p>{body}", style, pairs(random), "tall")
        yield Sheet(name=f"beside-{rules}", style="beside", pages=[page], truth=[[first[1], second[1]]])

        narrow = replace(style, size=7.0, pad=1.0)
        content = replace(random.choice((budget, CONTENTS[11], CONTENTS[9], CONTENTS[7]))(random), label_width=80)
        html, cells = _table(content, narrow)
        body = f"<div class=article><p class=x>{PROSE * 2}</p><div class=whole>{html}</div><p class=x>{PROSE * 3}</p></div>"
        yield Sheet(
            name=f"article-{rules}", style="article", pages=[_page(body, narrow, content, "tall")], truth=[[cells]]
        )

        content = random.choice((energy, survey, balance))(random)
        html, cells = _table(content, replace(style, size=7.0))
        page = _page(html, replace(style, size=7.0), content, "wide")
        turn = 90 if number % 2 else -90
        yield Sheet(name=f"turned-{rules}", style="turned", pages=[page], truth=[[cells]], paper="wide", turn=turn)

        yield _continued(style, random, rules)


def _continued(style: Style, random: Random, rules: str) -> Sheet:
    content = CONTENTS[0](random)
    body = [*content.rows[content.heads :]]
    pages, truth = [], []
    for half, rows in enumerate((body[:8], body[8:])):
        part = replace(
            content, rows=[*content.rows[: content.heads], *rows], title=content.title + (", continued" if half else "")
        )
        html, cells = _table(part, style)
        pages.append(_page(html, style, part, "tall"))
        truth.append([cells])
    return Sheet(name=f"continued-{rules}", style="continued", pages=pages, truth=truth)


def _without_tables() -> Iterator[Sheet]:
    """Pages that look a little like tables and are none."""
    style, content = Style(rules="none"), pairs(Random(1))
    fields = ("Name of applicant", "Street address", "City, State, ZIP", "Telephone", "Date of birth", "Employer")
    blank = "_" * 34
    bodies = {
        "columns-2": f"<div class=article><p class=x>{PROSE * 8}</p></div>",
        "columns-3": f"<div class='article three'><p class=x>{PROSE * 9}</p></div>",
        "form": "".join(f"<p class=x>{text}: {blank}</p>" for text in fields)
        + "<p class=x>[ ] Yes &nbsp; [ ] No &nbsp; Signed this ____ day of __________, 20__</p>",
        "signatures": f"<p class=x>{PROSE}</p>"
        + "".join(
            f"<div class=beside style='font:10pt serif;margin:22px 0'><div>Date: {month} 2, 2012</div><div>By: /s/ {name}<br>"
            f"<span style='border-top:1px solid #000;display:block'>{name}</span>{role}</div></div>"
            for month, name, role in (("March", "J. Q. Miller", "Chief Executive Officer"), ("March", "A. Ortiz", "Treasurer"),
                                      ("March", "R. Chen", "Director"))
        ),
        "bullets": "<ul>" + "".join(f"<li class=y>{part}.</li>" for part in PROSE.split(". ")[:4]) + "</ul><ol>"
        + "".join(f"<li class=y>{part} by {n + 3} percent in {2001 + n}.</li>" for n, part in enumerate(PROSE.split(". ")[:4])) + "</ol>",
        "equations": "".join(
            f"<p class=x>{PROSE}</p><p style='text-align:center;font:italic 11pt serif'>E<sub>{n}</sub> = m<sub>{n}</sub>c<sup>2</sup> + "
            f"{n}.5 x<sup>3</sup> − 4<span style='float:right'>({n})</span></p>" for n in range(1, 5)
        ),
        "addresses": "<div class=beside style='font:10pt serif'>"
        + "".join(f"<div>{name}<br>{n}00 Main Street, Suite {n}1<br>Springfield, IL 6270{n}<br>(217) 555-010{n}</div>"
                  for n, name in enumerate(("Office of Records", "Field Office East", "Field Office West"), start=1)) + f"</div><p class=x>{PROSE}</p>",
        "cover": "<div style='text-align:center;font:14pt serif'><br><br>UNITED STATES<br>BUREAU OF EXAMPLES<br><br><b>ANNUAL REPORT</b><br>"
        "For the fiscal year ended December 31, 2012<br><br>Report No. 12-345<br></div>" + f"<p class=x>{PROSE}</p>",
        "chart": _chart(), "bars": _bars(),
        "numbered": "".join(f"<p class=x>{n}.{m}&nbsp;&nbsp;&nbsp;{PROSE}</p>" for n in range(1, 3) for m in range(1, 4)),
        "letter": f"<p style='text-align:right;font:10pt serif'>June 4, 2010</p><p class=x>Dear Sir or Madam:</p><p class=x>{PROSE}</p>"
        "<p style='margin-left:300px;font:10pt serif'>Sincerely,<br><br>Jane Doe<br>Director</p>",
    }  # fmt: skip
    for name, body in bodies.items():
        yield Sheet(name=f"none-{name}", style="no table", pages=[_page(body, style, content, "tall")], truth=[[]])


def _chart() -> str:
    """Axis labels, a grid behind a line, a legend."""
    lines = "".join(
        f"<line x1=60 x2=480 y1={40 + 40 * n} y2={40 + 40 * n} stroke='#bbb'/><text x=30 y={44 + 40 * n}>{100 - 20 * n}</text>"
        for n in range(6)
    )
    years = "".join(f"<text x={70 + 60 * n} y=262>{2003 + n}</text>" for n in range(7))
    curve = "<polyline points='70,200 130,150 190,170 250,110 310,120 370,80 430,60' fill='none' stroke='#036'/>"
    legend = "<text x=200 y=290>Imports</text><text x=300 y=290>Exports</text>"
    return f"<p class=x>{PROSE}</p><svg width=520 height=310 font-size=11>{lines}{years}{curve}{legend}</svg><p class=x>{PROSE}</p>"


def _bars() -> str:
    """Bars with their values, names at the left."""
    bars = "".join(
        f"<text x=5 y={34 + 26 * n}>{name}</text><rect x=120 y={22 + 26 * n} width={value * 4} height=16 fill='#58a'/>"
        f"<text x={128 + value * 4} y={34 + 26 * n}>{value}%</text>"
        for n, (name, value) in enumerate(
            (("Agriculture", 12), ("Mining", 7), ("Manufacturing", 61), ("Services", 80), ("Government", 33))
        )
    )
    ticks = "".join(f"<text x={118 + 80 * n} y=175>{20 * n}</text>" for n in range(5))
    return f"<p class=x>{PROSE}</p><svg width=520 height=190 font-size=11>{bars}{ticks}</svg><p class=x>{PROSE}</p>"


def sheets() -> list[Sheet]:
    """All documents, the same ones in each run."""
    return [*_plain_sheets(), *_arranged_sheets(), *_without_tables()]


def as_html(printed: Sequence[Sheet]) -> str:
    """All pages in one file, each on paper of its own."""
    css = (
        "@page tall{size:8.5in 11in;margin:.8in} @page wide{size:11in 8.5in;margin:.7in} body{margin:0}"
        "section{break-after:page} .tall{page:tall} .wide{page:wide} .beside{display:flex;gap:40px} .beside>div{flex:1}"
        ".article{columns:2;column-gap:24px} .three{columns:3} .whole{break-inside:avoid} .y{font:10pt serif} table{break-inside:avoid}"
    )
    pages = "".join(page for sheet in printed for page in sheet.pages)
    return f"<!doctype html><meta charset=utf-8><style>{css}</style>{pages}"
