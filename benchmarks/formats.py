"""`python -m benchmarks.formats FOLDER`: structure kept of many formats, beside `unstructured` and `markitdown`.

FOLDER holds `FORMAT/FILE` and, for some files, `expected/FILE.md`: what a person would expect of it, as Markdown. Of
every tool's result the same four things are compared with it, as multisets: words, headings, list items and table
cells. A tool that fails on a file has found nothing in it. Expected Markdown made by another tool is a question and
no truth: look at the file before believing a difference.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

ASPECTS = ("words", "headings", "items", "cells")
_WORD = re.compile(r"\w+")
_NUMBER_OR_BULLET = re.compile(r"^(?:[•●▪■◦○‣▸►–*·-]|\(?\w{1,4}[.)])\s+")
_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.S)


@dataclass(slots=True)
class Structure:
    """What a tool found in a file; texts without case, punctuation and white space."""

    words: Counter[str] = field(default_factory=Counter)
    headings: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    cells: Counter[str] = field(default_factory=Counter)

    def add(self, aspect: str, text: str) -> None:
        """Count a heading, list item or cell; its words are counted apart."""
        key = " ".join(_WORD.findall(text.lower()))
        if key:
            getattr(self, aspect)[key] += 1

    def add_words(self, text: str) -> None:
        self.words.update(_WORD.findall(text.lower()))


Tool = Callable[[Path], Structure]


def of_markdown(text: str) -> Structure:
    """The structure of a Markdown text."""
    found = Structure()
    markdown = MarkdownIt("commonmark", {"maxNesting": 200}).enable(["table", "strikethrough"])
    containers: list[str] = []
    waiting = False  # an item whose first paragraph has not come yet
    for token in markdown.parse(text):
        if token.type.endswith("_open"):
            containers.append(token.type)
            waiting = token.type == "list_item_open" or (waiting and token.type == "paragraph_open")
        elif token.type.endswith("_close"):
            containers.pop()
        elif token.type == "inline":
            shown = _inline_text(token)
            found.add_words(shown)
            if "heading_open" in containers:
                found.add("headings", shown)
            elif containers and containers[-1] in ("td_open", "th_open"):
                found.add("cells", shown)
            elif waiting:
                found.add("items", _NUMBER_OR_BULLET.sub("", shown))
            waiting = False
        elif token.type in ("fence", "code_block"):
            found.add_words(token.content)
        elif token.type == "html_block":
            found.add_words(_TAG.sub(" ", token.content))
    return found


def _inline_text(token: Token) -> str:
    parts = []
    for child in token.children or ():
        if child.type in ("text", "code_inline", "image"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return _TAG.sub(" ", "".join(parts))


def sourcespan(path: Path) -> Structure:
    """This project's parser, in this process."""
    from parsers.detection import detect_media_type
    from parsers.formats import open_document
    from parsers.model import FURNITURE, ElementKind
    from parsers.parse import assemble, inspect, read_pages
    from parsers.policy import ParseOptions

    options = ParseOptions()
    with path.open("rb") as stream:
        media_type = detect_media_type(stream, path.name)
    with open_document(path, media_type, options) as opened:
        inspection = inspect(opened)
        readings = read_pages(opened, 1, inspection.page_count, options)
    document = assemble(inspection, readings, [], sha256="0" * 64, media_type=media_type, options=options).document
    found = Structure()
    for element in document.elements:
        if element.kind in FURNITURE:
            continue
        found.add_words(element.text)
        if element.kind in (ElementKind.TITLE, ElementKind.HEADING):
            found.add("headings", element.text)
        elif element.kind is ElementKind.LIST_ITEM:
            found.add("items", _NUMBER_OR_BULLET.sub("", element.text))
        for cell in element.table.cells if element.table is not None else ():
            found.add("cells", cell.text)
    return found


def unstructured(path: Path) -> Structure:
    """`unstructured`'s partition with its defaults, its tokenizer seeded so that it fetches nothing."""
    import os

    os.environ.setdefault("SCARF_NO_ANALYTICS", "true")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("UNSTRUCTURED_DISABLE_NOTICE", "1")
    import spacy
    from unstructured.nlp import tokenize
    from unstructured.partition.auto import partition

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    tokenize._get_nlp = lambda: pipeline
    found = Structure()
    for element in partition(filename=str(path)):
        text = element.text or ""
        found.add_words(text)
        if element.category == "Title":
            found.add("headings", text)
        elif element.category == "ListItem":
            found.add("items", _NUMBER_OR_BULLET.sub("", text))
        elif element.category == "Table" and element.metadata.text_as_html:
            for cell in _html_cells(element.metadata.text_as_html):
                found.add("cells", cell)
    return found


def _html_cells(html: str) -> Iterable[str]:
    from lxml import html as lxml_html

    return (" ".join(cell.itertext()) for cell in lxml_html.fromstring(html).iter("td", "th"))


def markitdown(path: Path) -> Structure:
    """`markitdown` with its plugins off."""
    from markitdown import MarkItDown

    return of_markdown(MarkItDown(enable_plugins=False).convert(str(path)).markdown)


TOOLS: Mapping[str, Tool] = {"sourcespan": sourcespan, "unstructured": unstructured, "markitdown": markitdown}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One tool on one file. `scores` are (found and expected, expected, found) by aspect."""

    file: str
    tool: str
    scores: Mapping[str, tuple[int, int, int]]
    cpu_seconds: float
    failure: str | None = None


def measure(path: Path, expected: Path, tool: str) -> Result:
    """Run a tool on a file and compare. A first run that imports libraries is for the caller to do apart."""
    truth = of_markdown(expected.read_text(encoding="utf-8"))
    begin = time.process_time()
    failure = None
    try:
        found = TOOLS[tool](path)
    except Exception as error:  # noqa: BLE001  a tool may fail in any way; that is part of the result
        found, failure = Structure(), f"{type(error).__name__}: {error}"[:120]
    seconds = time.process_time() - begin
    scores = {}
    for aspect in ASPECTS:
        wanted, got = getattr(truth, aspect), getattr(found, aspect)
        scores[aspect] = ((wanted & got).total(), wanted.total(), got.total())
    return Result(file=path.name, tool=tool, scores=scores, cpu_seconds=round(seconds, 3), failure=failure)


def table(results: Sequence[Result], by: Callable[[Result], str]) -> str:
    """Recall and precision by group and tool, with counts added up over the files of the group, as Markdown."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((by(result), result.tool), []).append(result)
    lines = [
        "| | tool | files | failed | words R / P | headings R / P | list items R / P | cells R / P | CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (group, tool), members in sorted(groups.items(), key=lambda item: (item[0][0], list(TOOLS).index(item[0][1]))):
        shares = [_share([member.scores[aspect] for member in members]) for aspect in ASPECTS]
        failed = sum(1 for member in members if member.failure)
        seconds = sum(member.cpu_seconds for member in members)
        lines.append(f"| {group} | {tool} | {len(members)} | {failed} | {' | '.join(shares)} | {seconds:.2f} |")
    return "\n".join(lines)


def _share(scores: Sequence[tuple[int, int, int]]) -> str:
    both, wanted, got = (sum(part) for part in zip(*scores, strict=True))
    recall = f"{both / wanted:.3f}" if wanted else "–"
    precision = f"{both / got:.3f}" if got else "–"
    return f"{recall} / {precision}" + (f" of {wanted}" if wanted else "")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.formats", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--formats", help="only these, as html,md")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--files", action="store_true", help="a line for every file")
    parser.add_argument("--output", type=Path, help="where the results go as JSON")
    chosen = parser.parse_args(arguments)
    wanted = set(chosen.formats.split(",")) if chosen.formats else None
    results: list[Result] = []
    for expected in sorted((chosen.folder / "expected").glob("*.md")):
        name = expected.name.removesuffix(".md")
        for path in sorted(chosen.folder.glob(f"*/{name}")):
            if path.parent.name != "expected" and (wanted is None or path.parent.name in wanted):
                results += _measured(path, expected, chosen.tools.split(","))
    for result in results:
        if result.failure:
            print(f"{result.tool} failed on {result.file}: {result.failure}", file=sys.stderr)
    print(table(results, by=lambda result: result.file if chosen.files else result.file.rpartition(".")[2]))
    if chosen.output:
        chosen.output.write_text(json.dumps([_as_json(result) for result in results], indent=1), encoding="utf-8")
    return 0


_warm: set[str] = set()


def _measured(path: Path, expected: Path, tools: Sequence[str]) -> list[Result]:
    results = []
    for tool in tools:
        kind = f"{tool} {path.suffix}"
        if kind not in _warm:
            measure(path, expected, tool)  # imports are paid once per process, and not per file
            _warm.add(kind)
        results.append(measure(path, expected, tool))
    return results


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "file": result.file,
        "tool": result.tool,
        "cpu_seconds": result.cpu_seconds,
        "failure": result.failure,
        **{aspect: list(result.scores[aspect]) for aspect in ASPECTS},
    }


if __name__ == "__main__":
    raise SystemExit(main())
