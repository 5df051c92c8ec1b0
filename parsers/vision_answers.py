"""What of a vision model's answer is taken: only what agrees with what was read for certain.

A model that cannot read a picture may make its text up, fluently. What the other extractors are sure of is the witness:
the confident words of OCR, or every character of a text layer. Pure functions from reading to reading.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parsers.backends.base import block_characters
from parsers.model import Attempt, Derivation, Finding, TextSource
from parsers.reading import Block, CellReading, PageReading, TableReading
from parsers.vision import UncertainPlace, Vision, VisionAnswer, VisionKind, printed_texts

# This share of the words, and of the numbers, that OCR is certain of must be in an answer. Measured on sixteen pages:
# .92 and more of them are in the page's true text, at most .58 in that of another page (docs/decisions/0016).
_AGREEMENT: Final = 0.75
# Fewer words, or numbers, are no witness.
_FEWEST_WORDS, _FEWEST_NUMBERS = 10, 5
# An answer may have so many words for each one that OCR saw, and so many more: it may overlook some, not most.
_MOST_WORDS, _MORE_WORDS = 2, 50
# What an answer is worth that nothing could be compared with.
_UNCHECKED: Final = 0.5
_SETTLED: Final = frozenset({"ocr_uncertain", "no_text_layer"})
_WORD: Final = re.compile(r"[^\W_]+(?:[.,'’][^\W_]+)*")
_TOKEN: Final = re.compile(r"[^\W_]+(?:[.,'][^\W_]+)*|[^\w\s]|_")
_SAME: Final = str.maketrans({**dict.fromkeys("‐‑‒–—−", "-"), **dict.fromkeys("‘’‚", "'"), **dict.fromkeys("“”„", '"')})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an answer is taken, how far it agrees with what was known, and a sentence that says so.

    Not `checked`: nothing was known to compare it with.
    """

    taken: bool
    confidence: float
    message: str
    checked: bool = True


def derivation_of(vision: Vision, place: UncertainPlace, answer: VisionAnswer, page: PageReading) -> Derivation:
    """How an answer came to be; what was there before is the first of its attempts. Its confidence is to be judged."""
    before = page.text
    if place.kind is not VisionKind.PAGE:
        known = page.blocks[place.find(page)]
        before = known.table.derivation if known.table is not None else before
        before = known.figure.derivation if known.figure is not None else before
    first = Attempt(
        extractor=before.extractor,
        version=before.version,
        confidence=before.confidence,
        outcome="the vision model was asked",
    )
    others = [attempt for attempt in before.attempts if attempt.extractor != before.extractor]
    return Derivation(
        extractor=vision.extractor,
        version="1",
        confidence=0.0,
        reason=place.reason,
        price=before.price,
        cost_usd=round(before.cost_usd + answer.cost_usd, 6),
        attempts=(first, *others),
    )


def judge(page: PageReading, place: UncertainPlace, blocks: Sequence[Block], answer: VisionAnswer) -> Verdict:
    """Compare an answer with what is known of its place."""
    if not answer.complete:
        return Verdict(taken=False, confidence=0.0, message="The model's answer was cut off.")
    said = Counter(_words(text for block in blocks for text in printed_texts(block)))
    if not said:
        return Verdict(taken=False, confidence=0.0, message="The model read nothing.")
    if place.kind is VisionKind.FIGURE:
        message = "It is what a model says of the picture; nothing can be compared with it."
        return Verdict(taken=True, confidence=_UNCHECKED, message=message)
    if place.kind is VisionKind.TABLE and page.text_source is not TextSource.OCR:
        return _judge_by_text_layer(page, place, blocks)
    return _judge_by_ocr(page, place, said)


def take(
    page: PageReading, place: UncertainPlace, blocks: Sequence[Block], derivation: Derivation, verdict: Verdict
) -> PageReading:
    """The page with the answer in the place of what it replaces, and a finding that says so."""
    derivation = replace(derivation, confidence=verdict.confidence, reason=f"{derivation.reason} {verdict.message}")
    what = {VisionKind.PAGE: "The page", VisionKind.TABLE: "A table", VisionKind.FIGURE: "A figure"}[place.kind]
    message = f"{what} was read by a vision model ({derivation.extractor.partition(':')[2]}). {verdict.message}"
    finding = Finding(
        page=page.number, code="read_by_vision_model" if verdict.checked else "vision_unchecked", message=message
    )
    if place.kind is VisionKind.PAGE:
        return _with_page(page, blocks, derivation, finding)
    index = place.find(page)
    known = page.blocks[index]
    new: list[Block] = []
    if known.figure is not None:
        alt = "\n".join(text for block in blocks for text in printed_texts(block))
        new = [replace(known, figure=replace(known.figure, alt=alt, derivation=derivation))]
    elif known.table is not None:
        tables = [block.table for block in blocks if block.table is not None]
        new = [replace(known, table=_placed(table, known.table, derivation)) for table in tables]
    changed = (*page.blocks[:index], *new, *page.blocks[index + 1 :])
    more = sum(map(block_characters, new)) - block_characters(known)
    return replace(
        page,
        blocks=changed,
        characters=max(0, page.characters + more),
        tables_found=page.tables_found + max(0, len(new) - 1),
        findings=(*page.findings, finding),
    )


def leave(page: PageReading, place: UncertainPlace, vision: Vision, cost_usd: float, verdict: Verdict) -> PageReading:
    """The page as it was; what was asked of it says that an answer was not taken, and what that cost."""
    attempt = Attempt(
        extractor=vision.extractor, version="1", confidence=verdict.confidence, outcome=f"not taken: {verdict.message}"
    )
    message = f"A vision model was asked, and what was read before was kept. {verdict.message}"
    page = replace(page, findings=(*page.findings, Finding(page=page.number, code="vision_rejected", message=message)))
    if place.kind is VisionKind.PAGE:
        return replace(page, text=_tried(page.text, attempt, cost_usd))
    blocks = list(page.blocks)
    index = place.find(page)
    known = blocks[index]
    if known.table is not None:
        table = replace(known.table, derivation=_tried(known.table.derivation, attempt, cost_usd))
        blocks[index] = replace(known, table=table)
    elif known.figure is not None:
        figure = replace(known.figure, derivation=_tried(known.figure.derivation, attempt, cost_usd))
        blocks[index] = replace(known, figure=figure)
    return replace(page, blocks=tuple(blocks))


def _tried(derivation: Derivation, attempt: Attempt, cost_usd: float) -> Derivation:
    cost = round(derivation.cost_usd + cost_usd, 6)
    return replace(derivation, cost_usd=cost, attempts=(*derivation.attempts, attempt))


def _judge_by_ocr(page: PageReading, place: UncertainPlace, said: Counter[str]) -> Verdict:
    """Compare with the words that OCR is certain of, whatever their order."""
    blocks = page.blocks if place.kind is VisionKind.PAGE else (page.blocks[place.find(page)],)
    known = Counter(_words(text for block in blocks if not block.flags for text in printed_texts(block)))
    if said.total() > _MOST_WORDS * known.total() + _MORE_WORDS and known:
        return Verdict(taken=False, confidence=0.0, message="It has far more words than OCR sees.")
    certain = known & Counter(_words(page.certain))
    if certain.total() < _FEWEST_WORDS:
        message = f"OCR is certain of {certain.total()} words only, too few to compare with."
        return Verdict(taken=True, confidence=_UNCHECKED, message=message, checked=False)
    share = (certain & said).total() / certain.total()
    numbers = Counter({word: count for word, count in certain.items() if any(map(str.isdigit, word))})
    right = (numbers & said).total() / numbers.total() if numbers else 1.0
    message = f"It has {share:.0%} of the {certain.total()} words that OCR is certain of, {right:.0%} of the numbers."
    enough = share >= _AGREEMENT and (right >= _AGREEMENT or numbers.total() < _FEWEST_NUMBERS)
    return Verdict(taken=enough, confidence=round(share, 3), message=message)


def _judge_by_text_layer(page: PageReading, place: UncertainPlace, blocks: Sequence[Block]) -> Verdict:
    """A text layer is known to the letter: the model may say where the text stands, not what it is."""
    known = Counter(_tokens(printed_texts(page.blocks[place.find(page)])))
    said = Counter(_tokens(text for block in blocks for text in printed_texts(block)))
    same = (known & said).total() * 2 / (known.total() + said.total())
    if known != said:
        message = f"Its table has {same:.0%} of the printed words and numbers, not exactly them."
        return Verdict(taken=False, confidence=round(min(same, 0.999), 3), message=message)
    return Verdict(taken=True, confidence=1.0, message="It has exactly the words and numbers that are printed.")


def _with_page(page: PageReading, blocks: Sequence[Block], derivation: Derivation, finding: Finding) -> PageReading:
    """The page with the answer as its text; pictures of figures, and what no reader sees, stay behind it."""
    bbox = (0.0, 0.0, page.width, page.height)
    new: list[Block] = []
    for block in blocks:
        if block.typed is not None:
            new.append(Block(right=bbox[2], typed=replace(block.typed, bbox=bbox, derivation=derivation)))
        elif block.table is not None:
            table = replace(block.table, bbox=bbox, derivation=derivation)
            new.append(Block(right=bbox[2], table=table))
    kept = [
        block if block.figure is None else replace(block, figure=replace(block.figure, lines=()))
        for block in page.blocks
        if block.flags or block.figure is not None
    ]
    findings = tuple(known for known in page.findings if known.code not in _SETTLED)
    changed = replace(
        page,
        blocks=(*new, *kept),
        text_source=TextSource.OCR,
        unsure=0,
        certain=(),
        skew=0.0,  # no line is left that was made straight
        findings=(*findings, finding),
    )
    return replace(
        changed,
        characters=sum(map(block_characters, changed.blocks)),
        tables_found=sum(1 for block in new if block.table is not None),
    )


def _placed(table: TableReading, known: TableReading, derivation: Derivation) -> TableReading:
    """The model's grid in the table's place. Words are written as they were read before, and a cell that is the same
    as one before, and the only one, has its box."""
    printed: dict[str, deque[str]] = {}
    for word in (word for cell in known.cells for word in cell.text.split()):
        printed.setdefault(_plain(word), deque()).append(word)
    before, after = _by_text(known.cells), _by_text(table.cells)
    cells: list[CellReading] = []
    for cell in table.cells:
        key = tuple(_tokens([cell.text]))
        words = [forms.popleft() if (forms := printed.get(_plain(word))) else word for word in cell.text.split()]
        placed = replace(cell, text=" ".join(words))
        if key and len(before.get(key, ())) == 1 == len(after[key]):
            placed = replace(placed, bbox=before[key][0].bbox, boxes=before[key][0].boxes)
        cells.append(placed)
    return replace(table, bbox=known.bbox, derivation=derivation, cells=tuple(cells), flags=known.flags)


def _by_text(cells: Sequence[CellReading]) -> dict[tuple[str, ...], list[CellReading]]:
    found: dict[tuple[str, ...], list[CellReading]] = {}
    for cell in cells:
        found.setdefault(tuple(_tokens([cell.text])), []).append(cell)
    return found


def _words(texts: Iterable[str]) -> list[str]:
    return [word.casefold() for text in texts for word in _WORD.findall(text)]


def _tokens(texts: Iterable[str]) -> list[str]:
    """Words, numbers and single marks, written plainly."""
    return [token for text in texts for token in _TOKEN.findall(_plain(text))]


def _plain(text: str) -> str:
    """The many forms of dashes and quotes are one, as models write them, and so are other compatible characters."""
    return unicodedata.normalize("NFKC", text).translate(_SAME)
