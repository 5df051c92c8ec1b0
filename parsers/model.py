"""What a parse yields: the types of the parse contract (schema version 1), as frozen values.

Shapes and units hold everywhere in this project:

* offsets are Unicode code points into `Document.text`, half-open;
* pages count from 1; rows and columns of a table count from 0;
* boxes are `(left, top, right, bottom)` in PDF points from the top-left corner of the page as a reader sees it
  (rotation applied).

The tree of a `Document` is the tree of the JSON contract, so encoding needs no mapping. Measurements (CPU seconds) are
kept beside it in a `ParseOutcome`: the same bytes, producer and policy give the same `Document`, on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

SCHEMA_VERSION = 1

Box = tuple[float, float, float, float]


class ElementKind(StrEnum):
    """What an Element is. `HEADER`, `FOOTER` are page furniture and not body text."""

    TITLE = "title"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    FIGURE = "figure"
    CAPTION = "caption"
    FORMULA = "formula"
    CODE = "code"
    FOOTNOTE = "footnote"
    HEADER = "header"
    FOOTER = "footer"


FURNITURE = frozenset({ElementKind.HEADER, ElementKind.FOOTER})


class TextSource(StrEnum):
    """Where the text of a page came from."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    MIXED = "mixed"
    NONE = "none"


class LedgerState(StrEnum):
    """`EMPTY`: no text at all; `PARTIAL`: something was not understood, see the findings; else `COMPLETE`."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One place of an Element. `text[start:end]` has one line per box, in order (a table: one row per box).

    Formats without geometry (DOCX, HTML, mail) have no `bbox` and no boxes.
    """

    page: int
    bbox: Box | None
    boxes: tuple[Box, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table. `bbox` is None for an empty cell whose place is not known, and in formats without geometry.

    `boxes` has one box per printed line where there are several (then other cells may reach into `bbox`), else none.
    Of a spreadsheet's cell `address` is its name in the sheet (`B7`), `formula` its formula as stored (`=SUM(B2:B6)`),
    and `value` the value as stored (`0.0725`) where the sheet, and so `text`, shows it in another form (`7.3%`).
    """

    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    header: bool = False
    text: str
    page: int
    bbox: Box | None
    boxes: tuple[Box, ...] = ()
    start: int
    end: int
    address: str | None = None
    formula: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A grid, its cells in the order of their text.

    Canonical text: cells of a row joined by a tab, rows by a newline; white space in a cell collapsed. `column_names`
    has a name for each column, or "", where the table goes on from an earlier page that has its header rows; else none.
    """

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    column_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An extractor that was tried, and why its result was kept or not."""

    extractor: str
    version: str
    confidence: float
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """How an Element came to be. `price` is in the fixed prices of the routing policy, `cost_usd` is money spent."""

    extractor: str
    version: str
    confidence: float
    reason: str
    price: float = 0.0
    cost_usd: float = 0.0
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a part of the text points to: `document.text[start:end]` is its anchor. Never followed."""

    start: int
    end: int
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReference:
    """A picture that was cut out of a document; its bytes are kept by their hash. Size in pixels."""

    sha256: str
    media_type: str
    width: int
    height: int


class Role(StrEnum):
    """What an Element is for, where that is not the running text."""

    COMMENT = "comment"
    SPEAKER_NOTES = "speaker_notes"
    MAIL_HEADER = "mail_header"
    ALT_TEXT = "alt_text"
    MEMBER = "member"
    NAVIGATION = "navigation"


class Flag(StrEnum):
    """Why the text of an Element must not be mixed with what a reader of the document sees."""

    INVISIBLE = "invisible"
    OFF_PAGE = "off_page"
    BACKGROUND_COLOR = "background_color"
    HIDDEN = "hidden"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """A typed unit of a document: `text == document.text[start:end]`.

    `level` is the depth of a title (0) or heading (1 and up) or the nesting of a list item; `section_path` are the
    headings above it, outermost first; `parent` is the id of the heading (or of a caption's figure or table) above it.
    The text of a figure is that of its labels; `image` is the picture itself.
    """

    id: str
    kind: ElementKind
    page: int
    bbox: Box | None
    regions: tuple[Region, ...]
    start: int
    end: int
    text: str
    section_path: tuple[str, ...] = ()
    level: int | None = None
    parent: str | None = None
    table: Table | None = None
    role: Role | None = None
    flags: tuple[Flag, ...] = ()
    links: tuple[Link, ...] = ()
    image: ImageReference | None = None
    derivation: Derivation


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, sheet or slide; size in points as a reader sees it, `rotation` in degrees as stored in the file.

    `name` is what the file calls it (a sheet's name). The size is 0 × 0 in formats without geometry.
    """

    number: int
    width: float
    height: float
    rotation: int
    text_source: TextSource
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something a person may have to look at. `page` is None when it is about the whole document."""

    page: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What went in and what came out. `text_coverage`: share of the text layer's characters that ended in elements."""

    state: LedgerState
    pages_total: int
    pages_parsed: int
    text_coverage: float
    tables_found: int
    tables_extracted: int
    figures_found: int
    ocr_pages: int
    ocr_confidence: float | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentProperties:
    """`text` is the canonical text: as printed, reading order, elements separated by one blank line."""

    sha256: str
    media_type: str
    title: str | None
    language: str | None
    page_count: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A file inside the file: an attachment, a member of an archive. A Document of its own with its parent's access."""

    name: str
    media_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One reading of a DocumentVersion. `parse_id` names (bytes, producer version, policy)."""

    schema_version: int = SCHEMA_VERSION
    parse_id: str
    producer: str
    policy: str
    document: DocumentProperties
    pages: tuple[Page, ...]
    elements: tuple[Element, ...]
    ledger: Ledger
    children: tuple[Child, ...] = ()

    @property
    def text(self) -> str:
        return self.document.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What a parse cost on this machine: CPU seconds in all, by step, and by element id; and in money."""

    cpu_seconds: float = 0.0
    cost_usd: float = 0.0
    by_step: dict[str, float] = field(default_factory=dict)
    by_element: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOutcome:
    """A Document and, beside it, what was measured while making it, and the pictures it refers to, by SHA-256."""

    document: Document
    measurements: Measurements
    images: Mapping[str, bytes] = field(default_factory=dict)
