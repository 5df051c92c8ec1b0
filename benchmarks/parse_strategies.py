"""Ways to read a file: our own policies, and what one would do who has no router."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pymupdf
from numpy.typing import NDArray

from benchmarks.table_truth import Cells, tables_of, tables_of_html
from parsers.detection import detect_media_type
from parsers.formats import open_document
from parsers.model import Document
from parsers.parse import assemble, inspect, read_pages
from parsers.policy import ParseOptions, parse_policy

OCR_DPI: Final = 200
_USABLE_CHARACTERS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a strategy made of a file: text by page number, and the tables of the whole."""

    pages: Mapping[int, str]
    tables: Sequence[Cells]


Strategy = Callable[[Path], Read]
Recognise = Callable[[NDArray[np.uint8]], str]


def parse_here(path: Path, options: ParseOptions) -> Document:
    """Our own parser in this process: what its sealed children do. Raises a `ParseError`."""
    with path.open("rb") as stream:
        media_type = detect_media_type(stream, path.name)
    with open_document(path, media_type, options) as opened:
        inspection = inspect(opened)
        readings = read_pages(opened, 1, inspection.page_count, options)
    return assemble(inspection, readings, [], sha256="0" * 64, media_type=media_type, options=options).document


def text_of_page(document: Document, number: int) -> str:
    """The part of canonical text that stands on a page, an element or its part on that page to a paragraph."""
    spans = [
        (region.start, region.end)
        for element in document.elements
        for region in element.regions
        if region.page == number
    ]
    return "\n\n".join(document.text[start:end] for start, end in sorted(spans) if end > start)


def ours(policy: str) -> Strategy:
    options = parse_policy(policy)

    def read(path: Path) -> Read:
        document = parse_here(path, options)
        pages = {page.number: text_of_page(document, page.number) for page in document.pages}
        return Read(pages=pages, tables=tables_of(document))

    return read


def everything(recognise: Recognise) -> Strategy:
    """Every page is drawn, read by OCR and by the layout model, which has its text and tables from the text layer."""

    def read(path: Path) -> Read:
        with as_pdf(path) as document:
            _, tables = _layout(document)
            pages = {page.number + 1: recognise(_drawn(page)) for page in document}
        return Read(pages=pages, tables=tables)

    return read


def layout_everywhere(recognise: Recognise) -> Strategy:
    """Every page is read by the layout model, and those without a text layer by OCR too."""

    def read(path: Path) -> Read:
        with as_pdf(path) as document:
            pages, tables = _layout(document)
            for page in document:
                if len("".join(page.get_text().split())) < _USABLE_CHARACTERS:
                    pages[page.number + 1] = recognise(_drawn(page))
        return Read(pages=pages, tables=tables)

    return read


def as_pdf(path: Path) -> pymupdf.Document:
    """A file as a PDF; an image becomes a page of its own size."""
    document = pymupdf.open(path)
    if document.is_pdf:
        return document
    with document:
        return pymupdf.open(stream=document.convert_to_pdf(), filetype="pdf")


def tesseract() -> Recognise:
    """Tesseract in this process, with its page segmentation by default; no look at orientation."""
    import tesserocr
    from PIL import Image

    from parsers.ocr.tessdata import data_folder

    engine = tesserocr.PyTessBaseAPI(path=str(data_folder()), lang="eng")

    def recognise(pixels: NDArray[np.uint8]) -> str:
        engine.SetImage(Image.fromarray(pixels))
        return str(engine.GetUTF8Text())

    return recognise


def rapidocr() -> Recognise:
    """RapidOCR with its defaults, on one thread."""
    from rapidocr import RapidOCR

    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={"Global.log_level": "error", **threads})

    def recognise(pixels: NDArray[np.uint8]) -> str:
        found: Any = engine(pixels[:, :, ::-1])
        return "\n".join(found.txts or ())

    return recognise


ENGINES: Final[Mapping[str, Callable[[], Recognise]]] = {"tesseract": tesseract, "rapidocr": rapidocr}


def _drawn(page: pymupdf.Page) -> NDArray[np.uint8]:
    pixmap = page.get_pixmap(dpi=OCR_DPI, alpha=False)
    return np.frombuffer(pixmap.samples, dtype=np.uint8).reshape(pixmap.height, pixmap.width, pixmap.n)


def _layout(document: pymupdf.Document) -> tuple[dict[int, str], list[Cells]]:
    """pymupdf4llm's text by page in its reading order, and its tables as it writes them in HTML."""
    import pymupdf4llm  # type: ignore[import-untyped]

    read = json.loads(pymupdf4llm.to_json(document, use_ocr=False, table_output="html"))
    texts: dict[int, str] = {}
    tables: list[Cells] = []
    for page in read["pages"]:
        parts: list[str] = []
        for box in page["boxes"]:
            if box["table"]:
                own = tables_of_html(box["table"]["html"] or "")
                tables += own
                parts += ["\t".join(cell.text for cell in cells) for cells in own]
            parts += ["".join(span["text"] for span in line["spans"]) for line in box["textlines"] or ()]
        texts[page["page_number"]] = "\n".join(parts)
    return texts, tables
