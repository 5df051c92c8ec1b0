"""`python -m benchmarks.generated_text`: share of the truth that a parse has in order, on documents made here.

The sources of the evaluation corpus are written in every format (`benchmarks.generated_documents`) and parsed. The
truth is what the generator printed: its blocks in order, footnotes behind the rest; running headers and footers are
left out on both sides. Characters are compared without white space, by longest common subsequence. In slides and
sheets, whose order is that of the file, that is all there is to get wrong; in PDF it is columns, notes and tables too.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path

from benchmarks.generated_documents import WRITERS
from benchmarks.independent_text import Likeness, comparable, likeness, mean
from benchmarks.parse_strategies import parse_here
from eval_data import generate
from eval_data.layout import lay_out
from eval_data.markup import Block, Source, read_source
from parsers.model import FURNITURE, Document, ElementKind
from parsers.policy import ParseOptions, parse_policy

GOAL = 0.98
_PRINTED = frozenset({"pdf", "scan"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    kind: str
    name: str
    likeness: Likeness
    missed: tuple[str, ...]


def true_text(source: Source, kind: str) -> str:
    """What the file shows: in print also the marks of lists, and the heads of tables again on every page."""
    blocks = lay_out(source)[1] if kind in _PRINTED else source.blocks
    return "\n".join([*_texts(blocks, kind, notes=False), *_texts(blocks, kind, notes=True)])


def _texts(blocks: Iterable[Block], kind: str, *, notes: bool) -> list[str]:
    return [
        "\n".join("\t".join(row) for row in block.rows)
        if block.rows
        else f"{block.marker if kind in _PRINTED and block.kind == 'list_item' else ''} {block.text}"
        for block in blocks
        if (block.kind == "footnote") is notes
    ]


def parsed_text(document: Document) -> str:
    """What was read, but for running headers and footers; footnotes behind the rest."""
    shown = [element for element in document.elements if element.kind not in FURNITURE]
    shown.sort(key=lambda element: element.kind is ElementKind.FOOTNOTE)
    return "\n".join(element.text for element in shown)


def measure(source: Source, kind: str, options: ParseOptions, scratch: Path) -> Result:
    path = scratch / f"{source.name}.{'pdf' if kind in _PRINTED else kind}"
    path.write_bytes(WRITERS[kind](source))
    truth, text = true_text(source, kind), parsed_text(parse_here(path, options))
    same = likeness(truth, text)
    return Result(kind=kind, name=source.name, likeness=same, missed=_missed(truth, text) if same.in_order < 1 else ())


def _missed(truth: str, text: str) -> tuple[str, ...]:
    """Parts of the truth that stand elsewhere or nowhere, the longest first."""
    first, second = comparable(truth), comparable(text)
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    parts = [first[low:high] for tag, low, high, _, _ in matcher.get_opcodes() if tag in ("delete", "replace")]
    return tuple(sorted(parts, key=lambda part: (-len(part), part))[:5])


def table(results: Sequence[Result]) -> str:
    """One line for each format, as Markdown; means over documents."""
    lines = ["| | documents | in order | in any order | surplus | worst |", "|---|---|---|---|---|---|"]
    for kind in dict.fromkeys(result.kind for result in results):
        own = [result.likeness for result in results if result.kind == kind]
        lines.append(
            f"| {kind} | {len(own)} | {mean([one.in_order for one in own]):.4f} "
            f"| {mean([one.in_any_order for one in own]):.4f} | {mean([one.surplus for one in own]):.4f} "
            f"| {min(one.in_order for one in own):.4f} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generated_text", description=__doc__)
    parser.add_argument("--formats", default=",".join(WRITERS), help="only these, as pdf,docx")
    parser.add_argument("--sources", type=Path, default=generate.SOURCES, help="a folder of sources (eval_data.markup)")
    parser.add_argument("--policy", default="balanced", help="fast, balanced, best, or budget:N")
    parser.add_argument("--output", type=Path, help="all results as JSON")
    asked = parser.parse_args(arguments)
    options = parse_policy(asked.policy)
    with tempfile.TemporaryDirectory() as scratch:
        results = [
            measure(source, kind, options, Path(scratch))
            for kind in asked.formats.split(",")
            for source in map(read_source, sorted(asked.sources.glob("*.md")))
        ]
    print(table(results))
    for result in sorted(results, key=lambda result: result.likeness.in_order):
        if result.likeness.in_order < GOAL:
            print(f"{result.name}.{result.kind}: {result.likeness.in_order:.4f}; without place: {result.missed[:2]}")
    if asked.output is not None:
        asked.output.write_text(json.dumps([asdict(result) for result in results], indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
