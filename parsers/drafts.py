"""From page readings to typed drafts of elements, in canonical order: header, body, footnotes, footer of each page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parsers.caption_words import begins_note, caption_kind
from parsers.furniture import Edge, LineKey, find_furniture
from parsers.model import FURNITURE, Derivation, ElementKind, Flag
from parsers.paragraph_joining import join_columns, join_pages
from parsers.paragraphs import Paragraph, group_lines
from parsers.reading import Block, FigureReading, LineReading, PageReading, TableReading, TypedText
from parsers.structure import (
    BodyStyle,
    body_style,
    heading_levels,
    is_caption,
    is_footnote,
    is_heading,
    is_table_note,
    is_title,
    may_be_footnote,
    may_be_formula,
    may_be_heading,
    plain_kind,
)
from parsers.table_joining import join_tables

_CAPTIONED = frozenset({ElementKind.TABLE, ElementKind.FIGURE})
_WHOLE = frozenset({ElementKind.CAPTION, ElementKind.FORMULA})
_NEXT_TO = 3
_TYPED_RULE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An element before it has a place in the text. `runs` are its lines, one run per column it stands in, `run_pages`
    the page of each.

    `seen` is what a layout model takes it for; a footnote that `stays` belongs to a table. `name` tells tables and
    figures apart, so that a caption can say in `caption_of` which one it belongs to. `tables` are the parts of a table
    with the page that each stands on; a table on one page has one.
    """

    page: int
    kind: ElementKind
    derivation: Derivation
    runs: tuple[tuple[LineReading, ...], ...] = ()
    run_pages: tuple[int, ...] = ()
    paragraph: Paragraph | None = None
    tables: tuple[tuple[int, TableReading], ...] = ()
    figure: FigureReading | None = None
    typed: TypedText | None = None
    flags: tuple[Flag, ...] = ()
    column: int = 0
    level: int | None = None
    seen: ElementKind | None = None
    name: tuple[int, int] | None = None
    caption_of: tuple[int, int] | None = None
    stays: bool = False


def make_drafts(pages: Sequence[PageReading]) -> list[Draft]:
    """Typed drafts of all elements of a document; `pages` are those that were read, in order."""
    everything = body_style(line for page in pages for block in page.blocks for line in block.lines)
    furniture = find_furniture(pages, everything.size)
    body = body_style(
        line
        for page in pages
        for position, block in enumerate(page.blocks)
        for index, line in enumerate(block.lines)
        if (page.number, position, index) not in furniture
    )
    drafts: list[Draft] = []
    for page in pages:
        drafts += _page_drafts(page, furniture, body)
    return _with_list_levels(_with_heading_levels(join_pages(join_tables(drafts)), body))


def _page_drafts(page: PageReading, furniture: dict[LineKey, Edge], body: BodyStyle) -> list[Draft]:
    edges: dict[Edge, list[LineReading]] = {Edge.TOP: [], Edge.BOTTOM: []}
    content: list[Draft] = []
    columns = _columns(page.blocks)
    for position, block in enumerate(page.blocks):
        if block.lines:
            kept: list[LineReading] = []
            for index, line in enumerate(block.lines):
                edge = furniture.get((page.number, position, index))
                (kept if edge is None else edges[edge]).append(line)
            paragraphs = _paragraphs(block, kept)
            content += [_text_draft(page, block, paragraph, columns[position], body) for paragraph in paragraphs]
        else:
            content.append(replace(_ready_draft(page.number, block, columns[position]), name=(page.number, position)))
    content = join_columns(content)
    content = _with_table_notes(_with_captions(content), body)
    main, notes = _split_footnotes(content, body, page.height)
    header = _edge_draft(page, ElementKind.HEADER, edges[Edge.TOP])
    footer = _edge_draft(page, ElementKind.FOOTER, edges[Edge.BOTTOM])
    return [*header, *main, *notes, *footer]


def _columns(blocks: Sequence[Block]) -> list[int]:
    """A number for the column of each block: lines of one column may be parted into blocks by what they are."""
    numbers: list[int] = []
    for position, block in enumerate(blocks):
        before = blocks[position - 1] if position else None
        same = (
            before is not None
            and bool(before.lines and block.lines)
            and (before.left, before.right, before.flags) == (block.left, block.right, block.flags)
        )
        numbers.append(numbers[-1] if same else position)
    return numbers


def _paragraphs(block: Block, lines: Sequence[LineReading]) -> list[Paragraph]:
    """Captions and formulas are set in all ways, and one region each; the rest is told by how its lines are set."""
    if lines and block.kind in _WHOLE:
        return [Paragraph(lines=tuple(lines), rows=False, listed=False)]
    return group_lines(lines, block.left, block.right)


def _text_draft(page: PageReading, block: Block, paragraph: Paragraph, column: int, body: BodyStyle) -> Draft:
    return Draft(
        page=page.number,
        kind=_kind(paragraph, block.kind, body),
        derivation=page.text,
        runs=(paragraph.lines,),
        run_pages=(page.number,),
        paragraph=paragraph,
        flags=block.flags,
        column=column,
        seen=block.kind,
    )


def _kind(paragraph: Paragraph, seen: ElementKind | None, body: BodyStyle) -> ElementKind:
    """What the paragraph is. A layout model decides where our own rules are unsure, and nothing that they rule out."""
    if seen is ElementKind.FOOTNOTE and may_be_footnote(paragraph, body):
        return ElementKind.FOOTNOTE
    if seen is ElementKind.FORMULA and may_be_formula(paragraph):
        return ElementKind.FORMULA
    if is_heading(paragraph, body) or (seen is ElementKind.HEADING and may_be_heading(paragraph, body)):
        return ElementKind.HEADING
    return plain_kind(paragraph, body)


def _ready_draft(page: int, block: Block, position: int) -> Draft:
    """A table, a figure, or text that the file itself gives a kind."""
    if block.table is not None:
        table = block.table
        return Draft(
            page=page,
            kind=ElementKind.TABLE,
            derivation=table.derivation,
            tables=((page, table),),
            flags=table.flags,
            column=position,
        )
    if block.figure is not None:
        figure = block.figure
        return Draft(page=page, kind=ElementKind.FIGURE, derivation=figure.derivation, figure=figure, column=position)
    assert block.typed is not None, "a block holds one of lines, table, figure and typed text"  # noqa: S101
    typed = block.typed
    return Draft(
        page=page,
        kind=typed.kind,
        derivation=typed.derivation,
        typed=typed,
        flags=typed.flags,
        column=position,
        level=typed.level,
    )


def _edge_draft(page: PageReading, kind: ElementKind, lines: list[LineReading]) -> list[Draft]:
    if not lines:
        return []
    ordered = tuple(sorted(lines, key=lambda line: (line.bbox[1], line.bbox[0])))
    return [Draft(page=page.number, kind=kind, derivation=page.text, runs=(ordered,), run_pages=(page.number,))]


def _with_captions(drafts: Sequence[Draft]) -> list[Draft]:
    """Mark captions by their words, or by what a layout model takes them for beside a table or figure."""
    marked: list[Draft] = []
    for index, draft in enumerate(drafts):
        if draft.paragraph is not None and draft.kind is not ElementKind.CODE:
            beside = _tables_and_figures_beside(drafts, index)
            seen = bool(beside) and draft.seen is ElementKind.CAPTION
            if seen or is_caption(draft.paragraph, beside_table_or_figure=bool(beside)):
                draft = replace(draft, kind=ElementKind.CAPTION, caption_of=_captioned(draft, beside))
        marked.append(draft)
    return marked


def _tables_and_figures_beside(drafts: Sequence[Draft], index: int) -> list[Draft]:
    """Those next to a draft; a note like "Source: …" may stand between a figure and its caption."""
    before = index - 1
    while before >= 0 and drafts[before].runs and begins_note(drafts[before].runs[0][0].text):
        before -= 1
    near = [*drafts[max(0, before) : before + 1], *drafts[index + 1 : index + 2]]
    return [draft for draft in near if draft.kind in _CAPTIONED]


def _captioned(caption: Draft, beside: Sequence[Draft]) -> tuple[int, int] | None:
    """Which of the tables and figures next to a caption it belongs to: the kind that it names, then the nearest."""
    named = caption_kind(caption.runs[0][0].text)
    place = caption.runs[0][0].bbox

    def distance(other: Draft) -> tuple[bool, float]:
        box = other.tables[0][1].bbox if other.tables else other.figure.bbox if other.figure is not None else None
        away = 0.0 if box is None else max(box[1] - place[3], place[1] - box[3], 0.0)
        return named is not None and other.kind is not named, away

    return min(beside, key=distance).name if beside else None


def _with_table_notes(drafts: Sequence[Draft], body: BodyStyle) -> list[Draft]:
    """Small notes with marks directly below a table are footnotes, and stay there; a rule may part them from it.

    Behind a rule that is typed with underscores they may be of any size.
    """
    marked: list[Draft] = []
    below_table = below_rule = False
    for draft in drafts:
        rule = below_table and _is_typed_rule(draft)
        paragraph = draft.paragraph if below_table else None
        note = paragraph is not None and is_table_note(paragraph, body, any_size=below_rule)
        below_rule = rule or (below_rule and note)
        below_table = draft.kind is ElementKind.TABLE or note or rule
        marked.append(replace(draft, kind=ElementKind.FOOTNOTE, stays=True) if note else draft)
    return marked


def _is_typed_rule(draft: Draft) -> bool:
    texts = [line.text for run in draft.runs for line in run]
    return len(texts) == 1 and len(texts[0]) >= _TYPED_RULE and not texts[0].strip("_")


def _split_footnotes(drafts: Sequence[Draft], body: BodyStyle, height: float) -> tuple[list[Draft], list[Draft]]:
    """Footnotes stand at the end of a column with only footnotes below; they go behind the page's body."""
    notes: set[int] = set()
    last_of_column = {draft.column: index for index, draft in enumerate(drafts)}
    for last in last_of_column.values():
        candidates: list[int] = []
        for index in range(last, -1, -1):
            draft = drafts[index]
            if draft.paragraph is None or draft.column != drafts[last].column or draft.kind is ElementKind.HEADING:
                break
            if draft.stays:
                break
            if draft.kind is ElementKind.FOOTNOTE or is_footnote(draft.paragraph, body, height, after_footnote=False):
                notes.update([*candidates, index])
                candidates = []
            elif is_footnote(draft.paragraph, body, height, after_footnote=True):
                candidates.append(index)
            else:
                break
    main = [draft for index, draft in enumerate(drafts) if index not in notes]
    return main, [replace(drafts[index], kind=ElementKind.FOOTNOTE) for index in sorted(notes)]


def _with_heading_levels(drafts: Sequence[Draft], body: BodyStyle) -> list[Draft]:
    """Give every heading its level, and the largest of the first page the rank of title."""
    first_page = next((draft.page for draft in drafts if draft.kind not in FURNITURE and not draft.flags), None)
    on_first = [d for d in drafts if d.page == first_page and d.kind is ElementKind.HEADING and d.paragraph is not None]
    largest = max((draft.runs[0][0].size for draft in on_first), default=0.0)
    title = next((d for d in on_first if d.paragraph is not None and is_title(d.paragraph, body, largest)), None)
    headings = [draft for draft in drafts if _needs_level(draft) and draft is not title]
    levels = iter(heading_levels([draft.paragraph for draft in headings if draft.paragraph is not None]))
    ranked: list[Draft] = []
    for draft in drafts:
        if draft is title:
            draft = replace(draft, kind=ElementKind.TITLE, level=0)
        elif _needs_level(draft):
            draft = replace(draft, level=next(levels))
        ranked.append(draft)
    return ranked


def _needs_level(draft: Draft) -> bool:
    return draft.kind is ElementKind.HEADING and draft.typed is None


def _with_list_levels(drafts: Sequence[Draft]) -> list[Draft]:
    """Nesting of list items from their indents, counted anew after anything that is not a list item."""
    nested: list[Draft] = []
    indents: list[float] = []
    column: tuple[int, int] | None = None
    for draft in drafts:
        if draft.kind is not ElementKind.LIST_ITEM or draft.typed is not None:
            if draft.kind not in FURNITURE:
                indents = []
            nested.append(draft)
            continue
        if (draft.page, draft.column) != column:
            column, indents = (draft.page, draft.column), []
        left = draft.runs[0][0].bbox[0]
        while indents and left < indents[-1] - _NEXT_TO:
            indents.pop()
        if not indents or left > indents[-1] + _NEXT_TO:
            indents.append(left)
        nested.append(replace(draft, level=len(indents) - 1))
    return nested
