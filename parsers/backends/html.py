"""HTML: pages, filings in inline XBRL, the bodies of mails, the chapters of EPUB books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.html_reader import HtmlReader
from parsers.backends.text_bytes import decode_text
from parsers.errors import LimitExceeded
from parsers.model import Derivation, ElementKind
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block

DERIVATION = Derivation(
    extractor="html",
    version=f"1 libxml2 {'.'.join(map(str, etree.LIBXML_VERSION))}",
    confidence=1.0,
    reason="The markup says what everything is.",
)
LARGEST_MARKUP = 128 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlContent:
    """What a page holds: its blocks in the order of the source, and what it says of itself. `language` as ISO 639."""

    blocks: tuple[Block, ...]
    title: str | None
    language: str | None


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a page as one page without geometry. Raises `LimitExceeded` above 128 MiB."""
    content = blocks_of_html(path.read_bytes())
    blocks = with_title(content.blocks)
    return one_page(blocks, DERIVATION, title=content.title or title_of(blocks), language=content.language)


def blocks_of_html(
    data: bytes | str,
    *,
    charset: str | None = None,
    derivation: Derivation = DERIVATION,
    find_image: Callable[[str], bytes | None] = lambda _: None,
) -> HtmlContent:
    """The content of a page or of a piece of one. Nothing is fetched, and no reference is followed.

    `charset` is what the transport says (of a mail part). `find_image` may know the bytes of an image by the `src`
    that names it, as an EPUB book and a mail do; `data:` URIs are decoded here. Headings are `HEADING`s of level 1 to
    6, see `with_title`. Raises `LimitExceeded` for more than 128 MiB.
    """
    if len(data) > LARGEST_MARKUP:
        raise LimitExceeded("The page is larger than 128 MiB of markup.")
    text = data if isinstance(data, str) else decode_text(data, declared=charset, markup=True)
    reader = HtmlReader(derivation, find_image)
    parser = etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=True, recover=True)
    try:
        etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except etree.XMLSyntaxError:
        reader.close()  # nothing but comments or white space
    return HtmlContent(
        blocks=tuple(reader.flow.blocks),
        title=clean_text("".join(reader.title_parts)) or None,
        language=primary_language(reader.language),
    )


def with_title(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Make the only heading of level 1 the title (level 0), if it is the first, and raise the others by one."""
    headings = [index for index, block in enumerate(blocks) if _level(block) is not None]
    first = [index for index in headings if _level(blocks[index]) == 1]
    if len(first) != 1 or headings[0] != first[0]:
        return tuple(blocks)
    raised: list[Block] = []
    for index, block in enumerate(blocks):
        level = _level(block)
        if level is None or block.typed is None:
            raised.append(block)
        else:
            kind = ElementKind.TITLE if index == first[0] else ElementKind.HEADING
            raised.append(replace(block, typed=replace(block.typed, kind=kind, level=level - 1)))
    return tuple(raised)


def title_of(blocks: Sequence[Block]) -> str | None:
    """The text of the title among the blocks, on one line."""
    for block in blocks:
        if block.typed is not None and block.typed.kind is ElementKind.TITLE:
            return " ".join(block.typed.text.split())
    return None


def primary_language(tag: str | None) -> str | None:
    """`en-US` → `en`: the language of a BCP 47 tag; None where it names none."""
    primary = (tag or "").strip().replace("_", "-").split("-")[0].lower()
    return primary if primary.isascii() and primary.isalpha() and 2 <= len(primary) <= 3 and primary != "und" else None


def _level(block: Block) -> int | None:
    typed = block.typed
    return typed.level if typed is not None and typed.kind is ElementKind.HEADING and not typed.flags else None
