"""What a question asks for: its words, and the lists that can answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.options import RetrieveQuery
from retrieval.tokens import question_tokens

# More words than a question has; a pasted page as a question must not become a query of thousands of terms.
MAX_TOKENS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedQuery:
    """`text` is what is embedded, `tokens` what BM25 and the document boost look for."""

    text: str
    tokens: tuple[str, ...]


def analyse(query: RetrieveQuery, languages: Sequence[str] = ()) -> AnalysedQuery:
    """White space is collapsed; nothing is deleted from the question (deleting words made results worse).

    `languages` are those of the documents that are searched (ISO 639-1): the question's words are stemmed by them.
    """
    text = " ".join(query.query.split())
    tokens = tuple(question_tokens(text, languages)[:MAX_TOKENS])
    return AnalysedQuery(text=text, tokens=tokens)
