"""The second reader of pages, mails and texts: `unstructured`, for the file that breaks the reader made for it.

Our own readers keep more structure at a hundredth of the cost (docs/decisions/0009), and hardly ever refuse a file.
When one does fail, by a fault of its own, the file is not lost: an independent library reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.html import LARGEST_MARKUP, blocks_of_html
from parsers.backends.html_inline import InlineText, code_text
from parsers.backends.text_bytes import decode_text
from parsers.detection import detect_media_type
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.model import Derivation, ElementKind, Finding
from parsers.policy import ParseOptions
from parsers.preloading import ModulesNeeded, require
from parsers.reading import Block, TypedText

_LIBRARY: Final = "parsers.backends.unstructured_library"
_REASON: Final = "The usual reader could not read the file; this one reads it with less structure."
_NO_CHILDREN: Final = Finding(
    page=None, code="children_not_read", message="Files attached to the mail, if any, could not be read."
)
_KINDS: Final = {
    "ListItem": ElementKind.LIST_ITEM,
    "CodeSnippet": ElementKind.CODE,
    "Formula": ElementKind.FORMULA,
    "FigureCaption": ElementKind.CAPTION,
    "Header": ElementKind.HEADER,
    "Footer": ElementKind.FOOTER,
}


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a file of text as one page without geometry. Raises `DamagedDocument` or `LimitExceeded`."""
    with path.open("rb") as stream:
        media_type = detect_media_type(stream)
    content = path.read_bytes()
    if len(content) > LARGEST_MARKUP:
        raise LimitExceeded("The file is larger than 128 MiB.")
    library = require(_LIBRARY)
    derivation = Derivation(extractor="unstructured", version=library.VERSION, confidence=0.6, reason=_REASON)
    is_mail = media_type == "message/rfc822"
    if not is_mail:  # a mail says of each of its parts how it is encoded
        content = decode_text(content, markup=True).encode("utf-8")
    try:
        elements = library.partition(content, media_type)
    except ModulesNeeded:
        raise
    except Exception as error:
        # A library made for its users' own files: on a hostile one it may raise anything.
        raise DamagedDocument("The file cannot be read, by the usual reader or by another one.") from error
    return one_page(tuple(_blocks(elements, derivation)), derivation, findings=(_NO_CHILDREN,) if is_mail else ())


def _blocks(elements: Sequence[Any], derivation: Derivation) -> Iterator[Block]:
    for element in elements:
        html = getattr(element.metadata, "text_as_html", None)
        if element.category == "Table" and html:
            yield from blocks_of_html(html, derivation=derivation).blocks
            continue
        # A title of plain text is a guess from capitals; one with a depth was a heading of the markup.
        depth = element.metadata.category_depth
        kind = _KINDS.get(element.category, ElementKind.PARAGRAPH)
        level: int | None = None
        if element.category == "Title" and depth is not None:
            kind, level = ElementKind.HEADING, depth + 1
        elif kind is ElementKind.LIST_ITEM:
            level = max((depth or 1) - 1, 0)
        text = code_text(element.text) if kind is ElementKind.CODE else _lines(element.text)
        if text:
            yield Block(typed=TypedText(kind=kind, text=text, level=level, derivation=derivation))


def _lines(text: str) -> str:
    collected = InlineText()
    for line in text.split("\n"):
        collected.add(line)
        collected.break_line()
    return collected.take()[0]
