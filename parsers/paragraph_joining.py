"""Paragraphs that run over from one column to the next, or over a page break, become one.

They do where no sentence ends and a small letter follows, set in the same style. A hyphen stays as printed. Over a page
break the paragraph must be the last of its page's body and the first of the next one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from parsers.model import FURNITURE, ElementKind

if TYPE_CHECKING:
    from parsers.drafts import Draft

_BEGIN = frozenset({ElementKind.PARAGRAPH, ElementKind.LIST_ITEM})
_BESIDE = FURNITURE | {ElementKind.FOOTNOTE}
_SENTENCE_END = (".", "!", "?", ":")
# Sizes (points) that differ by less are one; over a page break the last line goes this far across what stands there.
_SAME_SIZE = 0.3
_FULL = 0.7


def join_columns(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts of one page with paragraphs that go on in the next column joined."""
    joined: list[Draft] = []
    for draft in drafts:
        before = joined[-1] if joined else None
        if before is not None and before.column != draft.column and _goes_on(before, draft):
            joined[-1] = _join(before, draft)
        else:
            joined.append(draft)
    return joined


def join_pages(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts of all pages with paragraphs that go on at the top of the next page joined. Order is kept."""
    joined: list[Draft] = []
    last: int | None = None
    page = 0  # where the last piece of body text ends
    for draft in drafts:
        if draft.kind in _BESIDE:
            joined.append(draft)
            continue
        if last is not None and draft.page == page + 1 and _is_full(joined[last]) and _goes_on(joined[last], draft):
            joined[last] = _join(joined[last], draft)
        else:
            joined.append(draft)
            last = len(joined) - 1
        page = draft.page
    return joined


def _is_full(draft: Draft) -> bool:
    """Whether the last line goes most of the way across its paragraph's lines, or there is no other to tell."""
    if not draft.runs:
        return False
    lines = draft.runs[-1]
    left, right = min(line.bbox[0] for line in lines), max(line.bbox[2] for line in lines)
    return lines[-1].bbox[2] - left >= _FULL * (right - left)


def _goes_on(before: Draft, draft: Draft) -> bool:
    if before.flags != draft.flags or before.kind not in _BEGIN or draft.kind is not ElementKind.PARAGRAPH:
        return False
    if before.paragraph is None or draft.paragraph is None or before.paragraph.rows or draft.paragraph.rows:
        return False
    last, first = before.runs[-1][-1], draft.runs[0][0]
    alike = abs(last.size - first.size) < _SAME_SIZE and last.bold == first.bold and last.upright == first.upright
    return alike and first.text[:1].islower() and not last.text.endswith(_SENTENCE_END)


def _join(before: Draft, draft: Draft) -> Draft:
    return replace(
        before, runs=before.runs + draft.runs, run_pages=before.run_pages + draft.run_pages, column=draft.column
    )
