"""From what was found and packed to the results of the contract, and to the trace of what became of every candidate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from retrieval.citations import Lineage, citation_id
from retrieval.context.packing import PackedContext, PackedPassage
from retrieval.context.parts import Part, table_of
from retrieval.model import Chunk, PointPayload
from retrieval.options import CandidateList, Include, RetrieveQuery
from retrieval.ports import DocumentView
from retrieval.results import ContentBlock, RetrievedPassage, Scores, TracedCandidate, Trust
from retrieval.stages.fusion import FusedCandidate

TRACED = 200
"""How many candidates a trace names, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A candidate with its passage and, where it was reranked, the score that it got."""

    candidate: FusedCandidate
    chunk: Chunk
    rerank: float | None = None

    @property
    def score(self) -> float:
        return self.candidate.score if self.rerank is None else self.rerank


def plain_passage(chunk: Chunk) -> PackedPassage:
    """A result that shows its passage and nothing else."""
    part = Part.whole(chunk)
    return PackedPassage(core=chunk, core_part=part, parts=(part,), header=chunk.context_header)


def result_of(query: RetrieveQuery, found: Found, packed: PackedPassage, view: DocumentView) -> RetrievedPassage:
    core, chunks = packed.core, [part.chunk for part in packed.parts]
    spans = tuple(span for part in packed.parts for span in part.spans())
    header = (ContentBlock(type="context_header", text=packed.header),) if packed.header else ()
    return RetrievedPassage(
        chunk_id=core.id,
        citation_id=_citation(packed.core_part),
        score=found.score,
        scores=scores_of(found.candidate, found.rerank) if Include.SCORES in query.include else None,
        page=core.page,
        content=(*header, *(_block(part) for part in packed.parts)),
        element_types=_each_once(chunk.element_types for chunk in chunks),
        table=table_of(packed.parts, core),
        document=view,
        spans=spans if Include.GEOMETRY in query.include else tuple(replace(span, boxes=()) for span in spans),
        lineage=Lineage(
            parse_id=core.parse_id,
            element_ids=_each_once(chunk.element_ids for chunk in chunks),
            parser="+".join(_each_once(chunk.parser.split("+") for chunk in chunks)),
            parser_version="+".join(_each_once(chunk.parser_version.split("+") for chunk in chunks)),
            confidence=min(chunk.confidence for chunk in chunks),
        ),
        section_path=core.section_path,
        images=tuple({image.element_id: image for chunk in chunks for image in chunk.images}.values())
        if Include.IMAGES in query.include
        else None,
        trust=Trust(flags=_each_once(chunk.flags for chunk in chunks)),
    )


def scores_of(candidate: FusedCandidate, rerank: float | None) -> Scores:
    of_lists = {name.value: candidate.scores.get(name) for name in CandidateList}
    return Scores(**of_lists, fused=candidate.score, rerank=rerank)


def trace_of(
    query: RetrieveQuery,
    ranked: Sequence[FusedCandidate],
    found: Sequence[Found],
    packed: PackedContext | None,
    payloads: Mapping[str, PointPayload],
) -> tuple[TracedCandidate, ...]:
    """`found` first, in the order of their scores, then the other candidates. Ids and scores only: no text."""
    read = {one.candidate.id for one in found}
    traced = [_traced(query, place, one, packed, payloads[one.candidate.id]) for place, one in enumerate(found)]
    for candidate in ranked[:TRACED]:
        if candidate.id not in read:
            payload = payloads[candidate.id]
            below = query.min_score is not None and candidate.score < query.min_score
            traced.append(
                TracedCandidate(
                    point_id=candidate.id,
                    document_id=payload.document,
                    parse_id=payload.parse,
                    page=payload.page,
                    chunk_id=None,
                    score=candidate.score,
                    scores=scores_of(candidate, None),
                    outcome="below_min_score" if below else "below_top_k",
                )
            )
    return tuple(traced)


def _traced(
    query: RetrieveQuery, place: int, found: Found, packed: PackedContext | None, payload: PointPayload
) -> TracedCandidate:
    into = None if packed is None else packed.merged.get(found.chunk.id)
    traced = TracedCandidate(
        point_id=found.candidate.id,
        document_id=payload.document,
        parse_id=payload.parse,
        page=payload.page,
        chunk_id=found.chunk.id,
        score=found.score,
        scores=scores_of(found.candidate, found.rerank),
        outcome="returned",
        merged_into=into,
    )
    if query.min_score is not None and found.score < query.min_score:
        return replace(traced, outcome="below_min_score")
    if place >= query.top_k:
        return replace(traced, outcome="below_top_k")
    if packed is not None and found.chunk.id in packed.over_budget:
        return replace(traced, outcome="over_budget")
    return traced if into is None else replace(traced, outcome="merged")


def _block(part: Part) -> ContentBlock:
    return ContentBlock(type="text", text=part.text, start=part.start, end=part.end, citation_id=_citation(part))


def _citation(part: Part) -> str:
    return citation_id(part.chunk.document_id, part.chunk.parse_id, part.start, part.end)


def _each_once(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for group in groups for value in group))
