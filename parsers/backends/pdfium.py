"""The second reader of PDF: PDFium, for what MuPDF cannot open, and for pages that it cannot read.

PDFium aborts its process on some hostile files, so it must only ever run in a worker of its own. It opens some of the
files that MuPDF gives up on, and the other way round; on sound files MuPDF is the faster and tells more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pypdfium2
import pypdfium2.raw as pdfium_c

from parsers.backends.pdfium_page import PdfiumPage, page_content
from parsers.content import PageContent
from parsers.errors import DamagedDocument, EncryptedDocument, NoPages, PageUnreadable, ParseError
from parsers.model import Finding
from parsers.page_reading import read_page
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import ChildEntry, PageReading

NAME = "pdfium"
VERSION = str(pypdfium2.PDFIUM_INFO.version)

_FAULTS = (pypdfium2.PdfiumError, ValueError, OverflowError, IndexError)


class PdfiumPages:
    """An open PDF; close it, or use it in a `with`. Attachments are left to the first reader."""

    language: str | None = None
    children: Sequence[ChildEntry] = ()
    findings: Sequence[Finding] = ()

    def __init__(self, document: Any) -> None:
        self._document = document
        self.page_count: int = len(document)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._document.close()

    @property
    def title(self) -> str | None:
        """The title in the file's properties, or None."""
        return clean_text(self._document.get_metadata_value("Title")) or None

    def read_page(self, number: int, options: ParseOptions) -> PageReading:
        """Read and understand page `number` (from 1). Raises `PageUnreadable`."""
        started = time.thread_time()
        content = self.read_content(number)
        opened = time.thread_time() - started
        reading = read_page(content, options)
        reading.cpu_seconds["backend"] = opened
        reason = f"Read with PDFium {VERSION}, as the usual reader could not. {reading.text.reason}"
        return replace(reading, text=replace(reading.text, reason=reason))

    def read_child(self, index: int) -> bytes:
        raise ParseError(f"The PDF has no attachment {index}.")

    def read_content(self, number: int) -> PageContent:
        """Page `number` (from 1) as it is in the file. Raises `PageUnreadable` when PDFium cannot make sense of it."""
        try:
            return page_content(PdfiumPage(self._document[number - 1]), number)
        except _FAULTS as error:
            raise PageUnreadable(f"Page {number} is damaged and cannot be read.") from error


def open_document(path: Path, options: ParseOptions) -> PdfiumPages:
    """Open a PDF. Raises `EncryptedDocument`, `DamagedDocument` and `NoPages`, as the first reader does."""
    try:
        document = pypdfium2.PdfDocument(path, password=options.password)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium_c.FPDF_ERR_PASSWORD:
            raise EncryptedDocument("The PDF is encrypted and cannot be opened without the right password.") from error
        raise DamagedDocument("The file cannot be opened as a PDF: it is damaged or incomplete.") from error
    pages = PdfiumPages(document)
    if pages.page_count == 0:
        pages.close()
        raise NoPages("The PDF can be opened, but has no pages.")
    return pages
