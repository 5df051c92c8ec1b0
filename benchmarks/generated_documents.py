"""One text in many formats: what a source of the corpus (`eval_data.markup`) looks like as a file of each.

Libraries write what they can write (Word, slides, sheets); the rest is markup, written here. The truth is known, as
nothing is shown but the blocks of the source.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import EmailMessage
from html import escape
from itertools import groupby
from typing import Any, Final

import docx
import openpyxl
import pptx
import pymupdf
from pptx.util import Inches, Pt

from eval_data.layout import lay_out
from eval_data.markup import Block, Source

_ODT: Final = "application/vnd.oasis.opendocument.text"
_ODF: Final = "urn:oasis:names:tc:opendocument:xmlns"
_LINES_OF_SLIDE: Final = 6
_SCAN_DPI: Final = 200


def as_pdf(source: Source) -> bytes:
    return lay_out(source)[0]


def as_scan(source: Source) -> bytes:
    """The PDF, its pages as pictures of 200 dpi."""
    with pymupdf.open(stream=as_pdf(source), filetype="pdf") as printed, pymupdf.open() as scan:
        for page in printed:
            picture = page.get_pixmap(dpi=_SCAN_DPI, colorspace=pymupdf.csGRAY)
            scan.new_page(width=page.rect.width, height=page.rect.height).insert_image(page.rect, pixmap=picture)
        return bytes(scan.tobytes(deflate=True))


def as_docx(source: Source) -> bytes:
    document = docx.Document()
    for block in source.blocks:
        if block.kind == "table":
            table = document.add_table(len(block.rows), len(block.rows[0]))
            for row, texts in enumerate(block.rows):
                for column, text in enumerate(texts):
                    table.cell(row, column).text = text
        elif block.kind in ("title", "heading"):
            document.add_heading(block.text, block.level or 0)
        elif block.kind == "list_item":
            document.add_paragraph(block.text, "List Bullet" if block.marker == "•" else "List Number")
        elif block.text:
            document.add_paragraph(block.text, "Caption" if block.kind == "caption" else None)
    return _saved(document)


def as_pptx(source: Source) -> bytes:
    """A slide for every heading, and for a table; long ones go on without a title."""
    presentation = pptx.Presentation()
    frame: Any = None
    lines = 0
    for block in source.blocks:
        if block.kind in ("title", "heading"):
            slide = presentation.slides.add_slide(presentation.slide_layouts[1])
            slide.shapes.title.text = block.text
            frame, lines = slide.placeholders[1].text_frame, 0
        elif block.kind == "table":
            slide = presentation.slides.add_slide(presentation.slide_layouts[6])
            size = len(block.rows), len(block.rows[0])
            table = slide.shapes.add_table(*size, Inches(0.5), Inches(0.5), Inches(9), Inches(6)).table
            for row, texts in enumerate(block.rows):
                for column, text in enumerate(texts):
                    table.cell(row, column).text = text
            frame = None
        elif block.text:
            if frame is None or lines >= _LINES_OF_SLIDE:
                slide = presentation.slides.add_slide(presentation.slide_layouts[6])
                frame, lines = slide.shapes.add_textbox(Inches(0.5), Inches(0.5), Inches(9), Inches(6)).text_frame, 0
            paragraph = frame.paragraphs[0] if not lines else frame.add_paragraph()
            paragraph.text = block.text.replace("\n", "\v")
            paragraph.font.size = Pt(12)
            lines += 1
    return _saved(presentation)


def as_xlsx(source: Source) -> bytes:
    """One sheet: a text to a row, the rows of tables among them."""
    book = openpyxl.Workbook()
    sheet = book.active
    rows = (row for block in source.blocks for row in block.rows or ((block.text,),))
    for number, row in enumerate(rows, start=1):
        for column, text in enumerate(row, start=1):
            if text:
                # No formula, whatever it begins with.
                sheet.cell(number, column, text).data_type = "s"
    return _saved(book)


def _saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def html_of(source: Source) -> str:
    """A page as browsers read it, and EPUB readers too."""
    parts = []
    for is_item, blocks in groupby(source.blocks, key=lambda block: block.kind == "list_item" and block.marker):
        inside = "".join(_html_block(block) for block in blocks)
        tag = "ul" if is_item == "•" else "ol"
        parts.append(f"<{tag}>{inside}</{tag}>" if is_item else inside)
    title = escape(source.head.title)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><head>'
        f"<title>{title}</title></head><body>{''.join(parts)}</body></html>"
    )


def _html_block(block: Block) -> str:
    if block.kind == "table":
        head, *rows = ["".join(f"<td>{escape(text)}</td>" for text in row) for row in block.rows]
        return f"<table><tr>{head.replace('td>', 'th>')}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
    tag = {"title": "h1", "heading": f"h{(block.level or 0) + 1}", "list_item": "li"}.get(block.kind, "p")
    return f"<{tag}>{escape(block.text).replace(chr(10), '<br/>')}</{tag}>" if block.text else ""


def as_epub(source: Source) -> bytes:
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest>'
        '<item id="c" href="text.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="c"/></spine></package>'
    )
    return _packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "book.opf": book,
            "text.xhtml": html_of(source),
        }
    )


def as_odt(source: Source) -> bytes:
    names = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "text", "table"))
    body = "".join(_odt_block(block) for block in source.blocks)
    content = (
        f"<office:document-content {names}><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )
    return _packed({"mimetype": _ODT, "content.xml": content})


def _odt_block(block: Block) -> str:
    if block.kind == "table":
        rows = (
            "".join(f"<table:table-cell><text:p>{escape(text)}</text:p></table:table-cell>" for text in row)
            for row in block.rows
        )
        inside = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
        return f"<table:table>{inside}</table:table>"
    text = escape(block.text).replace("\n", "<text:line-break/>")
    if block.kind in ("title", "heading"):
        return f'<text:h text:outline-level="{(block.level or 0) + 1}">{text}</text:h>'
    if block.kind == "list_item":
        return f"<text:list><text:list-item><text:p>{text}</text:p></text:list-item></text:list>"
    return f"<text:p>{text}</text:p>" if text else ""


def _packed(parts: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def as_rtf(source: Source) -> bytes:
    body = "".join(_rtf_block(block) for block in source.blocks)
    return rf"{{\rtf1\ansi\ansicpg1252\deff0{{\fonttbl{{\f0 Serif;}}}}{body}}}".encode("ascii")


def _rtf_block(block: Block) -> str:
    if block.kind == "table":
        edges = "".join(rf"\cellx{2000 * number}" for number in range(1, len(block.rows[0]) + 1))
        rows = ("".join(rf"\intbl {_rtf_text(text)}\cell " for text in row) for row in block.rows)
        return "".join(rf"\trowd{edges}{row}\row" + "\n" for row in rows) + r"\pard "
    return rf"\pard {_rtf_text(block.text)}\par" + "\n" if block.text else ""


def _rtf_text(text: str) -> str:
    return "".join(_rtf_character(character) for character in text)


def _rtf_character(character: str) -> str:
    if character in "\\{}":
        return f"\\{character}"
    if character == "\n":
        return r"\line "
    units = character.encode("utf-16-le")
    codes = (int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2))
    return character if character.isascii() else "".join(rf"\u{code}?" for code in codes)


def as_markdown(source: Source) -> bytes:
    return "\n\n".join(_markdown_blocks(source.blocks)).encode()


def _markdown_blocks(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        if block.kind == "table":
            head, *rows = ["| " + " | ".join(_markdown(text) for text in row) + " |" for row in block.rows]
            yield "\n".join([head, "|" + "---|" * len(block.rows[0]), *rows])
        elif block.kind in ("title", "heading"):
            yield f"{'#' * ((block.level or 0) + 1)} {_markdown(block.text)}"
        elif block.kind == "list_item":
            yield f"{'-' if block.marker == '•' else block.marker} {_markdown(block.text)}"
        elif block.text:
            yield _markdown(block.text).replace("\n", "\\\n")


def _markdown(text: str) -> str:
    """Text as it is, and no markup."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#+-.!|~&" else character for character in text)


def text_of(source: Source) -> str:
    return "\n\n".join(
        "\n".join("\t".join(row) for row in block.rows) if block.rows else block.text for block in source.blocks
    )


def as_mail(source: Source) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "one@example.org", "two@example.org"
    message["Subject"] = source.head.title
    message.set_content(text_of(source))
    message.add_alternative(html_of(source), subtype="html")
    return message.as_bytes()


def as_csv(source: Source) -> bytes:
    """Rows of the tables; a text is a row of one cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows(row for block in source.blocks for row in (block.rows or ((block.text,),)))
    return buffer.getvalue().encode()


def as_json(source: Source) -> bytes:
    records = [{"rows": block.rows} if block.rows else {"text": block.text} for block in source.blocks]
    return json.dumps(records, ensure_ascii=False).encode()


WRITERS: Final[Mapping[str, Callable[[Source], bytes]]] = {
    "pdf": as_pdf,
    "docx": as_docx,
    "pptx": as_pptx,
    "xlsx": as_xlsx,
    "html": lambda source: html_of(source).encode(),
    "epub": as_epub,
    "odt": as_odt,
    "rtf": as_rtf,
    "md": as_markdown,
    "txt": lambda source: text_of(source).encode(),
    "eml": as_mail,
    "csv": as_csv,
    "json": as_json,
    "scan": as_scan,
}
"""By the suffix of the file; `scan` is a PDF too."""
