"""Markdown (CommonMark with tables and strikethrough): rendered by markdown-it-py, and read as the HTML it stands for.

So what a reader of the rendered page sees is what is read: lists keep their nesting and numbers, HTML inside the
text means what it means. Front matter is kept as it is; its title and language are the document's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it import __version__ as markdown_it_version

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.html import blocks_of_html, primary_language, title_of, with_title
from parsers.backends.plain import blocks_of_text
from parsers.backends.text_bytes import decode_text
from parsers.model import Derivation, ElementKind, Finding
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, TypedText

DERIVATION = Derivation(
    extractor="markdown-it-py",
    version=markdown_it_version,
    confidence=1.0,
    reason="The markup says what everything is.",
)
# Deeper nesting the library leaves out without a word; each list takes two levels.
_DEEPEST = 100
_TOO_DEEP = "The text is nested too deeply to be read as Markdown; it was read as plain text."
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.S)
_ENTRY = re.compile(r"""([\w-]+):[ \t]+["']?(.*?)["']?[ \t]*""")


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a text as one page without geometry. Raises `LimitExceeded` above 128 MiB."""
    text = decode_text(path.read_bytes())
    front, body = _split_front_matter(text)
    blocks, findings = _blocks(body)
    if front:
        matter = TypedText(kind=ElementKind.CODE, text=front, derivation=DERIVATION)
        blocks = (Block(typed=matter), *blocks)
    entries = _entries(front)
    return one_page(
        blocks,
        DERIVATION,
        title=clean_text(entries.get("title", "")) or title_of(blocks),
        language=primary_language(entries.get("lang") or entries.get("language")),
        findings=findings,
    )


def blocks_of_markdown(text: str, derivation: Derivation = DERIVATION) -> tuple[Block, ...] | None:
    """What a text in Markdown holds, headings as of `blocks_of_html`; None where it is nested too deeply."""
    markdown = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    tokens = markdown.parse(text)
    if max((token.level for token in tokens), default=0) >= _DEEPEST - 2:
        return None
    html = markdown.renderer.render(tokens, markdown.options, {})
    return blocks_of_html(html, derivation=derivation).blocks


def _blocks(text: str) -> tuple[tuple[Block, ...], tuple[Finding, ...]]:
    blocks = blocks_of_markdown(text)
    if blocks is None:
        return blocks_of_text(text), (Finding(page=None, code="nesting_too_deep", message=_TOO_DEEP),)
    return with_title(blocks), ()


def _split_front_matter(text: str) -> tuple[str, str]:
    """YAML between two lines of hyphens at the very beginning, and the rest."""
    match = _FRONT_MATTER.match(text)
    if match is None or ":" not in match[1]:
        return "", text
    return "\n".join(line for line in match[1].split("\n") if line.strip()), text[match.end() :]


def _entries(front: str) -> Mapping[str, str]:
    """The plain entries of the outermost level."""
    return {match[1].lower(): match[2] for line in front.split("\n") if (match := _ENTRY.fullmatch(line)) is not None}
