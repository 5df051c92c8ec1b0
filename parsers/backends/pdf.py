"""Reads pages of a PDF with PyMuPDF: words, styles, drawn lines and images, as plain values.

Measured on filings (milliseconds of CPU per page): display list 1.5, structured text 0.3, spans 0.7, words 0.5, vectors
1.1. Per-character output (`rawdict`) costs 4.9 and `get_cdrawings()` 1.7, and neither tells more that is needed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parsers.backends.mupdf import pymupdf
from parsers.backends.pdf_attachments import Attachment, find_attachments, read_attachment
from parsers.backends.pdf_drawing import count_paths, images_of, rulings_of, scan_resolution
from parsers.backends.pdf_hidden import part_hidden
from parsers.backends.pdf_keys import page_keys
from parsers.backends.pdf_page import MuPdfPage
from parsers.backends.pdf_text import read_lines
from parsers.content import PageContent
from parsers.errors import DamagedDocument, EncryptedDocument, NoPages, PageUnreadable, ParseError
from parsers.model import Finding
from parsers.page_reading import read_page
from parsers.plain_text import clean_text, count_characters, count_unmapped
from parsers.policy import ParseOptions
from parsers.reading import ChildEntry, PageReading

NAME = "pymupdf"
VERSION: str = pymupdf.VersionBind

_PLAIN = 0

# What MuPDF and its bindings raise on damaged files; only the first has a class of its own.
_FAULTS = (pymupdf.mupdf.FzErrorBase, RuntimeError, ValueError, TypeError, KeyError, IndexError, OverflowError)


class PdfPages:
    """An open PDF; close it, or use it in a `with`."""

    findings: Sequence[Finding] = ()

    def __init__(self, document: Any) -> None:
        self._document = document
        self.page_count: int = document.page_count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._document.close()

    @cached_property
    def _attachments(self) -> list[Attachment]:
        """Listed when asked for: every page is looked at, and most readers of a range of pages do not want them."""
        return find_attachments(self._document, _FAULTS)

    @property
    def children(self) -> Sequence[ChildEntry]:
        return [ChildEntry(name=attachment.name) for attachment in self._attachments]

    @property
    def title(self) -> str | None:
        """The title in the file's properties, or None. It is whatever the author's program wrote there."""
        return clean_text(str((self._document.metadata or {}).get("title") or "")) or None

    @property
    def language(self) -> str | None:
        """The language the file declares (`en-US`), or None."""
        declared = self._document.language
        return clean_text(str(declared)) or None if declared else None

    def read_page(self, number: int, options: ParseOptions) -> PageReading:
        """Read and understand page `number` (from 1). Raises `PageUnreadable`."""
        started = time.thread_time()
        content = self.read_content(number)
        opened = time.thread_time() - started
        reading = read_page(content, options)
        reading.cpu_seconds["backend"] = opened
        return reading

    def page_keys(self) -> list[str]:
        """As of `parsers.backends.pdf_keys`; empty where objects are damaged."""
        try:
            return page_keys(self._document)
        except pymupdf.mupdf.FzErrorSystem as error:
            raise MemoryError from error
        except _FAULTS:
            return []

    def read_child(self, index: int) -> bytes:
        try:
            return read_attachment(self._document, self._attachments[index])
        except pymupdf.mupdf.FzErrorSystem as error:
            raise MemoryError from error
        except _FAULTS as error:
            raise ParseError("The attachment is damaged and cannot be taken out.") from error

    def read_content(self, number: int) -> PageContent:
        """Page `number` (from 1) as it is in the file. Raises `PageUnreadable` when MuPDF cannot make sense of it."""
        try:
            return self._read_page(number)
        except pymupdf.mupdf.FzErrorSystem as error:  # its own allocator had no more memory
            raise MemoryError from error
        except _FAULTS as error:
            raise PageUnreadable(f"Page {number} is damaged and cannot be read.") from error

    def _read_page(self, number: int) -> PageContent:
        page = self._document[number - 1]
        width, height = page.rect.width, page.rect.height
        # The display list is in displayed coordinates (rotation applied); Page.get_textpage() is not.
        display_list = page.get_displaylist(annots=0)
        text_page = _text_page(display_list, _PLAIN)
        lines, hidden = read_lines(text_page.extractDICT()["blocks"], text_page.extractWORDS(), width, height)
        # Vectors come from a second pass over the list: in one pass, an underline would cut the words it passes under.
        vectors = _text_page(display_list, pymupdf.TEXT_COLLECT_VECTORS).extractDICT()["blocks"]
        source = MuPdfPage(page)
        lines, pale = part_hidden(lines, vectors, source)
        images = images_of(page, display_list, width, height)
        return PageContent(
            number=number,
            width=round(width, 2),
            height=round(height, 2),
            rotation=page.rotation,
            lines=lines,
            hidden=(*hidden, *pale),
            rulings=rulings_of(vectors, width, height),
            images=images,
            paths=count_paths(vectors),
            char_count=sum(count_characters(line.text) for line in lines),
            unmapped=sum(count_unmapped(line.text) for line in lines),
            scan_dpi=scan_resolution(page) if images else 0.0,
            source=source,
        )


def _text_page(display_list: Any, flags: int) -> Any:
    """Structured text over an unbounded area, so that text outside the page is seen and can be reported."""
    mupdf = pymupdf.mupdf
    everywhere = mupdf.FzRect(mupdf.FzRect.Fixed_INFINITE)
    text_page = mupdf.FzStextPage(everywhere)
    device = mupdf.fz_new_stext_device(text_page, mupdf.FzStextOptions(flags))
    mupdf.fz_run_display_list(display_list.this, device, mupdf.FzMatrix(), everywhere, mupdf.FzCookie())
    mupdf.fz_close_device(device)
    return pymupdf.TextPage(text_page)


def open_document(path: Path, options: ParseOptions) -> PdfPages:
    """Open a PDF.

    Raises `EncryptedDocument` (a password is needed, or is wrong), `DamagedDocument` (it cannot be read as a PDF)
    and `NoPages` (it opens, and has none).
    """
    try:
        document = pymupdf.open(path, filetype="pdf")
    except pymupdf.mupdf.FzErrorSystem as error:
        raise MemoryError from error
    except (*_FAULTS, OSError) as error:
        raise DamagedDocument("The file cannot be opened as a PDF: it is damaged or incomplete.") from error
    try:
        locked = document.needs_pass and not document.authenticate(options.password or "")
        if locked:
            document.close()
            raise EncryptedDocument("The PDF is encrypted and cannot be opened without the right password.")
        pages = PdfPages(document)
    except pymupdf.mupdf.FzErrorSystem as error:
        document.close()
        raise MemoryError from error
    except _FAULTS as error:
        document.close()
        raise DamagedDocument("The PDF's list of pages cannot be read: it is damaged or incomplete.") from error
    if pages.page_count == 0:
        pages.close()
        raise NoPages("The PDF can be opened, but has no pages.")
    return pages
