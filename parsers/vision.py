"""The last extractor: a vision model that reads what the others are not sure of. Here: what it is asked about.

The parser has no network: whoever calls it hands the model over as a function, with a budget for each document. The
places are found in the pages that were read, drawn in the sealed worker (`parsers.vision_tasks`), sent by the caller
(`parsers.vision_reading`), and what comes back is taken only where it holds up (`parsers.vision_answers`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from parsers.model import Box, TextSource
from parsers.policy import ParseOptions, ParsePolicy
from parsers.reading import Block, PageReading, TableReading

# Readings of OCR with a larger share of uncertain words are worth the money. Measured on sixteen pages: at most .021
# where the word F1 was .98 and more, .19 and more where it was below .70 (docs/decisions/0016).
_UNSURE_SHARE: Final = 0.05
_SURE_CONFIDENCE: Final = 0.85
# A table whose readings agree less than this with each other was not understood.
_DISPUTED: Final = 0.6
_NOTHING_READ: Final = "no_text_layer"


class VisionKind(StrEnum):
    """What a picture shows, and so what is asked: all text, a grid, or what a figure is about."""

    PAGE = "page"
    TABLE = "table"
    FIGURE = "figure"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionRequest:
    """A picture (PNG, or JPEG of a photograph) and what is to be read from it; `languages` are those expected in it."""

    kind: VisionKind
    image: bytes
    media_type: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionAnswer:
    """What the model says: Markdown of a page, HTML of a table, plain text of a figure; "" when it can read nothing.

    `complete` is False where it was cut off.
    """

    text: str
    complete: bool = True
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class VisionUnavailable(Exception):
    """No answer: `str(error)` is a sentence for a person, `cost_usd` what it may have cost nevertheless."""

    def __init__(self, message: str, *, cost_usd: float = 0.0) -> None:
        super().__init__(message)
        self.cost_usd = cost_usd


VisionModel = Callable[[VisionRequest], VisionAnswer]
"""Blocks until there is an answer; called from several threads. Raises `VisionUnavailable`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vision:
    """A model and what it may be asked for one document.

    name           the model's, as it stands in the derivations and in the name of a Parse
    request_usd    the most that one request can cost
    budget_usd     the most that a document may cost
    requests       the most requests for a document
    parallel       requests under way at a time
    """

    name: str
    model: VisionModel
    request_usd: float
    budget_usd: float
    requests: int = 50
    parallel: int = 4

    @property
    def extractor(self) -> str:
        return f"vision:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainPlace:
    """A page, or the table or figure on it, that the model is to be asked about, and why.

    `bbox` in points, in the frame of the reading; of a table or figure it is the very box of its block.
    """

    kind: VisionKind
    page: int
    bbox: Box
    reason: str

    def find(self, page: PageReading) -> int:
        """The index of the block that this is about. Raises `StopIteration` when the page has none there."""
        return next(index for index, block in enumerate(page.blocks) if self._is_about(block))

    def _is_about(self, block: Block) -> bool:
        known = block.table if self.kind is VisionKind.TABLE else block.figure
        return known is not None and known.bbox == self.bbox


def uncertain_places(pages: Iterable[PageReading], options: ParseOptions) -> list[UncertainPlace]:
    """What the other extractors are not sure of, what matters most first: pages, tables, then (`best` only) figures.

    Under `fast` there is none. A page that is asked about as a whole is not asked about in parts. Pages of which OCR
    read only some pictures are left as they are: their text layer needs no model.
    """
    if options.policy is ParsePolicy.FAST:
        return []
    found: list[UncertainPlace] = []
    for page in pages:
        reason = _page_doubt(page)
        if reason is not None:
            whole = (0.0, 0.0, page.width, page.height)
            found.append(UncertainPlace(kind=VisionKind.PAGE, page=page.number, bbox=whole, reason=reason))
        else:
            found += _uncertain_blocks(page, options)
    order = list(VisionKind)
    return sorted(found, key=lambda place: order.index(place.kind))


def word_count(page: PageReading) -> int:
    """Words of what is printed on the page, those of tables and of labels in figures included."""
    return sum(len(text.split()) for block in page.blocks if not block.flags for text in printed_texts(block))


def printed_texts(block: Block) -> list[str]:
    """The texts of a block's lines or cells."""
    if block.table is not None:
        return [cell.text for cell in block.table.cells]
    if block.typed is not None:
        return [block.typed.text]
    lines = block.lines if block.figure is None else block.figure.lines
    return [line.text for line in lines]


def _page_doubt(page: PageReading) -> str | None:
    """Why the reading of a whole page is not to be trusted; None where it is."""
    if page.text_source is TextSource.NONE:
        if any(finding.code == _NOTHING_READ for finding in page.findings):
            return "The page shows something, but nothing could be read from it."
        return None
    if page.text_source is not TextSource.OCR or page.ocr_confidence is None:
        return None
    words = word_count(page)
    share = page.unsure / words if words else 1.0
    if share > _UNSURE_SHARE or page.ocr_confidence < _SURE_CONFIDENCE:
        return f"OCR is not sure of {share:.0%} of the page's words (mean confidence {page.ocr_confidence:.2f})."
    return None


def _uncertain_blocks(page: PageReading, options: ParseOptions) -> list[UncertainPlace]:
    places: list[UncertainPlace] = []
    for block in page.blocks:
        table, figure = block.table, block.figure
        if table is not None and table.bbox is not None and _is_disputed(table):
            reason = f"The readings of the table agree by {table.derivation.confidence:.2f} only."
            kind, bbox = VisionKind.TABLE, table.bbox
        elif figure is not None and figure.bbox is not None and not (figure.lines or figure.alt):
            if options.policy is not ParsePolicy.BEST:
                continue
            reason = "The figure has no text of its own."
            kind, bbox = VisionKind.FIGURE, figure.bbox
        else:
            continue
        places.append(UncertainPlace(kind=kind, page=page.number, bbox=bbox, reason=reason))
    return places


def _is_disputed(table: TableReading) -> bool:
    """Whether several extractors read the table, and none of them like another."""
    readers = {attempt.extractor for attempt in table.derivation.attempts}
    return len(readers) > 1 and table.derivation.confidence < _DISPUTED
