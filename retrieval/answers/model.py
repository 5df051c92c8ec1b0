"""The values of an answer."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.model import Span
from retrieval.ports import DocumentView
from retrieval.results import Degradation, RetrieveResult, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedCell:
    """The cell of a table that a question asks for. Rows and columns count from 0; `span.quote == value`;
    `column_headers` outermost first."""

    row: int
    column: int
    row_header: str
    column_headers: tuple[str, ...]
    value: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCitation:
    """Where a sentence comes from: a range of canonical text. `result` is the place of its passage among the results,
    from 1; `page` the first page; `cell` where it is a row of a table and the question tells the column."""

    citation_id: str
    result: int
    document: DocumentView
    page: int
    quote: str
    spans: tuple[Span, ...]
    section_path: tuple[str, ...]
    cell: CitedCell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSentence:
    """`supported`: every check of its citations held; an extractive sentence is its own quote and always is."""

    text: str
    citations: tuple[AnswerCitation, ...]
    supported: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerUsage:
    """Of the model alone: tokens as it counts them, and what they cost at the configured prices."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerResult:
    """`sentences` empty: not found. `model`: what wrote them; None where they are the documents' own."""

    sentences: tuple[AnswerSentence, ...]
    model: str | None
    retrieved: RetrieveResult
    degraded: tuple[Degradation, ...]
    usage: Usage
    model_usage: AnswerUsage
    timings_ms: dict[str, float]

    @property
    def found(self) -> bool:
        return bool(self.sentences)

    @property
    def text(self) -> str | None:
        """The sentences as one text; rows of tables on lines of their own."""
        return "\n".join(sentence.text for sentence in self.sentences) if self.sentences else None
