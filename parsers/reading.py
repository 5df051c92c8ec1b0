"""What the isolated child hands back of each page: everything that can be understood from one page alone.

These values travel as JSON (msgspec) from the child to the caller, who assembles the Document from all of them: what
is a heading or a running header can only be told with the whole document in view.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.model import Box, Derivation, Finding, TextSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The properties of a file: pages, and the title and language it declares for itself (often None)."""

    page_count: int
    title: str | None
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReading:
    """A printed line of canonical text. `bbox` holds the line's characters and none of a neighbour's.

    `wide_gaps` counts gaps between its parts as wide as between columns of a table; `mark` is
    a superscript the line begins with (a footnote mark) or "".
    """

    text: str
    bbox: Box
    baseline: float
    size: float
    bold: bool
    italic: bool
    monospace: bool
    upright: bool = True
    wide_gaps: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReading:
    """A cell; the same fields as `parsers.model.Cell`, before its place in the canonical text is known."""

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    header: bool = False
    text: str
    bbox: Box | None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """A table that was accepted, and how it came to be."""

    bbox: Box
    rows: int
    columns: int
    cells: tuple[CellReading, ...]
    derivation: Derivation


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureReading:
    """A place on the page that holds a picture."""

    bbox: Box
    derivation: Derivation


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The next thing in reading order: lines of one column, or a table, or a figure. Exactly one of the three is set.

    `left` and `right` bound the column that the lines stand in, in the reading direction of the lines.
    """

    left: float
    right: float
    lines: tuple[LineReading, ...] = ()
    table: TableReading | None = None
    figure: FigureReading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """One page as read.

    characters       visible characters of the text layer, white space not counted
    tables_found     tables a finder proposed; those accepted are among `blocks`
    text             how the lines came to be; its attempts are tables that were proposed and not accepted
    cpu_seconds      by step; a measurement, never part of the Document
    """

    number: int
    width: float
    height: float
    rotation: int
    text_source: TextSource
    blocks: tuple[Block, ...]
    characters: int
    tables_found: int
    text: Derivation
    findings: tuple[Finding, ...] = ()
    failed: bool = False
    cpu_seconds: dict[str, float] = field(default_factory=dict)
