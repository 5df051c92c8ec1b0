"""Markup to typed blocks, in one pass over the parser's events: no tree is built, so no depth of nesting is too much.

libxml2 repairs what is not well-formed (as browsers do, in most cases) and reports every start, end and run of
characters; its tree builder would drop everything nested deeper than 2,048 levels without an error, its events do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from parsers.backends.html_inline import InlineText, code_text
from parsers.backends.html_lists import ListContext, item_marker, open_list
from parsers.backends.html_math import MathText
from parsers.backends.html_pictures import picture_of
from parsers.backends.html_style import Declarations, Look, StyleSheet, declarations, takes_away
from parsers.backends.html_tables import TableContent, blocks_of_table
from parsers.model import Derivation, ElementKind, Flag, Role
from parsers.reading import Block, LinkReading, TypedText

_NOT_TEXT: Final = frozenset(
    {
        "script", "template", "noscript", "iframe", "object", "embed", "applet", "audio", "video", "canvas",
        "datalist", "ix:header", "rp", "frameset"
    }
)  # fmt: skip
_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "dir", "div", "dl",
        "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre",
        "search", "section", "select", "summary", "table", "caption", "tbody", "td", "tfoot", "th", "thead", "tr",
        "ul", "listing", "xmp", "textarea", "html", "head"
    }
)  # fmt: skip
_HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir", "dl"})
_ITEMS: Final = frozenset({"li", "dt", "dd"})
_PREFORMATTED: Final = frozenset({"pre", "listing", "xmp", "textarea"})
_BOLD: Final = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
_BOLD_WEIGHTS: Final = frozenset({"bold", "bolder", "600", "700", "800", "900"})
_SECTIONS: Final = frozenset({"article", "section", "main", "aside", "blockquote", "td", "th", "li"})
_VOID: Final = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"
    }
)  # fmt: skip
_NOTE_ROLES: Final = frozenset({"doc-footnote", "doc-endnote", "footnote", "endnote", "rearnote"})
# Tables inside tables inside tables: deeper ones are read as the paragraphs that they hold.
_MOST_NESTED_TABLES: Final = 32
_UNSAFE_TARGETS: Final = ("javascript:", "vbscript:", "data:")


@dataclass(slots=True, kw_only=True)
class _Context:
    """What the next text is: set by a heading, a list item, a caption. An item's marker goes to its first text."""

    kind: ElementKind
    level: int | None = None
    marker: str = ""
    used: bool = False


@dataclass(slots=True)
class Flow:
    """Text running from block to block: the page's, or that of one table cell."""

    blocks: list[Block] = field(default_factory=list)
    text: InlineText = field(default_factory=InlineText)
    hidden: InlineText = field(default_factory=InlineText)
    pictures: list[Block] = field(default_factory=list)
    contexts: list[_Context] = field(default_factory=list)
    lists: list[ListContext] = field(default_factory=list)
    code: list[str] | None = None
    code_kind: ElementKind = ElementKind.CODE
    characters: int = 0
    bold_characters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """An open element: what its descendants inherit, and what has to be undone at its end.

    Nothing inside is shown when it is `removed`; when it is only `hidden`, a descendant with a look of its own may be.
    """

    tag: str
    look: Look
    removed: bool = False
    hidden: bool = False
    bold: bool = False
    navigation: bool = False
    footer: bool = False
    in_section: bool = False
    context: bool = False
    link: bool = False
    cell: bool = False


class HtmlReader:
    """The target of an lxml parser: `start`, `end`, `data` and `close` are called by it; then `flow.blocks` is read."""

    def __init__(self, derivation: Derivation, find_image: Callable[[str], bytes | None]) -> None:
        self.flow = Flow()
        self.title_parts: list[str] = []
        self.language: str | None = None
        self._derivation = derivation
        self._find_image = find_image
        self._frames: list[_Frame] = [_Frame(tag="", look=Look())]
        self._flows: list[Flow] = [self.flow]
        self._tables: list[TableContent] = []
        self._sheet = StyleSheet()
        self._style_text: list[str] = []
        self._skipped = 0
        self._vector_depth = 0
        self._math: MathText | None = None
        self._math_depth = 0
        self._tables_too_deep = 0

    # ------------------------------------------------------------------ what the parser calls

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        tag = _local_name(tag)
        if self._math is not None:
            self._math_depth += 1
            self._math.start(tag, attributes)
            return
        if self._skipped or tag in _NOT_TEXT:
            self._skipped += tag not in _VOID
            return
        attributes = dict(attributes)  # the parser's own view of them is slow to ask
        frame = self._inherit(tag, attributes)
        self._frames.append(frame)
        if tag in _BLOCKS:
            self._flush()
        self._open(tag, attributes, frame)

    def end(self, tag: str) -> None:
        tag = _local_name(tag)
        if self._math is not None and self._math_depth:
            self._math_depth -= 1
            self._math.end(tag)
            return
        if self._skipped:
            self._skipped -= tag not in _VOID
            return
        if tag in _NOT_TEXT:
            return
        frame = self._frames[-1]
        if tag in _BLOCKS:
            self._flush()
        self._close(tag, frame)
        if len(self._frames) > 1:
            self._frames.pop()

    def data(self, characters: str) -> None:
        if self._skipped:
            return
        if self._math is not None:
            self._math.data(characters)
            return
        frame = self._frames[-1]
        if frame.tag == "title" and not self._vector_depth:
            self.title_parts.append(characters)
        elif frame.tag == "style":
            self._style_text.append(characters)
        elif frame.hidden:
            self._flow.hidden.add(characters)
        elif self._flow.code is not None:
            self._flow.code.append(characters)
        else:
            flow = self._flow
            flow.text.add(characters)
            flow.characters += len(characters.strip())
            flow.bold_characters += len(characters.strip()) if frame.bold else 0

    def close(self) -> HtmlReader:
        while self._tables:
            self._end_table()
        self._flush()
        return self

    # ------------------------------------------------------------------ elements

    @property
    def _flow(self) -> Flow:
        return self._flows[-1]

    def _inherit(self, tag: str, attributes: Mapping[str, str]) -> _Frame:
        above = self._frames[-1]
        style = self._style(tag, attributes)
        look = above.look.inside(style, attributes.get("bgcolor"))
        removed = above.removed or _is_hidden(attributes, style)
        weight = style.get("font-weight")
        bold = (
            (above.bold or tag in _BOLD) if weight is None else weight in ("bold", "bolder", "600", "700", "800", "900")
        )
        return _Frame(
            tag=tag,
            look=look,
            removed=removed,
            hidden=removed or look.hides_text,
            bold=bold,
            navigation=above.navigation or tag == "nav" or attributes.get("role") == "navigation",
            footer=above.footer or _is_page_footer(tag, attributes, in_section=above.in_section),
            in_section=above.in_section or tag in _SECTIONS,
            context=tag in _HEADINGS or tag in _ITEMS or tag in ("figcaption", "caption") or _is_note(attributes),
            link=tag == "a" and _is_link(attributes),
            cell=tag in ("td", "th") and bool(self._tables) and not self._tables_too_deep,
        )

    def _style(self, tag: str, attributes: Mapping[str, str]) -> Declarations:
        style = self._sheet.style_of(tag, attributes.get("class", "").split(), attributes.get("id"))
        inline = attributes.get("style")
        return {**style, **declarations(inline)} if inline else style

    def _open(self, tag: str, attributes: Mapping[str, str], frame: _Frame) -> None:
        flow = self._flow
        if frame.context:
            flow.contexts.append(self._context(tag, attributes))
        if tag == "a" and frame.link:
            flow.text.open_link(attributes["href"].strip())
        elif tag == "br":
            self._break_line()
        elif tag in ("img", "image"):
            self._picture(attributes, frame)
        elif tag in _LISTS:
            flow.lists.append(open_list(tag, attributes, self._style(tag, attributes)))
        elif tag in _PREFORMATTED and flow.code is None:
            flow.code = []
            is_math = "math" in attributes.get("class", "").split()
            flow.code_kind = ElementKind.FORMULA if is_math else ElementKind.CODE
        elif tag == "html":
            self.language = attributes.get("lang") or attributes.get("xml:lang") or self.language
        elif tag == "svg":
            self._vector_depth += 1
        elif tag == "math":
            self._math = MathText()
            if attributes.get("display") == "block":
                self._flush()
                flow.contexts.append(_Context(kind=ElementKind.FORMULA))
        elif tag == "table" and len(self._tables) >= _MOST_NESTED_TABLES:
            self._tables_too_deep += 1
        elif tag == "table":
            self._tables.append(TableContent(attributes=attributes, hidden=frame.hidden))
        elif self._tables and not self._tables_too_deep and tag in ("tr", "thead", "tfoot", "tbody"):
            self._tables[-1].open_part(tag)
        elif frame.cell:
            self._tables[-1].add(attributes, header=tag == "th")
            self._flows.append(Flow())

    def _close(self, tag: str, frame: _Frame) -> None:
        flow = self._flow
        if frame.cell:
            self._flows.pop()
            self._tables[-1].end_cell(flow.blocks, bold=0 < flow.characters == flow.bold_characters)
        elif tag == "thead" and self._tables:
            self._tables[-1].close_part(tag)
        elif tag == "table" and self._tables_too_deep:
            self._tables_too_deep -= 1
        elif tag == "table":
            self._end_table()
        elif frame.link:
            flow.text.close_link()
        elif tag in _LISTS and flow.lists:
            flow.lists.pop()
        elif tag in _PREFORMATTED and flow.code is not None:
            self._end_code(frame)
        elif tag == "style":
            self._sheet.add("".join(self._style_text))
            self._style_text = []
        elif tag == "svg":
            self._vector_depth -= 1
        elif tag == "math" and self._math is not None:
            formula, self._math = self._math.text(), None
            self.data(formula)
            if flow.contexts and flow.contexts[-1].kind is ElementKind.FORMULA:
                self._flush()
                flow.contexts.pop()
        if frame.context and flow.contexts:
            flow.contexts.pop()

    def _context(self, tag: str, attributes: Mapping[str, str]) -> _Context:
        lists = self._flow.lists
        if tag in _HEADINGS:
            return _Context(kind=ElementKind.HEADING, level=_HEADINGS[tag])
        if tag in ("figcaption", "caption"):
            return _Context(kind=ElementKind.CAPTION)
        if tag in _ITEMS:
            level = max(len(lists) - 1, 0) + (tag == "dd")
            return _Context(kind=ElementKind.LIST_ITEM, level=level, marker=item_marker(tag, attributes, lists))
        return _Context(kind=ElementKind.FOOTNOTE)

    def _break_line(self) -> None:
        flow = self._flow
        if flow.code is not None:
            flow.code.append("\n")
        (flow.hidden if self._frames[-1].hidden else flow.text).break_line()

    def _picture(self, attributes: Mapping[str, str], frame: _Frame) -> None:
        figure = picture_of(attributes, self._find_image, self._derivation)
        if figure is None:
            return
        if frame.hidden:
            self._flow.hidden.space()
            self._flow.hidden.add(figure.alt + " ")
        else:
            self._flow.pictures.append(Block(figure=figure))

    # ------------------------------------------------------------------ blocks

    def _flush(self) -> None:
        """End the block of text that runs."""
        flow = self._flow
        if flow.code is not None:
            return
        text, links = flow.text.take()
        if text:
            flow.blocks.append(self._typed(text, links))
        hidden, hidden_links = flow.hidden.take()
        if hidden:
            flow.blocks.append(self._block(ElementKind.PARAGRAPH, hidden, links=hidden_links, flags=(Flag.HIDDEN,)))
        flow.blocks += flow.pictures
        flow.pictures.clear()

    def _typed(self, text: str, links: tuple[LinkReading, ...]) -> Block:
        frame = self._frames[-1]
        if frame.footer:
            return self._block(ElementKind.FOOTER, text, links=links)
        context = self._flow.contexts[-1] if self._flow.contexts else None
        if context is None or (context.kind is ElementKind.LIST_ITEM and context.used):
            return self._block(ElementKind.PARAGRAPH, text, links=links)
        context.used = True
        if context.marker:
            shift = len(context.marker) + 1
            text = f"{context.marker} {text}"
            links = tuple(
                LinkReading(start=link.start + shift, end=link.end + shift, target=link.target) for link in links
            )
        if frame.navigation and context.kind is ElementKind.HEADING:  # what follows is not a section of the text
            return self._block(ElementKind.PARAGRAPH, text, links=links)
        return self._block(context.kind, text, level=context.level, links=links)

    def _block(
        self,
        kind: ElementKind,
        text: str,
        *,
        level: int | None = None,
        links: tuple[LinkReading, ...] = (),
        flags: tuple[Flag, ...] = (),
    ) -> Block:
        return Block(
            typed=TypedText(
                kind=kind,
                text=text,
                level=level,
                role=Role.NAVIGATION if self._frames[-1].navigation else None,
                links=links,
                flags=flags,
                derivation=self._derivation,
            )
        )

    def _end_code(self, frame: _Frame) -> None:
        flow = self._flow
        text = code_text("".join(flow.code or ()))
        flow.code = None
        if text:
            flow.blocks.append(self._block(ElementKind.FOOTER if frame.footer else flow.code_kind, text))

    def _end_table(self) -> None:
        if not self._tables:
            return
        table = self._tables.pop()
        self._flow.blocks += blocks_of_table(table, self._derivation)


def _local_name(tag: str) -> str:
    """The tag without the namespace of HTML; prefixes of others stay (`ix:header`)."""
    return tag.rpartition("}")[2].lower() if "}" in tag else tag


def _is_hidden(attributes: Mapping[str, str], style: Declarations) -> bool:
    return "hidden" in attributes or attributes.get("aria-hidden") == "true" or takes_away(style)


def _is_link(attributes: Mapping[str, str]) -> bool:
    """Whether `href` leads somewhere: not within the same page, and not into a script."""
    target = attributes.get("href", "").strip()
    return bool(target) and not target.startswith("#") and not target.lower().startswith(_UNSAFE_TARGETS)


def _is_note(attributes: Mapping[str, str]) -> bool:
    return bool(_NOTE_ROLES & {attributes.get("role", ""), *attributes.get("epub:type", "").split()})


def _is_page_footer(tag: str, attributes: Mapping[str, str], *, in_section: bool) -> bool:
    """The footer of the page itself, which every page of a site repeats; articles have footers of their own."""
    return attributes.get("role") == "contentinfo" or (tag == "footer" and not in_section)
