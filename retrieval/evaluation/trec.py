"""Runs and judgements in the formats of TREC and BEIR.

run      query Q0 document rank score tag
qrels    query 0 document relevance            (TREC)
         query-id <TAB> corpus-id <TAB> score  (BEIR, with that header)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.lines import numbered_lines
from retrieval.evaluation.rankings import Qrels, Rankings

_RUN_FIELDS = 6


def read_qrels(path: Path) -> Qrels:
    """Raises `UnreadableSet`. A document that is judged twice keeps the last judgement."""
    qrels: dict[str, dict[str, int]] = {}
    for number, line in numbered_lines(path):
        fields = line.rstrip("\r\n").split("\t") if "\t" in line.strip() else line.split()
        fields = [field.strip() for field in fields]
        if number == 1 and fields[0] == "query-id":
            continue
        if len(fields) not in (3, 4):
            raise UnreadableSet(path, "a judgement is 'query 0 document relevance' or three columns.", line=number)
        try:
            relevance = int(fields[-1])
        except ValueError:
            raise UnreadableSet(path, f"the relevance {fields[-1][:40]!r} is no whole number.", line=number) from None
        qrels.setdefault(fields[0], {})[fields[-2]] = relevance
    if not qrels:
        raise UnreadableSet(path, "there is no judgement in it.")
    return qrels


def read_run(path: Path) -> Rankings:
    """Best first by score, equal scores by rank (trec_eval takes the document's name instead). A document that a query
    has twice counts at its better place. Raises `UnreadableSet`."""
    rows: dict[str, list[tuple[float, int, str]]] = {}
    for number, line in numbered_lines(path):
        fields = line.split()
        if len(fields) != _RUN_FIELDS:
            raise UnreadableSet(path, "a line of a run is 'query Q0 document rank score tag'.", line=number)
        try:
            rank, score = int(fields[3]), float(fields[4])
        except ValueError:
            raise UnreadableSet(path, "the rank is a whole number, the score a number.", line=number) from None
        if math.isnan(score):
            raise UnreadableSet(path, "the score is no number.", line=number)
        rows.setdefault(fields[0], []).append((-score, rank, fields[2]))
    if not rows:
        raise UnreadableSet(path, "there is no ranking in it.")
    return {query: tuple(dict.fromkeys(name for *_, name in sorted(found))) for query, found in rows.items()}


def run_lines(rankings: Rankings, tag: str = "sourcespan") -> Iterator[str]:
    """Lines of a run, with newline. White space inside a name, which the format cannot carry, becomes `_`; scores fall
    with the rank, so that every reader sees the same order."""
    for query, documents in rankings.items():
        for rank, document in enumerate(documents, 1):
            yield f"{_word(query)} Q0 {_word(document)} {rank} {1 / rank:.6f} {_word(tag)}\n"


def _word(text: str) -> str:
    return "_".join(text.split()) or "_"
