"""`python -m benchmarks.text_fidelity FOLDER…`: is our text what PDFium reads, in its order, and where we say it is?

Of the sampled pages that have a text layer:

* text: share of PDFium's characters that our canonical text of the page has in the same order (longest common
  subsequence), and in any order; white space left out, ligatures taken apart, hyphens alike. PDFium gives characters in
  the order of the file: columns, notes and running headers that the file draws in another order than a person reads
  them cost us "in order", and pages read by OCR because their text layer is garbage are compared with that garbage.
* spans: share of elements whose text PDFium finds again under their boxes (`regions[].boxes`; of tables, those of every
  cell), and share of those whose characters are there in another order (marks raised above a line). Offsets must be
  exact for all: `document.text[start:end] == text` for elements, regions of lines, and cells.

Prints the figures of each folder and the pages and elements that are worst.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pypdfium2 import PdfiumError

from benchmarks.independent_text import Likeness, PrintedPage, comparable, likeness, mean, read_by_mupdf, read_printed
from benchmarks.page_sample import SampledDocument, choose_pages, cut_pages
from benchmarks.parse_strategies import parse_here, text_of_page
from parsers.errors import ParseError
from parsers.model import Box, Document, Element, TextSource
from parsers.policy import parse_policy

FEWEST_CHARACTERS = 50
"""A page with fewer characters in its text layer is no born-digital page: a scan with a stamp, a divider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    kind: str
    file: str
    page: int
    source: str
    likeness: Likeness


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanResult:
    """`found` is what PDFium has under the boxes: `same` if it is the text, `alike` if its characters in any order;
    `again` if one of the two readers has them."""

    kind: str
    file: str
    page: int
    element: str
    text: str
    found: str
    same: bool
    alike: bool
    again: bool
    offsets: bool


def measure_document(
    sampled: SampledDocument,
    document: Document,
    printed: Sequence[PrintedPage],
    second: Sequence[PrintedPage],
) -> tuple[list[PageResult], list[SpanResult]]:
    """The results of one document, whose pages are those of `sampled`, in their order, and those of both readers."""
    read = {page.number for page in document.pages if page.text_source is TextSource.TEXT_LAYER}
    pages = [
        PageResult(
            kind=sampled.kind,
            file=sampled.path.name,
            page=sampled.pages[page.number - 1],
            source=page.text_source.value,
            likeness=likeness(printed[page.number - 1].text, text_of_page(document, page.number)),
        )
        for page in document.pages
        if printed[page.number - 1].count >= FEWEST_CHARACTERS
    ]
    spans = [
        _span_result(sampled, document, element, printed, second)
        for element in document.elements
        if element.text and {region.page for region in element.regions} <= read
    ]
    return pages, spans


def _span_result(
    sampled: SampledDocument,
    document: Document,
    element: Element,
    printed: Sequence[PrintedPage],
    second: Sequence[PrintedPage],
) -> SpanResult:
    text, found = _spans_of(document, element, printed)
    alike = _sorted(text) == _sorted(found)
    return SpanResult(
        kind=sampled.kind,
        file=sampled.path.name,
        page=sampled.pages[element.page - 1],
        element=element.kind.value,
        text=" | ".join(text),
        found=" | ".join(found),
        same=text == found,
        alike=alike,
        again=alike or _sorted(text) == _sorted(_spans_of(document, element, second)[1]),
        offsets=_exact(document, element),
    )


def _sorted(parts: Sequence[str]) -> list[list[str]]:
    return [sorted(part) for part in parts]


def _spans_of(document: Document, element: Element, printed: Sequence[PrintedPage]) -> tuple[list[str], list[str]]:
    """Texts of the element's parts, and what PDFium finds under the boxes of each."""
    parts = list(_parts(document, element))
    return (
        [comparable(text) for text, _, _ in parts],
        [comparable(printed[page - 1].under(boxes)) for _, page, boxes in parts],
    )


def _parts(document: Document, element: Element) -> Iterator[tuple[str, int, Sequence[Box]]]:
    """Text, page and boxes of every cell or, of what is no table, of every region."""
    if element.table is not None:
        for cell in element.table.cells:
            if cell.text:
                yield cell.text, cell.page, cell.boxes or (() if cell.bbox is None else (cell.bbox,))
        return
    for region in element.regions:
        yield document.text[region.start : region.end], region.page, region.boxes


def _exact(document: Document, element: Element) -> bool:
    cells = () if element.table is None else element.table.cells
    lines = all(
        document.text[region.start : region.end].count("\n") + 1 == len(region.boxes) for region in element.regions
    )
    return (
        lines
        and document.text[element.start : element.end] == element.text
        and all(document.text[cell.start : cell.end] == cell.text for cell in cells)
    )


def table(pages: Sequence[PageResult], spans: Sequence[SpanResult]) -> str:
    """One line for each kind, as Markdown: means over pages, shares of elements."""
    lines = [
        "| | pages | in order | in any order | surplus | below .97 "
        "| elements | spans | or reordered | or by MuPDF | offsets |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in dict.fromkeys(page.kind for page in pages):
        own = [page.likeness for page in pages if page.kind == kind]
        found = [span for span in spans if span.kind == kind]
        lines.append(
            f"| {kind} | {len(own)} | {_show(one.in_order for one in own)} | {_show(one.in_any_order for one in own)} "
            f"| {_show(one.surplus for one in own)} | {sum(one.in_order < 0.97 for one in own)} "
            f"| {len(found)} | {_show(span.same for span in found)} | {_show(span.alike for span in found)} "
            f"| {_show(span.again for span in found)} | {_show(span.offsets for span in found)} |"
        )
    return "\n".join(lines)


def _show(values: Iterable[float]) -> str:
    average = mean([float(value) for value in values])
    return "–" if average is None else f"{average:.4f}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text_fidelity", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--limit-pages", type=int, help="so many pages of each folder, evenly spaced")
    parser.add_argument("--policy", default="balanced", help="fast, balanced, best, or budget:N")
    parser.add_argument("--worst", type=int, default=15, help="pages and elements to show")
    parser.add_argument("--output", type=Path, help="all results, with their texts, as JSON")
    asked = parser.parse_args(arguments)
    options = parse_policy(asked.policy)
    pages: list[PageResult] = []
    spans: list[SpanResult] = []
    for folder in asked.folders:
        with tempfile.TemporaryDirectory() as scratch:
            for sampled, path in cut_pages(choose_pages(folder, asked.limit_pages), Path(scratch)):
                try:
                    document, printed, second = parse_here(path, options), read_printed(path), read_by_mupdf(path)
                except (ParseError, PdfiumError, RuntimeError) as error:
                    print(f"{sampled.path.name} is left out: {error}", file=sys.stderr)
                    continue
                more_pages, more_spans = measure_document(sampled, document, printed, second)
                pages += more_pages
                spans += more_spans
    print(table(pages, spans))
    _show_worst(pages, spans, asked.worst)
    if asked.output:
        results = {"pages": [asdict(page) for page in pages], "spans": [asdict(span) for span in spans]}
        asked.output.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return 0


def _show_worst(pages: Sequence[PageResult], spans: Sequence[SpanResult], most: int) -> None:
    for page in sorted(pages, key=lambda page: page.likeness.in_order)[:most]:
        same = page.likeness
        print(
            f"{page.file} page {page.page}: {same.in_order:.3f} in order, {same.in_any_order:.3f} in any order, "
            f"{same.surplus:.3f} surplus of {same.ours} characters, {page.source}"
        )
    for span in [span for span in spans if not span.again or not span.offsets][:most]:
        print(f"{span.file} page {span.page}: {span.element} {span.text[:90]!r}, under its boxes {span.found[:90]!r}")


if __name__ == "__main__":
    raise SystemExit(main())
