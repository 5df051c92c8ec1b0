"""`python -m benchmarks.printed_tables`: tables in many styles, printed by a browser, read back by us and by others.

Needs a Chromium (`--browser`) and nothing else: contents and styles are made here, so the truth is known cell by cell.
A document's score is the F1 of its relations of neighbouring cells (Göbel, Hassan, Oro, Orsi, DocEng 2012), text
compared without white space and dot leaders. All tables of a page are counted together: a table that is cut, merged
with another one or invented costs the relations that are wrong. For pages without tables the count of tables is told.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pymupdf

from benchmarks.printed_table_pages import Sheet, TrueCell, as_html, sheets

Relations = Counter[tuple[str, str, str]]
Reader = Callable[[Path], list[list[list[TrueCell]]]]
"""Reads a PDF: for each page its tables."""

_LEADERS = re.compile(r"[.…·_\s]{3,}$")


def relations(cells: Iterable[TrueCell]) -> Relations:
    """Each filled cell with the next filled one to the right and below."""
    grid: dict[tuple[int, int], int] = {}
    texts: list[str] = []
    for row, column, rows, columns, text in cells:
        plain = "".join(_LEADERS.sub("", text).split()).upper()
        if plain:
            for r in range(row, row + rows):
                for c in range(column, column + columns):
                    grid.setdefault((r, c), len(texts))
            texts.append(plain)
    found: set[tuple[int, int, str]] = set()
    for way, key in (("right", lambda at: at), ("below", lambda at: at[::-1])):
        for before, after in pairwise(sorted(grid, key=key)):
            if key(before)[0] == key(after)[0] and grid[before] != grid[after]:
                found.add((grid[before], grid[after], way))
    return Counter((texts[a], texts[b], way) for a, b, way in found)


def f1(truth: Sequence[Sequence[TrueCell]], tables: Sequence[Sequence[TrueCell]]) -> float:
    """Of all tables of a page together; 1 where there are none and none were found."""
    true, found = (sum((relations(table) for table in each), Counter()) for each in (truth, tables))
    total = true.total() + found.total()
    return 2 * (true & found).total() / total if total else float(len(tables) == len(truth))


def sourcespan(policy: str) -> Reader:
    """This project's parser, in this process."""

    def read(path: Path) -> list[list[list[TrueCell]]]:
        from parsers.backends.pdf import open_document
        from parsers.policy import ParseOptions, ParsePolicy

        options = ParseOptions(policy=ParsePolicy(policy))
        with open_document(path, options) as document:
            return [
                [
                    [(c.row, c.column, c.row_span, c.column_span, c.text) for c in block.table.cells]
                    for block in document.read_page(number, options).blocks
                    if block.table is not None
                ]
                for number in range(1, document.page_count + 1)
            ]

    return read


def pymupdf_tables(path: Path) -> list[list[list[TrueCell]]]:
    """PyMuPDF's `find_tables()` with its defaults."""
    with pymupdf.open(path) as document:
        return [[_flat(table.extract()) for table in page.find_tables().tables] for page in document]


def pymupdf4llm_html(path: Path) -> list[list[list[TrueCell]]]:
    """pymupdf4llm's tables as HTML."""
    import json

    import pymupdf4llm

    result = json.loads(pymupdf4llm.to_json(str(path), use_ocr=False, table_output="html"))
    return [
        [_of_html(box["table"]["html"]) for box in page["boxes"] if box.get("table") and box["table"].get("html")]
        for page in result["pages"]
    ]


def camelot(flavor: str) -> Reader:
    """Camelot with its vector engine."""

    def read(path: Path) -> list[list[list[TrueCell]]]:
        import camelot as library

        with pymupdf.open(path) as document:
            pages: list[list[list[TrueCell]]] = [[] for _ in document]
        options = {"engine": "vector"} if flavor in ("lattice", "hybrid") else {}
        for number, tables in enumerate(pages, start=1):
            for table in library.read_pdf(str(path), pages=str(number), flavor=flavor, **options):
                tables.append(_flat(table.data))
        return pages

    return read


def _flat(rows: Iterable[Sequence[str | None]]) -> list[TrueCell]:
    return [(r, c, 1, 1, text or "") for r, row in enumerate(rows) for c, text in enumerate(row)]


def _of_html(text: str) -> list[TrueCell]:
    from lxml import html

    cells: list[TrueCell] = []
    taken: set[tuple[int, int]] = set()
    for number, row in enumerate(html.fromstring(text).iter("tr")):
        column = 0
        for cell in row.iter("td", "th"):
            rows, columns = int(cell.get("rowspan", 1)), int(cell.get("colspan", 1))
            while (number, column) in taken:
                column += 1
            taken.update((number + r, column + c) for r in range(rows) for c in range(columns))
            cells.append((number, column, rows, columns, " ".join(cell.itertext())))
            column += columns
    return cells


READERS: Mapping[str, Reader] = {
    "fast": sourcespan("fast"),
    "balanced": sourcespan("balanced"),
    "find_tables": pymupdf_tables,
    "pymupdf4llm": pymupdf4llm_html,
    "camelot hybrid": camelot("hybrid"),
    "camelot lattice": camelot("lattice"),
    "camelot network": camelot("network"),
}


def print_pages(printed: Sequence[Sheet], folder: Path, browser: str) -> list[Path]:
    """Print the sheets, each into a PDF of its own; those that are to be turned get their content turned."""
    source, whole = folder / "sheets.html", folder / "sheets.pdf"
    source.write_text(as_html(printed), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={whole}"]
    subprocess.run([browser, *flags, str(source)], check=True, capture_output=True, timeout=300)
    paths = []
    with pymupdf.open(whole) as document:
        if document.page_count != sum(len(sheet.pages) for sheet in printed):
            raise RuntimeError("A sheet ran over its page.")
        first = 0
        for sheet in printed:
            last = first + len(sheet.pages) - 1
            paths.append(folder / f"{sheet.name}.pdf")
            with pymupdf.open() as part:
                part.insert_pdf(document, from_page=first, to_page=last)
                _turned(part, sheet.turn).save(paths[-1])
            first = last + 1
    return paths


def _turned(document: pymupdf.Document, turn: int) -> pymupdf.Document:
    """Each page's content turned on a page of the other format, as word processors print wide tables."""
    if not turn:
        return document
    turned = pymupdf.open()
    for page in document:
        paper = turned.new_page(width=page.rect.height, height=page.rect.width)
        paper.show_pdf_page(paper.rect, document, page.number, rotate=turn)
    return turned


def measure(printed: Sequence[Sheet], paths: Sequence[Path], reader: Reader) -> tuple[list[float], float]:
    """The score of each sheet, and CPU seconds a page. A reader that fails on a sheet has found nothing in it."""
    scores = []
    begun = time.process_time()
    for sheet, path in zip(printed, paths, strict=True):
        try:
            found = reader(path)
        except Exception as error:  # noqa: BLE001  a peer may fail in any way; that is part of the result
            print(f"{sheet.name}: {type(error).__name__}", file=sys.stderr)
            found = [[] for _ in sheet.pages]
        pages = [f1(true, tables) for true, tables in zip(sheet.truth, found, strict=True)]
        scores.append(sum(pages) / len(pages))
    return scores, (time.process_time() - begun) / sum(len(sheet.pages) for sheet in printed)


def report(printed: Sequence[Sheet], scores: Mapping[str, Sequence[float]]) -> str:
    """Mean scores by style as a Markdown table; all sheets with tables together in the last row."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, sheet in enumerate(printed):
        groups[sheet.style].append(number)
        groups[f"*{sheet.name.split('-')[0]}*"].append(number)
    groups["**all with tables**"] = [n for n, sheet in enumerate(printed) if sheet.style != "no table"]
    lines = [f"| | sheets | {' | '.join(scores)} |", "|---" * (len(scores) + 2) + "|"]
    for name, members in groups.items():
        means = (f"{sum(column[n] for n in members) / len(members):.3f}" for column in scores.values())
        lines.append(f"| {name} | {len(members)} | {' | '.join(means)} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.printed_tables", description=__doc__)
    parser.add_argument("--browser", default="chromium", help="a Chromium that prints")
    parser.add_argument("--readers", nargs="+", choices=list(READERS), default=["fast", "balanced"])
    parser.add_argument("--keep", type=Path, help="keep the printed PDFs in this folder")
    parser.add_argument("--each", action="store_true", help="tell the score of each sheet below 1")
    options = parser.parse_args()
    printed = sheets()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        paths = print_pages(printed, folder, options.browser)
        scores: dict[str, list[float]] = {}
        costs: dict[str, float] = {}
        for name in options.readers:
            READERS[name](paths[0])
            scores[name], costs[name] = measure(printed, paths, READERS[name])
    if options.each:
        for number, sheet in enumerate(printed):
            if any(column[number] < 1 for column in scores.values()):
                print(f"{sheet.name:24}", *(f"{column[number]:.3f}" for column in scores.values()))
    print(report(printed, scores))
    print("\nCPU s a page:", ", ".join(f"{name} {cost:.3f}" for name, cost in costs.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
