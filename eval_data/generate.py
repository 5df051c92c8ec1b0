"""Makes the corpus: `python -m eval_data.generate [FOLDER]` writes documents/, truth/, questions.jsonl and qrels.txt.

Everything is derived from sources/. The bytes depend on the sources and the release of reportlab only.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from eval_data.layout import lay_out
from eval_data.markup import Block, Source, read_source

HERE = Path(__file__).parent
SOURCES = HERE / "sources"


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def truth_of(source: Source, blocks: tuple[Block, ...], pages: int) -> dict[str, Any]:
    """What the document prints, in reading order. A table that goes over pages is there once for each page, with the
    rows (the repeated header too) of that page."""
    return {
        "schema_version": 1,
        "document": f"{source.name}.pdf",
        "title": source.head.title,
        "columns": source.head.columns,
        "pages": pages,
        "furniture": [text for text in (source.head.header, source.head.footer) if text],
        "blocks": [_truth_of_block(block) for block in blocks],
    }


def _truth_of_block(block: Block) -> dict[str, Any]:
    truth: dict[str, Any] = {"kind": block.kind, "pages": block.pages}
    if block.kind == "table":
        return truth | {"style": block.style, "rows": [list(row) for row in block.rows]}
    if block.kind == "list_item":
        truth["marker"] = block.marker
    if block.level is not None:
        truth["level"] = block.level
    return truth | {"text": squeeze(block.text)}


def printed_on(truth: dict[str, Any], page: int) -> str:
    """All blocks that are wholly or partly on the page, a row of a table a line; white space single."""
    texts = [
        " ".join(" ".join(row) for row in block["rows"]) if block["kind"] == "table" else block["text"]
        for block in truth["blocks"]
        if page in block["pages"]
    ]
    return squeeze(" ".join(texts))


def locate(truth: dict[str, Any], quote: str) -> int:
    """The first page on which the quote is printed."""
    for page in range(1, truth["pages"] + 1):
        if squeeze(quote) in printed_on(truth, page):
            return page
    raise ValueError(f"{truth['document']} does not print {quote!r}")


def questions(truths: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The questions with the page of each quote filled in."""
    for number, question in enumerate(yaml.safe_load((SOURCES / "questions.yaml").read_text(encoding="utf-8")), 1):
        gold = [
            {"document": f"{name}.pdf", "page": locate(truths[name], quote), "quote": quote}
            for name, quote in question.get("gold", {}).items()
        ]
        kind = question["type"]
        if bool(gold) == (kind == "unanswerable"):
            raise ValueError(f"question {number} is {kind} and has {len(gold)} gold passages")
        yield {
            "id": f"q{number:02d}",
            "query": question["query"],
            "type": kind,
            "answer": question.get("answer"),
            "gold": gold,
        }


def qrels(asked: list[dict[str, Any]]) -> Iterator[str]:
    """TREC lines at the level of pages: question, 0, document#page, 1."""
    for question in asked:
        for page in dict.fromkeys(f"{gold['document']}#{gold['page']}" for gold in question["gold"]):
            yield f"{question['id']} 0 {page} 1"


def write(folder: Path) -> None:
    for part in ("documents", "truth"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    truths: dict[str, dict[str, Any]] = {}
    for path in sorted(SOURCES.glob("*.md")):
        source = read_source(path)
        content, blocks, pages = lay_out(source)
        truths[source.name] = truth_of(source, blocks, pages)
        (folder / "documents" / f"{source.name}.pdf").write_bytes(content)
        text = json.dumps(truths[source.name], ensure_ascii=False, indent=1)
        (folder / "truth" / f"{source.name}.json").write_text(text + "\n", encoding="utf-8")
    asked = list(questions(truths))
    lines = [json.dumps(question, ensure_ascii=False) for question in asked]
    (folder / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "qrels.txt").write_text("\n".join(qrels(asked)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
