"""Reads Word files (DOCX, and their variants with macros or as templates, transitional or strict) as Word stores them.

The XML is read as it is, with lxml: python-docx knows neither text boxes, tracked changes, notes, comments, fields nor
equations, and takes gigabytes for files of a few megabytes that are made to.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.docx_names import Element, R, W, local_name, switch
from parsers.backends.docx_numbering import Numbering
from parsers.backends.docx_package import WordPackage
from parsers.backends.docx_runs import NoteMarks
from parsers.backends.docx_story import Context, StoryReader, read_note
from parsers.backends.docx_styles import Styles
from parsers.backends.embedded_objects import EmbeddedFile, embedded_file
from parsers.backends.office_crypto import open_office
from parsers.backends.typed_texts import join_texts
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.model import Derivation, ElementKind, Finding
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, ChildEntry

NAME: Final = "docx"
VERSION: Final = "1"

_DERIVATION: Final = Derivation(extractor=NAME, version=VERSION, confidence=1.0, reason="As the Word file stores it.")
_DUBLIN_CORE: Final = "{http://purl.org/dc/elements/1.1/}"
_NOTES: Final = ("footnotes", "endnotes", "comments")
_MOST_CHILD_BYTES: Final = 256 * 1024**2
_CHILDREN: Final = frozenset(("package", "oleObject", "aFChunk", "subDocument"))


def open_document(path: Path, options: ParseOptions) -> TypedDocument:
    """Read the file as one page: where Word would break it into pages is not stored."""
    stream = open_office(path, options.password)
    try:
        package = WordPackage(stream)
        try:
            return _read(package, stream.close)
        except RecursionError as error:
            raise LimitExceeded("The file's parts are nested too deeply to be read.") from error
    except BaseException:
        stream.close()
        raise


def _read(package: WordPackage, close: object) -> TypedDocument:
    main = package.main_part
    root = package.xml(main)
    body = root.find(f"{W}body")
    if body is None:
        raise DamagedDocument("The file's main part is no Word document.")
    context = _context(package, main, root)
    blocks = StoryReader(context, main).blocks(body)
    for identity in context.notes["comments"]:
        blocks += read_note(context, "comments", identity, "")
    headers, footers = _running(context, main, root)
    title, language = _properties(package)
    children, left_out = _children(package, main)
    return one_page(
        [*headers, *blocks, *footers],
        _DERIVATION,
        title=title,
        language=language or _language(context),
        children=tuple(ChildEntry(name=child.name, size=len(child.content)) for child in children),
        child=lambda index: children[index].content,
        findings=(*package.take_findings(), *left_out),
        on_close=(package.close, close),
    )


def _context(package: WordPackage, main: str, root: Element) -> Context:
    settings = package.optional_xml(package.related(main, "settings"))
    context = Context(
        package=package,
        styles=Styles(package.optional_xml(package.related(main, "styles"))),
        numbering=Numbering(package.optional_xml(package.related(main, "numbering"))),
        marks=NoteMarks(settings),
        derivation=_DERIVATION,
        white_page=root.find(f"{W}background") is None,
    )
    for kind in _NOTES:
        part = package.related(main, kind) or ""
        notes = package.optional_xml(part)
        context.note_parts[kind] = part
        context.notes[kind] = {
            note.get(f"{W}id", ""): note
            for note in (() if notes is None else notes)
            if local_name(note) in ("footnote", "endnote", "comment") and note.get(f"{W}type", "normal") == "normal"
        }
    return context


def _running(context: Context, main: str, root: Element) -> tuple[list[Block], list[Block]]:
    """Headers and footers that some page shows, each text once."""
    settings = context.package.optional_xml(context.package.related(main, "settings"))
    even = bool(switch(settings, "evenAndOddHeaders"))
    relations = context.package.relations(main)
    found: dict[ElementKind, dict[str, Block]] = {ElementKind.HEADER: {}, ElementKind.FOOTER: {}}
    for reference in _references(root, even=even):
        kind = ElementKind.HEADER if local_name(reference) == "headerReference" else ElementKind.FOOTER
        relation = relations.get(reference.get(f"{R}id", ""))
        part = None if relation is None or relation.external else context.package.optional_xml(relation.target)
        if part is None or relation is None:
            continue
        blocks = StoryReader(context, relation.target).blocks(part)
        texts = [block.typed for block in blocks if block.typed is not None and not block.typed.flags]
        if texts:
            joined = join_texts(texts, kind=kind, derivation=_DERIVATION)
            found[kind].setdefault(joined.text, Block(typed=joined))
    return list(found[ElementKind.HEADER].values()), list(found[ElementKind.FOOTER].values())


def _references(root: Element, *, even: bool) -> Iterator[Element]:
    for section in root.iter(f"{W}sectPr"):
        first = bool(switch(section, "titlePg"))
        for reference in section:
            if local_name(reference) not in ("headerReference", "footerReference"):
                continue
            shown = {"first": first, "even": even}.get(reference.get(f"{W}type", "default"), True)
            if shown:
                yield reference


def _properties(package: WordPackage) -> tuple[str | None, str | None]:
    """Title and language of the file's core properties (ISO 29500-2, 11)."""
    core = package.optional_xml(package.related("", "core-properties"))
    if core is None:
        return None, None
    title, language = (clean_text(core.findtext(f"{_DUBLIN_CORE}{name}") or "") for name in ("title", "language"))
    return title or None, language or None


def _language(context: Context) -> str | None:
    """The language that most of the text is marked with; that of the styles where no run says otherwise."""
    if not context.languages:
        return context.styles.language
    most = max(context.languages.items(), key=lambda item: (item[1], item[0]))
    return most[0] or None


def _children(package: WordPackage, main: str) -> tuple[list[EmbeddedFile], tuple[Finding, ...]]:
    """The files inside the file: embedded documents, documents to be inserted, and what OLE objects hold.

    Files that are too large together are left out, with a finding.
    """
    relations = [item for item in package.relations(main).values() if item.kind in _CHILDREN and not item.external]
    found: list[EmbeddedFile] = []
    kept = too_large = 0
    for part, kind in dict.fromkeys((item.target, item.kind) for item in relations):
        if not package.has(part):
            continue
        if kept + package.size(part) > _MOST_CHILD_BYTES:
            too_large += 1
            continue
        content = package.read(part)
        kept += len(content)
        name = posixpath.basename(part)
        child = embedded_file(content) if kind == "oleObject" else EmbeddedFile(name=name, content=content)
        if child is not None:
            found.append(EmbeddedFile(name=child.name or name, content=child.content))
    message = f"Files inside the file were left out, as they are too large together: {too_large:,}."
    return found, (Finding(page=None, code="children_left_out", message=message),) if too_large else ()
