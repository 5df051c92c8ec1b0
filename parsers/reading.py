"""What the isolated child hands back of each page: everything that can be understood from one page alone.

These values travel as JSON (msgspec) from the child to the caller, who assembles the Document from all of them: what
is a heading or a running header can only be told with the whole document in view.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.model import Box, Derivation, ElementKind, Finding, Flag, Role, TextSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The properties of a file: pages, the title and language it declares for itself (often None), files inside it.

    `findings` are about the file as a whole (`damaged_repaired`, members of an archive that were left out).
    """

    page_count: int
    title: str | None
    language: str | None
    children: tuple[ChildEntry, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEntry:
    """A file inside the file, in its order there: the name it goes by, with folders, and its size (None: not known)."""

    name: str
    size: int | None = None


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
    """A cell; the same fields as `parsers.model.Cell`, before its place in the canonical text is known.

    `links` are those of its text; they become links of the table's Element.
    """

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    header: bool = False
    text: str
    bbox: Box | None
    boxes: tuple[Box, ...] = ()
    address: str | None = None
    formula: str | None = None
    value: str | None = None
    links: tuple[LinkReading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """A table that was accepted, and how it came to be. `bbox` is None in formats without geometry.

    `flags` as of `TypedText`: a sheet that the workbook hides. `column_names` as of `parsers.model.Table`.
    """

    bbox: Box | None
    rows: int
    columns: int
    cells: tuple[CellReading, ...]
    derivation: Derivation
    flags: tuple[Flag, ...] = ()
    column_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReading:
    """A picture as it is kept: PNG or JPEG (or the file's own bytes of another image type). Size in pixels.

    `sha256` is set, and `data` empty, once the picture itself has been handed on.
    """

    media_type: str
    width: int
    height: int
    data: bytes
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureReading:
    """A place that holds a picture. `lines` are its labels, as printed; `alt` what the file says it shows."""

    bbox: Box | None
    derivation: Derivation
    lines: tuple[LineReading, ...] = ()
    alt: str = ""
    image: ImageReading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkReading:
    """A link whose anchor is `text[start:end]` of the text it belongs to."""

    start: int
    end: int
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedText:
    """Text of which the file itself says what it is: a heading of Word, a list item of HTML, a comment.

    `text` is canonical: white space inside a line collapsed, lines parted by a newline, never a blank line (but in
    code, which is kept as it is). `level` as of `parsers.model.Element`. `bbox` is where a slide has it.
    """

    kind: ElementKind
    text: str
    bbox: Box | None = None
    level: int | None = None
    role: Role | None = None
    flags: tuple[Flag, ...] = ()
    links: tuple[LinkReading, ...] = ()
    derivation: Derivation


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The next thing in reading order: lines of one column, a table, a figure, or typed text. Exactly one is set.

    `left` and `right` bound the column that the lines stand in, in the reading direction of the lines. `kind` is what
    a layout model took the lines for, where one was asked. `flags` mark lines that a reader does not see.
    """

    left: float = 0.0
    right: float = 0.0
    lines: tuple[LineReading, ...] = ()
    kind: ElementKind | None = None
    flags: tuple[Flag, ...] = ()
    table: TableReading | None = None
    figure: FigureReading | None = None
    typed: TypedText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReading:
    """One page as read.

    characters       characters of its text (hidden ones included), white space not counted
    tables_found     tables a finder proposed; those accepted are among `blocks`
    text             how the lines came to be; its attempts are tables that were proposed and not accepted
    language         found out from its text, as an ISO 639-1 code; None where the file declares it, or none is clear
    ocr_confidence   mean over the characters read by OCR, from 0 to 1; None without OCR
    unsure           how many of its words OCR is not sure of
    certain          the words that OCR is certain of; of use, and there, where a vision model may be asked
    quarter_turns    clockwise turns that made most of its text upright; sizes and boxes are those after turning
    skew             degrees by which its lines then still fell to the right; boxes are those of the page made straight
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
    name: str | None = None
    language: str | None = None
    ocr_confidence: float | None = None
    unsure: int = 0
    certain: tuple[str, ...] = ()
    quarter_turns: int = 0
    skew: float = 0.0
    findings: tuple[Finding, ...] = ()
    failed: bool = False
    cpu_seconds: dict[str, float] = field(default_factory=dict)
