"""The values of retrieval: what is indexed, what is asked, what comes back.

Offsets, pages and boxes follow `parsers.model`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from parsers.model import Box

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks. Comes only from a verified credential. `groups` always contains `EVERYONE`."""

    id: str
    tenant: str
    groups: frozenset[str] = frozenset({EVERYONE})
    scopes: frozenset[str] = frozenset()
    business_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open range of the canonical text on one page, with its place.

    `quote == document.text[start:end]`. `boxes`: one per printed line. `cell` is
    `(row, column)` where the span is a cell of a table.
    """

    start: int
    end: int
    page: int
    page_size: tuple[float, float]
    boxes: tuple[Box, ...]
    cell: tuple[int, int] | None = None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """The part of a table that a chunk holds: `html`, and its cells as rows of text."""

    html: str
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageImage:
    """A figure that belongs to a passage: its place, and its picture by hash (None: only the place is known).

    Width and height in pixels; `bbox` and `page_size` in points.
    """

    element_id: str
    page: int
    page_size: tuple[float, float]
    bbox: Box | None
    media_type: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """The unit that is indexed: one contiguous range of one page of one Parse, plus a context header.

    `spans` lie in order inside `[start, end)`. `context_header` (title and section path) is never part of canonical
    text. `row_context` holds, for rows of a table, the "header: value" form; it is indexed, never quoted. `flags` say
    why a reader of the document would not see the text (`parsers.model.Flag`); `images` are figures that belong to it.
    """

    id: str
    document_id: str
    version: str
    parse_id: str
    ordinal: int
    page: int
    start: int
    end: int
    text: str
    spans: tuple[Span, ...]
    element_ids: tuple[str, ...]
    element_types: tuple[str, ...]
    section_path: tuple[str, ...] = ()
    context_header: str = ""
    row_context: str = ""
    table: TableView | None = None
    flags: tuple[str, ...] = ()
    images: tuple[PassageImage, ...] = ()
    parser: str
    parser_version: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """Where the record of a chunk lies in the chunk file of its Parse: byte offset and length."""

    offset: int
    length: int


class PointKind(StrEnum):
    """`CHUNK`: a passage. `PAGE`: a whole page, its words and the vector of its sketch. `TITLE`: one line per document
    (its title), what the document boost is computed from. Each kind is searched by itself."""

    CHUNK = "chunk"
    PAGE = "page"
    TITLE = "title"


AttributeValue = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PointPayload:
    """Ids and filters of a point; no text and no geometry.

    A chunk has its `locator`; a page has in `chunks` those of its passages, with their ordinals.
    """

    kind: PointKind
    tenant: str
    collection: str
    document: str
    version: str
    parse: str
    access: tuple[str, ...] = (EVERYONE,)
    ordinal: int = 0
    page: int = 0
    element_types: tuple[str, ...] = ()
    locator: Locator | None = None
    chunks: tuple[tuple[int, Locator], ...] = ()
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPoint:
    """What one write publishes: the dense vector and the BM25 tokens live in the same point.

    `id` is a UUID string; `vector` has the index's dimension and length 1 (None: the point has no dense vector);
    `tokens` are our own lexical tokens (see `retrieval.tokens`).
    """

    id: str
    vector: tuple[float, ...] | list[float] | None
    tokens: tuple[str, ...]
    payload: PointPayload


# ---- filters: a closed set of shapes, over payload keys that the caller has checked ----


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The payload key has one of the values (for a list: any of them). No value matches nothing."""

    key: str
    values: tuple[AttributeValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The payload key is a number within the bounds or, with bounds of text, an ISO 8601 date or time within them."""

    key: str
    gt: float | str | None = None
    gte: float | str | None = None
    lt: float | str | None = None
    lte: float | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    filters: tuple[SearchFilter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Any of the filters; of none: matches nothing."""

    filters: tuple[SearchFilter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The key must exist and not match: a document without the attribute does not match (filters fail closed)."""

    filter: Match | Range


SearchFilter = Match | Range | AllOf | AnyOf | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexQuery:
    """One candidate list of points of one kind: exactly one of `vector` (dense, cosine) and `tokens` (BM25).

    `filter` restricts what may be found; `corpus` the points over which IDF and average length are computed (what the
    caller may see: scores must not leak what others have).
    """

    limit: int
    kind: PointKind = PointKind.CHUNK
    filter: SearchFilter
    corpus: SearchFilter
    vector: tuple[float, ...] | list[float] | None = None
    tokens: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPoint:
    id: str
    score: float
    payload: PointPayload
