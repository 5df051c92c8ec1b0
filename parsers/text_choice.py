"""Which text of a page counts: its text layer, a hidden one, or none; and what a person should know about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parsers.content import PageContent
from parsers.figure_places import find_figures
from parsers.model import Box, Derivation, Finding, TextSource
from parsers.plain_text import count_characters
from parsers.policy import ParseOptions
from parsers.preloading import require
from parsers.turning import turn_page, upright

# A text layer in which more characters than this have no Unicode value cannot be trusted.
_GARBLED_SHARE = 0.1
# An invisible text layer over a picture of the page is what OCR programs leave behind.
_SCAN_COVER = 0.6
_SCAN_VISIBLE_SHARE = 0.1
# A page without text but with as many paths may have its letters drawn as outlines.
_OUTLINE_PATHS = 40
# Text read by OCR with a lower mean confidence is worth a look by a person.
_SURE = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenText:
    """The page with the text that counts as its `lines`; where that came from, and why, for a person.

    The page was turned by `quarter_turns` (clockwise), so that most of its text is upright, and its text made straight
    where it fell by `skew` degrees. `derivation` says how OCR read it, where it did.
    """

    page: PageContent
    source: TextSource
    reason: str
    findings: tuple[Finding, ...] = ()
    ocr_confidence: float | None = None
    quarter_turns: int = 0
    skew: float = 0.0
    derivation: Derivation | None = None


def choose_text(page: PageContent, options: ParseOptions) -> ChosenText:
    """Decide which text of the page counts, and turn the page so that most of it is upright."""
    if page.char_count == 0 and _shows_something(page):
        read = _read_by_ocr(page, options, "The page has no text layer.", ())
        if read is not None:
            return read
    chosen = _from_text_layer(page)
    turned, turns = upright(chosen.page)
    return replace(chosen, page=turned, quarter_turns=turns)


def _shows_something(page: PageContent) -> bool:
    return bool(find_figures(page)) or page.paths >= _OUTLINE_PATHS


def _read_by_ocr(
    page: PageContent, options: ParseOptions, reason: str, findings: tuple[Finding, ...]
) -> ChosenText | None:
    """The page with what OCR reads from its picture as its text; None when that shows none."""
    reading = require("parsers.ocr.reading").read_page(page, options, reason=reason)
    if reading is None or not reading.lines:
        return None
    turned = turn_page(page, reading.quarter_turns)
    read = replace(
        turned,
        lines=reading.lines,
        char_count=sum(count_characters(line.text) for line in reading.lines),
        unmapped=0,
    )
    return ChosenText(
        page=read,
        source=TextSource.OCR,
        reason=reading.derivation.reason,
        derivation=reading.derivation,
        findings=(*findings, *_doubts(page, reading.confidence)),
        ocr_confidence=reading.confidence,
        quarter_turns=reading.quarter_turns,
        skew=reading.skew,
    )


def _doubts(page: PageContent, confidence: float) -> list[Finding]:
    if confidence >= _SURE:
        return []
    message = f"The page was read by OCR with a mean confidence of {confidence:.0%}; its text may have errors."
    return [Finding(page=page.number, code="ocr_uncertain", message=message)]


def _from_text_layer(page: PageContent) -> ChosenText:
    findings: list[Finding] = []
    hidden = sum(count_characters(line.text) for line in page.hidden)
    if hidden and _is_scan_with_hidden_text(page, hidden):
        page = replace(page, lines=page.lines + page.hidden, hidden=(), char_count=page.char_count + hidden)
        message = f"The page is a picture with an invisible text layer of {hidden:,} characters, likely from OCR."
        findings.append(Finding(page=page.number, code="ocr_text_layer", message=message))
    elif hidden:
        message = f"{hidden:,} characters that no reader sees (invisible, outside the page or tiny) were left out."
        findings.append(Finding(page=page.number, code="hidden_text", message=message))
    if page.char_count == 0:
        if find_figures(page) or page.paths >= _OUTLINE_PATHS:
            message = "The page shows something, but has no text layer; nothing was read from it."
            findings.append(Finding(page=page.number, code="no_text_layer", message=message))
        return ChosenText(
            page=page, source=TextSource.NONE, reason="The page has no text layer.", findings=tuple(findings)
        )
    share = page.unmapped / page.char_count
    if share > _GARBLED_SHARE:
        message = f"{share:.0%} of the characters have no known meaning in the fonts used; the text may be unreadable."
        findings.append(Finding(page=page.number, code="garbled_text", message=message))
    reason = f"The page has a text layer of {page.char_count:,} characters, {page.unmapped:,} without a known meaning."
    return ChosenText(page=page, source=TextSource.TEXT_LAYER, reason=reason, findings=tuple(findings))


def _is_scan_with_hidden_text(page: PageContent, hidden: int) -> bool:
    covered = max((_area(image) for image in page.images), default=0.0)
    return covered >= _SCAN_COVER * page.width * page.height and page.char_count <= _SCAN_VISIBLE_SHARE * hidden


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
