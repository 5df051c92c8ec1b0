"""Which text of a page counts: its text layer, a hidden one, or none; and what a person should know about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from parsers.content import PageContent
from parsers.figure_places import find_figures
from parsers.model import Box, Finding, TextSource
from parsers.plain_text import count_characters
from parsers.policy import ParseOptions
from parsers.turning import upright

# A text layer in which more characters than this have no Unicode value cannot be trusted.
_GARBLED_SHARE = 0.1
# An invisible text layer over a picture of the page is what OCR programs leave behind.
_SCAN_COVER = 0.6
_SCAN_VISIBLE_SHARE = 0.1
# A page without text but with as many paths may have its letters drawn as outlines.
_OUTLINE_PATHS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenText:
    """The page with the text that counts as its `lines`; where that came from, and why, for a person.

    The page was turned by `quarter_turns` (clockwise), so that most of its text is upright.
    """

    page: PageContent
    source: TextSource
    reason: str
    findings: tuple[Finding, ...] = ()
    ocr_confidence: float | None = None
    quarter_turns: int = 0


def choose_text(page: PageContent, options: ParseOptions) -> ChosenText:
    """Decide which text of the page counts, and turn the page so that most of it is upright."""
    chosen = _choose(page, options)
    turned, turns = upright(chosen.page)
    return replace(chosen, page=turned, quarter_turns=turns)


def _choose(page: PageContent, options: ParseOptions) -> ChosenText:  # noqa: ARG001
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
