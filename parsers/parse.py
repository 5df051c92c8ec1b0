"""The parser's entry points: inspect a file, read a range of its pages, assemble the Document.

`inspect` and `read_pages` work on an open document and belong into an isolated process; what they return travels as
JSON. `assemble` is a pure function of that data and runs in the caller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from parsers.assembly import assemble_elements, model_page
from parsers.backends.base import OpenDocument
from parsers.errors import PageUnreadable
from parsers.language import language_of_most, language_of_page
from parsers.ledger import make_ledger
from parsers.model import (
    Child,
    Derivation,
    Document,
    DocumentProperties,
    Element,
    Finding,
    Measurements,
    Page,
    ParseOutcome,
    TextSource,
)
from parsers.ocr.tessdata import tesseract_languages
from parsers.policy import ParseOptions
from parsers.prices import TEXT_LAYER
from parsers.reading import Inspection, PageReading
from parsers.stored_readings import StoredReadings

# Raised whenever the same bytes may give another Document than before: a parse is named by it.
PARSER_VERSION = 4

# Libraries whose own version decides what is read. Another version of one of them is another producer.
_LIBRARIES = (
    "pymupdf",
    "pypdfium2",
    "onnx",
    "onnxruntime",
    "opencv-python-headless",
    "pillow",
    "rapidocr",
    "tesserocr",
    "lxml",
    "markdown-it-py",
    "docutils",
    "charset-normalizer",
    "py3langid",
    "unstructured",
    "msoffcrypto-tool",
    "olefile",
    "openpyxl",
    "xlrd",
)


def _producer() -> str:
    """`sourcespan-parser/2 libraries/3f9c…`: this parser, and a digest of the versions of the libraries installed."""
    versions = []
    for library in _LIBRARIES:
        try:
            versions.append(f"{library}=={version(library)}")
        except PackageNotFoundError:
            versions.append(f"{library} is not installed")
    versions.append(f"tesseract reads {' '.join(sorted(tesseract_languages())) or 'nothing'}")
    digest = hashlib.sha256("\n".join(versions).encode()).hexdigest()[:12]
    return f"sourcespan-parser/{PARSER_VERSION} libraries/{digest}"


PRODUCER = _producer()


def parse_id(sha256: str, options: ParseOptions) -> str:
    """`prs_` and 24 hexadecimal digits, from the bytes, the producer's version and the options' name."""
    name = f"{sha256}\0{PRODUCER}\0{options.name}"
    return "prs_" + hashlib.sha256(name.encode()).hexdigest()[:24]


def inspect(document: OpenDocument) -> Inspection:
    """The properties of an open file."""
    return Inspection(
        page_count=document.page_count,
        title=document.title,
        language=document.language,
        children=tuple(document.children),
        findings=tuple(document.findings),
    )


def read_pages(document: OpenDocument, first: int, last: int, options: ParseOptions) -> list[PageReading]:
    """Read the pages `first` to `last` (from 1, both included; pages past the end are left out).

    A page that cannot be read comes back as a reading with `failed` set and a finding; the others are not touched.
    """
    readings: list[PageReading] = []
    for number in range(first, min(last, document.page_count) + 1):
        try:
            readings.append(_with_language(document, document.read_page(number, options)))
        except PageUnreadable:
            readings.append(_failed_page(number))
    return readings


def _with_language(document: OpenDocument, reading: PageReading) -> PageReading:
    """What a file says of its language counts; else the text itself is asked."""
    return reading if document.language is not None else replace(reading, language=language_of_page(reading))


def assemble(
    inspection: Inspection,
    readings: Sequence[PageReading],
    findings: Sequence[Finding],
    *,
    sha256: str,
    media_type: str,
    options: ParseOptions,
    children: Sequence[Child] = (),
) -> ParseOutcome:
    """Build the Document from the pages read and what was said of those that were not. Pure; any order of pages."""
    identity = parse_id(sha256, options)
    pages = readings if isinstance(readings, StoredReadings) else StoredReadings(readings)
    text, elements, images = assemble_elements(pages, identity)
    # What the rest needs to know of each page, without what was on it: of thousands of pages, that may stay in memory.
    known = [replace(reading, blocks=()) for reading in pages]
    known = sorted([*known, *pages.failed], key=lambda reading: reading.number)
    document = Document(
        parse_id=identity,
        producer=PRODUCER,
        policy=options.name,
        document=DocumentProperties(
            sha256=sha256,
            media_type=media_type,
            title=inspection.title,
            language=inspection.language or language_of_most(known),
            page_count=inspection.page_count,
            text=text,
        ),
        pages=_all_pages(inspection.page_count, known),
        elements=elements,
        ledger=make_ledger(inspection.page_count, known, elements, [*inspection.findings, *findings]),
        children=tuple(children),
    )
    return ParseOutcome(document=document, measurements=_measure(known, elements), images=images)


def _failed_page(number: int) -> PageReading:
    message = "The page is damaged and could not be read."
    nothing = Derivation(extractor="none", version="1", confidence=0.0, reason=message)
    return PageReading(
        number=number,
        width=0.0,
        height=0.0,
        rotation=0,
        text_source=TextSource.NONE,
        blocks=(),
        characters=0,
        tables_found=0,
        text=nothing,
        findings=(Finding(page=number, code="page_failed", message=message),),
        failed=True,
    )


def _all_pages(page_count: int, readings: Sequence[PageReading]) -> tuple[Page, ...]:
    """One entry per page of the file; a page that did not come back has no size and no text."""
    known = {reading.number: model_page(reading) for reading in readings}
    return tuple(
        known.get(number) or Page(number=number, width=0.0, height=0.0, rotation=0, text_source=TextSource.NONE)
        for number in range(1, page_count + 1)
    )


def _measure(readings: Sequence[PageReading], elements: Sequence[Element]) -> Measurements:
    """CPU seconds in all, by step, and by element.

    A page's cost is shared among its extractors by their fixed prices (a table that the layout model found carries the
    model, a line of the text layer does not), and what an extractor made by length of text.
    """
    by_step: dict[str, float] = {}
    by_page: dict[int, float] = {}
    for reading in readings:
        by_page[reading.number] = sum(reading.cpu_seconds.values())
        for step, seconds in reading.cpu_seconds.items():
            by_step[step] = by_step.get(step, 0.0) + seconds
    lengths: dict[tuple[int, Derivation], int] = {}
    for element in elements:
        made = (element.page, element.derivation)
        lengths[made] = lengths.get(made, 0) + len(element.text) + 1
    prices: dict[int, float] = {}
    for page, derivation in lengths:
        prices[page] = prices.get(page, 0.0) + max(derivation.price, TEXT_LAYER)
    by_element: dict[str, float] = {}
    for element in elements:
        derivation = element.derivation
        share = max(derivation.price, TEXT_LAYER) / prices[element.page]
        length = lengths[element.page, derivation]
        by_element[element.id] = by_page.get(element.page, 0.0) * share * (len(element.text) + 1) / length
    return Measurements(cpu_seconds=sum(by_step.values()), by_step=by_step, by_element=by_element)


__all__ = [
    "PARSER_VERSION",
    "PRODUCER",
    "Inspection",
    "PageReading",
    "assemble",
    "inspect",
    "parse_id",
    "read_pages",
]
