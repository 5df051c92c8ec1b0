"""Which text of a page counts: its text layer, a hidden one, or none; and what a person should know about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parsers import prices
from parsers.content import PageContent
from parsers.figure_places import find_figures, mostly_inside
from parsers.model import Box, Derivation, Finding, Flag, TextSource
from parsers.picture_texts import PictureLabels, read_pictures
from parsers.plain_text import count_characters, count_unmapped
from parsers.policy import ParseOptions, ParsePolicy
from parsers.preloading import require
from parsers.text_quality import agreement, odd_share
from parsers.turning import turn_page, upright

# A text layer in which more characters than this have no Unicode value cannot be trusted.
_GARBLED_SHARE = 0.1
# Tokens that no writer would write (`parsers.text_quality`) make a layer suspect from this share on; text layers of
# filings and reports have .005 at the most.
_SUSPECT_SHARE = 0.05
# A suspect layer is read anew where a sample of it, read from the pixels, has fewer words in common with it than this.
_AGREEMENT = 0.8
_SAMPLE_LINES = 6
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
    where it fell by `skew` degrees. `derivation` says how OCR read it, where it did. `labels` are texts of pictures, on
    the turned page.
    """

    page: PageContent
    source: TextSource
    reason: str
    findings: tuple[Finding, ...] = ()
    ocr_confidence: float | None = None
    quarter_turns: int = 0
    skew: float = 0.0
    derivation: Derivation | None = None
    labels: tuple[PictureLabels, ...] = ()


def choose_text(page: PageContent, options: ParseOptions) -> ChosenText:
    """Decide which text of the page counts, and turn the page so that most of it is upright."""
    if page.char_count == 0 and not _hidden_characters(page) and _shows_something(page):
        read = _read_by_ocr(page, options, "The page has no text layer.", ())
        if read is not None:
            return read
    chosen = _from_text_layer(page)
    doubt = _doubt(chosen.page)
    if doubt and _ocr_says_otherwise(chosen.page, options):
        message = f"{doubt} It was replaced by what OCR reads."
        finding = Finding(page=page.number, code="text_layer_replaced", message=message)
        read = _read_by_ocr(replace(chosen.page, hidden=()), options, message, (finding,))
        if read is not None and read.ocr_confidence is not None and read.ocr_confidence >= _SURE:
            return read
    if chosen.source is TextSource.TEXT_LAYER and options.policy is not ParsePolicy.FAST:
        chosen = _with_pictures(chosen, options)
    turned, turns = upright(chosen.page)
    labels = tuple(_turn_labels(one, chosen.page, turns) for one in chosen.labels)
    return replace(chosen, page=turned, quarter_turns=turns, labels=labels)


def _turn_labels(labels: PictureLabels, page: PageContent, turns: int) -> PictureLabels:
    if not turns:
        return labels
    turned = turn_page(replace(page, lines=labels.lines, images=(labels.bbox,)), turns)
    return replace(labels, bbox=turned.images[0], lines=turned.lines)


def _doubt(page: PageContent) -> str:
    """Why the text layer cannot be trusted as it is, for a person; "" where nothing speaks against it."""
    if page.char_count and page.unmapped > _GARBLED_SHARE * page.char_count:
        return "Many characters of the text layer have no known meaning."
    if odd_share(page.lines) >= _SUSPECT_SHARE:
        return "The text layer does not read like text."
    return ""


def _ocr_says_otherwise(page: PageContent, options: ParseOptions) -> bool:
    """Whether a few lines, read from their pixels, are others than in the text layer."""
    longest = sorted(page.lines, key=lambda line: (-len(line.text), line.bbox))[:_SAMPLE_LINES]
    if page.source is None or not longest:
        return False
    same: list[float] = []
    for line in longest:
        left, top, right, bottom = line.bbox
        margin = 0.3 * (bottom - top)
        place = (max(left - margin, 0.0), max(top - margin, 0.0), right + margin, bottom + margin)
        read = require("parsers.ocr.reading").read_region(page, place, options)
        if read is not None and read[1].confidence >= _SURE:
            same.append(agreement((line,), read[0]))
    return len(same) * 2 > len(longest) and sum(same) < _AGREEMENT * len(same)


def _with_pictures(chosen: ChosenText, options: ParseOptions) -> ChosenText:
    """With what pictures on the page say: scanned parts of the page as its text, texts of other pictures as labels."""
    page = chosen.page
    texts = read_pictures(page, options, prices.TEXT_LAYER)
    if texts.labels:
        chosen = replace(
            chosen,
            labels=texts.labels,
            source=TextSource.MIXED,
            reason=f"{chosen.reason} OCR read the labels of {_pictures(len(texts.labels))}.",
        )
    if not texts.parts:
        return chosen
    characters = sum(count_characters(line.text) for line in texts.lines)
    confidence = min(derivation.confidence for derivation in texts.derivations)
    first = texts.derivations[0]
    return replace(
        chosen,
        page=replace(
            page,
            lines=(*page.lines, *texts.lines),
            images=tuple(image for image in page.images if not any(mostly_inside(image, part) for part in texts.parts)),
            char_count=page.char_count + characters,
        ),
        source=TextSource.MIXED,
        reason=f"{chosen.reason} OCR read {characters:,} more from {_pictures(len(texts.parts))} full of text.",
        findings=(*chosen.findings, *_doubts(page, confidence)),
        ocr_confidence=confidence,
        derivation=replace(
            first,
            confidence=confidence,
            price=sum(derivation.price for derivation in texts.derivations),
            attempts=tuple(attempt for derivation in texts.derivations for attempt in derivation.attempts),
        ),
    )


def _pictures(count: int) -> str:
    return "one picture" if count == 1 else f"{count} pictures"


def _hidden_characters(page: PageContent) -> int:
    return sum(count_characters(line.text) for line in page.hidden if line.flag in (None, Flag.INVISIBLE))


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
    # What the picture shows is straight now; lines of the file are only where nothing had to be made straight.
    rulings = reading.rulings if reading.skew else (*turned.rulings, *reading.rulings)
    read = replace(
        turned,
        lines=reading.lines,
        rulings=rulings,
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
    hidden = _hidden_characters(page)
    if hidden and _is_scan_with_hidden_text(page, hidden):
        page = _with_hidden_layer(page)
        message = f"The page is a picture with an invisible text layer of {hidden:,} characters, likely from OCR."
        findings.append(Finding(page=page.number, code="ocr_text_layer", message=message))
    elif page.hidden:
        count = sum(count_characters(line.text) for line in page.hidden)
        flags = ", ".join(sorted({line.flag.replace("_", " ") for line in page.hidden if line.flag is not None}))
        message = f"{count:,} characters that no reader sees ({flags}) are kept apart from the text."
        findings.append(Finding(page=page.number, code="hidden_text", message=message))
    if page.char_count == 0:
        if _shows_something(page):
            message = "The page shows something, but has no text layer, and OCR found nothing to read."
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


def _with_hidden_layer(page: PageContent) -> PageContent:
    """The page with its invisible text as its text; what stands outside the page stays hidden."""
    shown = tuple(replace(line, flag=None) for line in page.hidden if line.flag in (None, Flag.INVISIBLE))
    lines = page.lines + shown
    return replace(
        page,
        lines=lines,
        hidden=tuple(line for line in page.hidden if line.flag not in (None, Flag.INVISIBLE)),
        char_count=sum(count_characters(line.text) for line in lines),
        unmapped=sum(count_unmapped(line.text) for line in lines),
    )


def _is_scan_with_hidden_text(page: PageContent, hidden: int) -> bool:
    covered = max((_area(image) for image in page.images), default=0.0)
    return covered >= _SCAN_COVER * page.width * page.height and page.char_count <= _SCAN_VISIBLE_SHARE * hidden


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
