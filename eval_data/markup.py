"""The sources of the corpus: plain text with a little markup, read into blocks.

A source begins with a head between two lines of `---` (`key: value`), then holds blocks separated by blank lines:

    # Title    ## Heading    ### Heading below    paragraph
    - item     1. item                              items of a list, one a line
    {ruled}                                         a table; `ruled`, `lines` (under the header) or `plain`
    | a | b |                                       its rows, the first one is the header; `widths=2,6` wraps cells
    {page}                                          a new page begins
    [^1]: text                                      a footnote; `[^1]` in a paragraph refers to it

A backslash at the end of a line keeps the line break.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEADING = re.compile(r"^(#{1,4}) (.+)$")
ITEM = re.compile(r"^(-|\d+\.) (.+)$")
FOOTNOTE = re.compile(r"^\[\^(\d+)\]: (.+)$")
CAPTION = re.compile(r"^Table \d+\. ")
REFERENCE = re.compile(r"\[\^(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One unit as a reader sees it. `text` is what is printed; `rows` are the cells of a table; `pages` is filled in
    when the document is laid out."""

    kind: str
    text: str = ""
    level: int | None = None
    marker: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    style: str = ""
    widths: tuple[float, ...] = ()
    references: tuple[int, ...] = ()
    pages: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    title: str
    author: str
    font: str = "sans"
    size: float = 10
    columns: int = 1
    header: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    head: Head
    blocks: tuple[Block, ...]

    @property
    def footnotes(self) -> dict[int, Block]:
        return {int(block.marker): block for block in self.blocks if block.kind == "footnote"}


def read_source(path: Path) -> Source:
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    values = dict(line.split(": ", 1) for line in head.strip().splitlines())
    typed = {
        key: float(value) if key == "size" else int(value) if key == "columns" else value
        for key, value in values.items()
    }
    blocks = tuple(block for part in re.split(r"\n\s*\n", body.strip()) for block in _blocks(part.splitlines()))
    return Source(name=path.stem, head=Head(**typed), blocks=blocks)  # type: ignore[arg-type]


def _blocks(lines: list[str]) -> Iterator[Block]:
    first = lines[0]
    if match := HEADING.match(first):
        level = len(match[1]) - 1
        yield Block(kind="heading" if level else "title", text=match[2], level=level)
    elif first == "{page}":
        yield Block(kind="page_break")
    elif first.startswith("{"):
        yield _table(first.strip("{}").split(), lines[1:])
    elif FOOTNOTE.match(first):
        for match in filter(None, map(FOOTNOTE.match, lines)):
            yield Block(kind="footnote", text=f"{match[1]} {match[2]}", marker=match[1])
    elif ITEM.match(first):
        for match in filter(None, map(ITEM.match, lines)):
            marker = "•" if match[1] == "-" else match[1]
            yield Block(kind="list_item", text=match[2], marker=marker)
    else:
        text = " ".join(lines).replace("\\ ", "\n")
        references = tuple(int(match[1]) for match in REFERENCE.finditer(text))
        kind = "caption" if CAPTION.match(text) else "paragraph"
        yield Block(kind=kind, text=REFERENCE.sub(r"\1", text), references=references)


def _table(directive: list[str], lines: list[str]) -> Block:
    options = dict(option.split("=") for option in directive[1:])
    rows = tuple(tuple(cell.strip() for cell in line.strip().strip("|").split("|")) for line in lines)
    if len({len(row) for row in rows}) != 1:
        raise ValueError(f"rows of different length in the table that begins with {lines[0]!r}")
    widths = tuple(float(width) for width in options.get("widths", "").split(",") if width)
    return Block(kind="table", rows=rows, style=directive[0], widths=widths)
