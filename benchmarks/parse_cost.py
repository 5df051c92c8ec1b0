"""`python -m benchmarks.parse_cost FOLDER[:N]…`: what parsing costs and is worth, beside readers without a router.

Every strategy reads the same sampled pages in one process on one core, one after the other, file by file:

  fast, balanced, best   our policies
  layout                 the layout model on every page (pymupdf4llm), OCR on pages without a text layer
  everything             every page drawn and read by OCR, and the layout model on it

Costs are CPU seconds a page, after one file that is not counted (imports, models). Text: on pages with a text layer,
share of PDFium's characters that the strategy has in the same order; on pages without one, F1 of words where NAME.txt
beside the file has the truth. Tables: F1 of the relations of cells where NAME-str.xml beside it has the truth, averaged
over documents of which all pages are in the sample. Shares are of CPU seconds, by folder and over all.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pypdfium2 import PdfiumError

from benchmarks.independent_text import likeness, mean, read_printed, word_f1
from benchmarks.machine import this_machine
from benchmarks.page_sample import SampledDocument, choose_pages, cut_pages
from benchmarks.parse_strategies import ENGINES, Read, Strategy, everything, layout_everywhere, ours
from benchmarks.table_truth import table_f1, true_tables
from benchmarks.text_fidelity import FEWEST_CHARACTERS
from parsers.errors import ParseError

POLICIES = ("fast", "balanced", "best")
ALL = "all"
GOALS = {"everything": 0.40, "layout": 0.75}
"""What `balanced` may cost, as a share of what the others do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One strategy on one file. `texts` by page with a text layer, `words` by page without one; both from 0 to 1."""

    kind: str
    file: str
    strategy: str
    pages: int
    cpu_seconds: float
    texts: tuple[float, ...]
    words: tuple[float, ...]
    tables: float | None
    failure: str | None = None


def strategies(names: Sequence[str], engine: str) -> dict[str, Strategy]:
    """The strategies of these names; OCR engines are loaded where one is asked for that needs them."""
    found: dict[str, Strategy] = {}
    recognise = ENGINES[engine]() if set(names) - set(POLICIES) else None
    for name in names:
        if name in POLICIES:
            found[name] = ours(name)
        elif recognise is not None:
            found[name] = everything(recognise) if name == "everything" else layout_everywhere(recognise)
    return found


def measure(sampled: SampledDocument, path: Path, name: str, strategy: Strategy) -> Result:
    """Run a strategy on the file with the sampled pages, and compare what it reads with what is known."""
    started = time.process_time()
    failure = None
    try:
        read = strategy(path)
    except (ParseError, RuntimeError, ValueError) as error:
        read, failure = Read(pages={}, tables=()), f"{type(error).__name__}: {error}"
    seconds = time.process_time() - started
    texts, words = _text_scores(sampled, path, read.pages)
    truths = true_tables(sampled.path) if sampled.whole else []
    return Result(
        kind=sampled.kind,
        file=sampled.path.name,
        strategy=name,
        pages=len(sampled.pages),
        cpu_seconds=seconds,
        texts=texts,
        words=words,
        tables=table_f1(truths, read.tables) if truths else None,
        failure=failure,
    )


def _text_scores(
    sampled: SampledDocument, path: Path, pages: Mapping[int, str]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    printed = _printed(path)
    texts = tuple(
        likeness(text, pages.get(number, "")).in_order
        for number, text in enumerate(printed, start=1)
        if len("".join(text.split())) >= FEWEST_CHARACTERS
    )
    truth = sampled.true_text
    if texts or truth is None:
        return texts, ()
    return (), (word_f1(truth, "\n".join(pages[number] for number in sorted(pages))),)


def _printed(path: Path) -> list[str]:
    if path.suffix.lower() != ".pdf":
        return []
    try:
        return [page.text for page in read_printed(path, places=False)]
    except PdfiumError:
        return []


def table(results: Sequence[Result]) -> str:
    """Costs and scores by kind and strategy, then of all kinds together, as Markdown."""
    lines = [
        "| | strategy | pages | CPU s/page | text in order | words of scans | table F1 | failed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    kinds = list(dict.fromkeys(result.kind for result in results))
    for kind in _with_all(kinds):
        for name in dict.fromkeys(result.strategy for result in results):
            own = [result for result in results if result.strategy == name and kind in (result.kind, ALL)]
            if own:
                lines.append(f"| {kind} | {name} | {_row(own)} |")
    return "\n".join(lines)


def _with_all(kinds: Sequence[str]) -> Sequence[str]:
    return [*kinds, ALL] if len(kinds) > 1 else kinds


def _row(results: Sequence[Result]) -> str:
    cells = (
        f"{sum(result.pages for result in results)}",
        f"{cost_per_page(results):.3f}",
        _show(score for result in results for score in result.texts),
        _show(score for result in results for score in result.words),
        _show(result.tables for result in results if result.tables is not None),
        f"{sum(result.failure is not None for result in results)}",
    )
    return " | ".join(cells)


def cost_per_page(results: Iterable[Result]) -> float:
    counted = list(results)
    return sum(result.cpu_seconds for result in counted) / max(1, sum(result.pages for result in counted))


def ratios(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """CPU seconds of `balanced` as a share of each other strategy's, by kind and over all of them."""
    names = list(dict.fromkeys(result.strategy for result in results))
    kinds = list(dict.fromkeys(result.kind for result in results))
    shares: dict[str, dict[str, float]] = {}
    for kind in _with_all(kinds):
        own = [result for result in results if kind in (result.kind, ALL)]
        costs = {name: cost_per_page(result for result in own if result.strategy == name) for name in names}
        balanced = costs.pop("balanced", 0.0)
        shares[kind] = {name: balanced / cost for name, cost in costs.items() if cost > 0 and balanced > 0}
    return shares


def _show(values: Iterable[float]) -> str:
    average = mean(list(values))
    return "–" if average is None else f"{average:.4f}"


def on_one_core(work: Callable[[], list[Result]]) -> list[Result]:
    """Do the work on one core: libraries that start a thread for each core find one, and nobody spins beside."""
    if not hasattr(os, "sched_setaffinity"):
        return work()
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        return work()
    finally:
        os.sched_setaffinity(0, allowed)


def measure_all(documents: Sequence[SampledDocument], chosen: Mapping[str, Strategy], scratch: Path) -> list[Result]:
    """Every strategy on every file in turn. The first file is read once before, uncounted."""
    results: list[Result] = []
    for sampled, path in cut_pages(documents, scratch):
        for name, strategy in chosen.items():
            if not any(result.strategy == name for result in results):
                measure(sampled, path, name, strategy)
            results.append(measure(sampled, path, name, strategy))
        print(f"{sampled.path.name}: {len(sampled.pages)} pages", file=sys.stderr, flush=True)
    return results


def folder_and_limit(text: str, usual: int | None) -> tuple[Path, int | None]:
    """A folder, and how many pages of it: its own number behind a colon, or else the usual.

    >>> folder_and_limit("filings:24", None)
    (PosixPath('filings'), 24)
    """
    name, colon, number = text.rpartition(":")
    if colon and number.isdecimal() and not Path(text).exists():
        return Path(name), int(number)
    return Path(text), usual


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.parse_cost",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folders",
        nargs="+",
        metavar="FOLDER[:N]",
        help="of PDFs and images, in subfolders too; N is its own number of pages, instead of --limit-pages",
    )
    parser.add_argument("--limit-pages", type=int, help="so many pages of each folder, evenly spaced")
    parser.add_argument("--strategies", default="fast,balanced,best,layout,everything", help="separated by commas")
    parser.add_argument("--ocr", choices=tuple(ENGINES), default="tesseract", help="the engine of the last two")
    parser.add_argument("--output", type=Path, help="the results as JSON")
    asked = parser.parse_args(arguments)
    documents = [
        document
        for folder, limit in (folder_and_limit(text, asked.limit_pages) for text in asked.folders)
        for document in choose_pages(folder, limit, images=True)
    ]
    if not documents:
        parser.error("there is no PDF or image in these folders")
    with tempfile.TemporaryDirectory() as scratch:
        results = on_one_core(
            lambda: measure_all(documents, strategies(asked.strategies.split(","), asked.ocr), Path(scratch))
        )
    machine = this_machine()
    print(f"{machine.cpu}, {machine.cores} cores, {' '.join(machine.flags)}; OCR of layout, everything: {asked.ocr}")
    print(table(results))
    for kind, shares in ratios(results).items():
        for name, share in shares.items():
            goal = f" (goal over a mixed set: at most {GOALS[name]:.0%})" if name in GOALS else ""
            print(f"{kind}: balanced costs {share:.1%} of {name}{goal}")
    for result in results:
        if result.failure is not None:
            print(f"{result.strategy} failed on {result.file}: {result.failure[:200]}")
    if asked.output is not None:
        written = {"machine": machine.as_json(), "ocr": asked.ocr, "results": [asdict(result) for result in results]}
        asked.output.write_text(json.dumps(written, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
