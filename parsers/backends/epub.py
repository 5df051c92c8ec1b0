"""EPUB books: the chapters in reading order, one page each, read as HTML; pictures from the book itself."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parsers.archive_guard import check_archive, read_member
from parsers.backends.base import TypedDocument, TypedPage
from parsers.backends.html import DERIVATION as HTML_DERIVATION
from parsers.backends.html import LARGEST_MARKUP, blocks_of_html, primary_language
from parsers.backends.html_pictures import LARGEST_PICTURE, percent_decoded
from parsers.backends.xml_tree import all_named, local_name, read_tree
from parsers.errors import DamagedDocument, EncryptedDocument, LimitExceeded, NoPages, ParseError
from parsers.model import Derivation, Finding
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions

DERIVATION = Derivation(
    extractor="epub", version=HTML_DERIVATION.version, confidence=1.0, reason="The book's markup says what it is."
)
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_TEXTS = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document", "image/svg+xml"})
# Fonts are made unreadable to others by these two; the text is not (EPUB 3.3, font obfuscation; Adobe's own).
_FONT_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_LARGEST_PART = 16 * 1024**2


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a book. Raises `DamagedDocument`, `EncryptedDocument` (protected by a shop), `LimitExceeded`, `NoPages`."""
    check_archive(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DamagedDocument("The book is damaged: its archive cannot be opened.") from error
    try:
        book = _Book(archive=archive, names=frozenset(archive.namelist()))
        book.read_package()
    except ParseError:
        archive.close()
        raise
    return TypedDocument(
        page_count=len(book.spine),
        title=book.title,
        language=book.language,
        findings=tuple(book.findings),
        page=book.page,
        on_close=(archive.close,),
    )


@dataclass(slots=True, kw_only=True)
class _Book:
    archive: zipfile.ZipFile
    names: frozenset[str]
    spine: list[str] = field(default_factory=list)
    chapter_names: dict[str, str] = field(default_factory=dict)
    title: str | None = None
    language: str | None = None
    findings: list[Finding] = field(default_factory=list)

    def read_package(self) -> None:
        self._refuse_protected()
        package_path = self._package_path()
        package, _ = read_tree(self._part(package_path), "book's package")
        folder = posixpath.dirname(package_path)
        manifest = _manifest(package, folder)
        self.title = _metadata(package, "title")
        self.language = primary_language(_metadata(package, "language"))
        for reference in all_named(package, "itemref"):
            item = manifest.get(reference.get("idref", ""))
            if item is not None and item.media_type in _TEXTS:
                self._add_to_spine(item.path)
        if not self.spine:
            raise NoPages("The book has no chapter that can be read.")
        self._name_chapters(manifest)

    def page(self, number: int) -> TypedPage:
        """The chapter at this place of the reading order."""
        path = self.spine[number - 1]
        folder = posixpath.dirname(path)
        try:
            content = blocks_of_html(
                read_member(self.archive, path, LARGEST_MARKUP),
                derivation=DERIVATION,
                find_image=lambda source: self._picture(folder, source),
            )
        except (DamagedDocument, EncryptedDocument, LimitExceeded) as error:
            finding = Finding(page=number, code="page_failed", message=f"The chapter cannot be read. {error}")
            return TypedPage(number=number, blocks=(), derivation=DERIVATION, findings=(finding,))
        name = self.chapter_names.get(path) or content.title
        return TypedPage(number=number, blocks=content.blocks, derivation=DERIVATION, name=name)

    def _add_to_spine(self, path: str) -> None:
        if path in self.names:
            self.spine.append(path)
        else:
            message = "The book names a chapter that it does not hold."
            self.findings.append(Finding(page=None, code="member_missing", message=message))

    def _refuse_protected(self) -> None:
        if _ENCRYPTION not in self.names:
            return
        tree, _ = read_tree(self._part(_ENCRYPTION), "book's list of encrypted parts")
        methods = {method.get("Algorithm", "") for method in all_named(tree, "EncryptionMethod")}
        if methods - set(_FONT_OBFUSCATION):
            raise EncryptedDocument("The book is protected against reading by other programs (DRM).")

    def _package_path(self) -> str:
        if _CONTAINER not in self.names:
            raise DamagedDocument("The book is damaged: it does not say where its package is.")
        container, _ = read_tree(self._part(_CONTAINER), "book's container")
        paths = [str(root.get("full-path", "")) for root in all_named(container, "rootfile")]
        found = next((path for path in paths if path in self.names), None)
        if found is None:
            raise DamagedDocument("The book is damaged: its package is missing.")
        return found

    def _name_chapters(self, manifest: Mapping[str, _Item]) -> None:
        """Names from the book's table of contents; the first entry that leads into a chapter names it."""
        for item in manifest.values():
            if item.path in self.names and ("nav" in item.properties or item.media_type == "application/x-dtbncx+xml"):
                try:
                    tree, _ = read_tree(self._part(item.path), "book's table of contents")
                except ParseError:
                    continue
                folder = posixpath.dirname(item.path)
                for target, name in _entries(tree):
                    self.chapter_names.setdefault(_resolve(folder, target.partition("#")[0]), name)

    def _part(self, name: str) -> bytes:
        return read_member(self.archive, name, _LARGEST_PART)

    def _picture(self, folder: str, source: str) -> bytes | None:
        path = _resolve(folder, source)
        if path not in self.names:
            return None
        try:
            return read_member(self.archive, path, LARGEST_PICTURE)
        except ParseError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    path: str
    media_type: str
    properties: tuple[str, ...]


def _manifest(package: Any, folder: str) -> dict[str, _Item]:
    return {
        item.get("id", ""): _Item(
            path=_resolve(folder, item.get("href", "")),
            media_type=item.get("media-type", ""),
            properties=tuple(item.get("properties", "").split()),
        )
        for item in all_named(package, "item")
    }


def _metadata(package: Any, name: str) -> str | None:
    for element in all_named(package, name):
        text = clean_text("".join(element.itertext()))
        if text:
            return text
    return None


def _entries(tree: Any) -> list[tuple[str, str]]:
    """Targets and names in a table of contents, of EPUB 3 (`nav`) or EPUB 2 (`ncx`)."""
    found: list[tuple[str, str]] = []
    if local_name(tree) == "ncx":
        for point in all_named(tree, "navPoint"):
            label = next(all_named(point, "text"), None)
            content = next(all_named(point, "content"), None)
            if label is not None and content is not None:
                found.append((content.get("src", ""), clean_text("".join(label.itertext()))))
    else:
        found += [(link.get("href", ""), clean_text("".join(link.itertext()))) for link in all_named(tree, "a")]
    return [(target, name) for target, name in found if target and name]


def _resolve(folder: str, reference: str) -> str:
    """The name of a member that a reference leads to, from a file in `folder`."""
    return posixpath.normpath(posixpath.join(folder, percent_decoded(reference)))
