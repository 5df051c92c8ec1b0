"""What an answer can quote: the sentences and table rows of the passages that were found, by their place in the
document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from parsers.model import Document, ElementKind
from retrieval.answers.sentences import sentence_ranges
from retrieval.answers.tables import TableRow, table_rows
from retrieval.citations import CitationKey, elements_of, parse_citation_id
from retrieval.results import ContentBlock, RetrievedPassage

LONGEST_UNIT = 1_200
"""Characters. What is longer is no sentence (a list of parts, a page without punctuation) and answers nothing."""

_NAMES_ONLY = frozenset({ElementKind.TITLE, ElementKind.HEADING})


class Documents(Protocol):
    """Reads what a parse yielded; None where it is not kept any more."""

    def read(self, tenant: str, parse_id: str) -> Document | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A passage that may be quoted. `number`: its place among the results, from 1. `ranges`: what is shown of the
    document, in the order of the text; `core`: the passage that was found."""

    number: int
    passage: RetrievedPassage
    document: Document
    core: tuple[int, int]
    ranges: tuple[tuple[int, int], ...]

    @property
    def text(self) -> str:
        return "\n\n".join(self.document.document.text[start:end] for start, end in self.ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A sentence, or a row of a table. `text` is what is said: of a sentence its quote with its white space collapsed,
    of a row its values with their headers. `[start, end)` is the quote's place."""

    source: Source
    start: int
    end: int
    text: str
    row: TableRow | None = None


def sources_of(passages: Sequence[RetrievedPassage], documents: Documents, tenant: str) -> list[Source]:
    """The passages that may be quoted, in their order.

    Left out is what a reader of the document does not see (a hidden text can be there to deceive), and what is no
    longer kept.
    """
    sources = []
    read: dict[str, Document | None] = {}
    for number, passage in enumerate(passages, start=1):
        if passage.trust.flags:
            continue
        key = parse_citation_id(passage.citation_id)
        if key.parse_id not in read:
            read[key.parse_id] = documents.read(tenant, key.parse_id)
        document = read[key.parse_id]
        if document is not None:
            core = key.start, key.end
            shown = tuple((part.start, part.end) for part in map(_key, passage.content) if part is not None)
            sources.append(
                Source(number=number, passage=passage, document=document, core=core, ranges=shown or (core,))
            )
    return sources


def _key(block: ContentBlock) -> CitationKey | None:
    return None if block.citation_id is None else parse_citation_id(block.citation_id)


def units_of(sources: Sequence[Source]) -> list[Unit]:
    """All units, by source; what two passages share (one may overlap the next) is the first one's."""
    seen: set[tuple[str, int, int]] = set()
    units = []
    for source in sources:
        for unit in _units(source):
            key = (source.passage.document.id, unit.start, unit.end)
            if key not in seen and unit.end - unit.start <= LONGEST_UNIT:
                seen.add(key)
                units.append(unit)
    return units


def _units(source: Source) -> Iterator[Unit]:
    for start, end in source.ranges:
        for element in elements_of(source.document, start, end):
            if element.table is not None:
                for row in table_rows(element.table, start, end):
                    yield Unit(source=source, start=row.start, end=row.end, text=row.line(), row=row)
            elif element.kind not in _NAMES_ONLY:
                yield from _sentences(source, max(start, element.start), min(end, element.end))


def _sentences(source: Source, first: int, last: int) -> Iterator[Unit]:
    text = source.document.document.text
    for start, end in sentence_ranges(text[first:last]):
        quote = text[first + start : first + end]
        yield Unit(source=source, start=first + start, end=first + end, text=" ".join(quote.split()))
