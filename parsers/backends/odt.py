"""Reads OpenDocument texts (ODT, and templates) as they are stored."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.odt_file import body_of, language_of, open_package, property_of
from parsers.backends.odt_lists import OdtLists
from parsers.backends.odt_names import STYLE, TEXT, Element
from parsers.backends.odt_story import OdtContext, OdtStoryReader
from parsers.backends.odt_styles import OdtStyles
from parsers.backends.office_package import Package
from parsers.backends.typed_texts import join_texts
from parsers.model import Derivation, ElementKind
from parsers.policy import ParseOptions
from parsers.reading import Block

NAME: Final = "odt"
VERSION: Final = "1"

_DERIVATION: Final = Derivation(
    extractor=NAME, version=VERSION, confidence=1.0, reason="As the OpenDocument file stores it."
)
_HEADERS: Final = ("header", "header-first", "header-left")
_FOOTERS: Final = ("footer", "footer-first", "footer-left")
_FIRST_MASTER: Final = "Standard"


def open_document(path: Path, options: ParseOptions) -> TypedDocument:
    """Read the file as one page: where Writer would break it into pages is not stored."""
    return open_package(path, options.password, _read)


def _read(package: Package, stream: BinaryIO) -> TypedDocument:
    content = package.xml("content.xml")
    body = body_of(content, "text", "text document")
    common = package.optional_xml("styles.xml")
    styles = OdtStyles(content, common)
    context = OdtContext(
        package=package,
        styles=styles,
        lists=OdtLists(styles),
        derivation=_DERIVATION,
        deletions=_deletions(body),
    )
    blocks = OdtStoryReader(context).blocks(body)
    headers, footers = _running(context, common)
    return one_page(
        [*headers, *blocks, *footers],
        _DERIVATION,
        title=property_of(package, "title"),
        language=property_of(package, "language") or language_of(context),
        findings=package.take_findings(),
        on_close=(package.close, stream.close),
    )


def _deletions(body: Element) -> dict[str, Element]:
    """What tracked deletions took out, by the id of the change."""
    found: dict[str, Element] = {}
    for region in body.iter(f"{TEXT}changed-region"):
        deletion = region.find(f"{TEXT}deletion")
        identity = region.get(f"{TEXT}id") or region.get("{http://www.w3.org/XML/1998/namespace}id", "")
        if deletion is not None:
            found[identity] = deletion
    return found


def _running(context: OdtContext, common: Element | None) -> tuple[list[Block], list[Block]]:
    """Headers and footers of the page styles in use, each text once."""
    masters = {} if common is None else {item.get(f"{STYLE}name"): item for item in common.iter(f"{STYLE}master-page")}
    used: list[str] = []
    queue = [_FIRST_MASTER, *sorted(context.styles.master_pages())]
    while queue:
        name = queue.pop(0)
        if name in masters and name not in used:
            used.append(name)
            queue.append(masters[name].get(f"{STYLE}next-style-name", ""))
    headers = _running_texts(context, [masters[name] for name in used], _HEADERS, ElementKind.HEADER)
    return headers, _running_texts(context, [masters[name] for name in used], _FOOTERS, ElementKind.FOOTER)


def _running_texts(
    context: OdtContext, masters: list[Element], names: tuple[str, ...], kind: ElementKind
) -> list[Block]:
    found: dict[str, Block] = {}
    for master in masters:
        for name in names:
            part = master.find(STYLE + name)
            if part is None or part.get(f"{STYLE}display") == "false":
                continue
            blocks = OdtStoryReader(context).blocks(part)
            texts = [block.typed for block in blocks if block.typed is not None and not block.typed.flags]
            if texts:
                joined = join_texts(texts, kind=kind, derivation=_DERIVATION)
                found.setdefault(joined.text, Block(typed=joined))
    return list(found.values())
