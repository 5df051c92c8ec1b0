"""What one question's hits are worth. Every measure lies between 0 and 1, and higher is better.

    hit@k             1 if one of the first k hits covers a gold place
    recall@k          share of the gold places that the first k hits cover
    mrr               1 / rank of the first hit that covers one; 0 if none does
    ndcg@10           each hit gains the gold places it is the first to cover, divided by log2(rank + 1) (Järvelin and
                      Kekäläinen 2002), over the best possible sum; 1 at the most, also where a hit covers several
    document@k        1 if one of the first k hits is from a gold document
    page_precision@5  share of gold pages among the pages of the first 5 hits, each page once
    span@k            1 if one of the first k hits cites text that holds a gold quote, or overlaps a gold span
    span_precision@5  share of the text of the first 5 hits, each character once, that is gold
    span_recall@5     share of the gold text that the first 5 hits cite

A hit covers a place if it is from its document and cites its page; where no page is named, its text; where no text
is named either, the document is enough. Measures of pages and text exist for questions whose gold names such.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

from retrieval.evaluation.questions import Gold, Question

HIT_CUTOFFS = (1, 3, 5, 10, 20)
RECALL_CUTOFFS = (5, 10, 20, 100)
TEXT_CUTOFFS = (1, 5)
NDCG_CUTOFF = 10
PRECISION_CUTOFF = 5


@dataclass(frozen=True, kw_only=True)
class CitedHit:
    """What a hit claims: its document (an id), the document's names, the pages of its spans, their ranges and quotes in
    order. Without slots: what is compared again and again is computed once."""

    document: str
    names: frozenset[str]
    pages: frozenset[int]
    ranges: tuple[tuple[int, int], ...] = ()
    quotes: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """What it cites, without white space."""
        return without_space("".join(self.quotes))


def without_space(text: str) -> str:
    return re.sub(r"\s+", "", text)


def document_names(identity: str, sha256: str, source_uri: str) -> frozenset[str]:
    """What a gold place may call a document: id, SHA-256, source, and the source's path or its last steps, each with
    and without extension; compared without regard to case.

    >>> sorted(document_names("doc_1", "ab", "upload:///2024/Report.pdf"))
    ['2024/report', '2024/report.pdf', 'ab', 'doc_1', 'report', 'report.pdf', 'upload:///2024/report.pdf']
    """
    steps = [step for step in unquote(urlsplit(source_uri).path).split("/") if step]
    paths = ["/".join(steps[begin:]) for begin in range(len(steps))]
    stems = [re.sub(r"(?<=[^/])\.\w{1,5}$", "", path) for path in paths]
    return frozenset(map(folded, (identity, sha256, source_uri, *paths, *stems)))


def folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/").casefold()


def is_from(hit: CitedHit, gold: Gold) -> bool:
    return folded(gold.document) in hit.names


def covers(hit: CitedHit, gold: Gold) -> bool:
    if not is_from(hit, gold):
        return False
    if gold.page is not None:
        return gold.page in hit.pages
    return holds(hit, gold) if gold.names_text else True


def holds(hit: CitedHit, gold: Gold) -> bool:
    """Whether the cited text has the gold quote in it, or overlaps the gold span."""
    if not is_from(hit, gold):
        return False
    if gold.quote is not None:
        return without_space(gold.quote) in hit.text
    return gold.span is not None and any(_overlap(gold.span, cited) for cited in hit.ranges)


def measure(question: Question, hits: Sequence[CitedHit], depth: int) -> dict[str, float]:
    """The measures that exist for this question, empty where it has no gold. `depth`: how many hits were asked for;
    a cutoff beyond it is left out, for it would measure the depth."""
    if not question.gold:
        return {}
    covered = [frozenset(place for place in question.gold if covers(hit, place)) for hit in hits]
    from_gold = [any(is_from(hit, place) for place in question.gold) for hit in hits]
    wanted = len(set(question.gold))
    row = {f"hit@{k}": float(any(covered[:k])) for k in HIT_CUTOFFS if k <= depth}
    row |= {f"recall@{k}": _union(covered[:k]) / wanted for k in RECALL_CUTOFFS if k <= depth}
    row["mrr"] = next((1 / rank for rank, places in enumerate(covered, 1) if places), 0.0)
    if depth >= NDCG_CUTOFF:
        row[f"ndcg@{NDCG_CUTOFF}"] = _ndcg(covered[:NDCG_CUTOFF], wanted)
    row |= {f"document@{k}": float(any(from_gold[:k])) for k in TEXT_CUTOFFS if k <= depth}
    if depth >= PRECISION_CUTOFF and all(place.page is not None for place in question.gold):
        row[f"page_precision@{PRECISION_CUTOFF}"] = _page_precision(question, hits[:PRECISION_CUTOFF])
    return row | _text_measures(question, hits, depth)


def _text_measures(question: Question, hits: Sequence[CitedHit], depth: int) -> dict[str, float]:
    places = [place for place in question.gold if place.names_text]
    if not places:
        return {}
    held = [any(holds(hit, place) for place in places) for hit in hits]
    row = {f"span@{k}": float(any(held[:k])) for k in TEXT_CUTOFFS if k <= depth}
    if depth >= PRECISION_CUTOFF:
        precision, recall = _text_shares(places, hits[:PRECISION_CUTOFF])
        row[f"span_precision@{PRECISION_CUTOFF}"] = precision
        row[f"span_recall@{PRECISION_CUTOFF}"] = recall
    return row


def _union(covered: Sequence[frozenset[Gold]]) -> int:
    places: frozenset[Gold] = frozenset()
    return len(places.union(*covered))


def _ndcg(covered: Sequence[frozenset[Gold]], wanted: int) -> float:
    seen: frozenset[Gold] = frozenset()
    gained = 0.0
    for rank, places in enumerate(covered, 1):
        gained += len(places - seen) / math.log2(rank + 1)
        seen |= places
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(wanted, NDCG_CUTOFF) + 1))
    return min(1.0, gained / best)


def _page_precision(question: Question, hits: Sequence[CitedHit]) -> float:
    pages = {(hit.document, page): (hit, page) for hit in hits for page in hit.pages}
    right = sum(
        any(is_from(hit, place) and place.page == page for place in question.gold) for hit, page in pages.values()
    )
    return right / len(pages) if pages else 0.0


def _text_shares(places: Sequence[Gold], hits: Sequence[CitedHit]) -> tuple[float, float]:
    """Precision and recall of the cited characters. A quote counts where a hit cites it whole."""
    cited: dict[str, list[tuple[int, int]]] = {}
    for hit in hits:
        cited.setdefault(hit.document, []).extend(hit.ranges)
    characters = sum(_length(ranges) for ranges in cited.values())
    gold = right = 0
    for place in places:
        if place.quote is not None:
            length = len(" ".join(place.quote.split()))
            found = length if any(holds(hit, place) for hit in hits) else 0
        else:
            span = place.span or (0, 0)
            length = span[1] - span[0]
            found = _length([cut for hit in hits if is_from(hit, place) for cut in _cuts(hit.ranges, span)])
        gold, right = gold + length, right + found
    return (min(1.0, right / characters) if characters else 0.0), right / gold


def _overlap(left: tuple[int, int], right: tuple[int, int]) -> bool:
    return left[0] < right[1] and right[0] < left[1]


def _cuts(ranges: Sequence[tuple[int, int]], span: tuple[int, int]) -> list[tuple[int, int]]:
    return [(max(a, span[0]), min(b, span[1])) for a, b in ranges if _overlap((a, b), span)]


def _length(ranges: Sequence[tuple[int, int]]) -> int:
    """Of the union of half-open ranges."""
    total, end = 0, -1
    for begin, stop in sorted(ranges):
        total += max(0, stop - max(begin, end))
        end = max(end, stop)
    return total
