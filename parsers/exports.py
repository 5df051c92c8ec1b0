"""A Document as Markdown, HTML or plain text, for people and for other programs.

Furniture (running headers and footers) is left out of Markdown and HTML: it is not part of what the document says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from parsers.model import FURNITURE, Cell, Document, Element, ElementKind, Table

_MARKER = re.compile(r"^(?:[•●▪■◦○‣▸►➢✓❖∙·\uf0b7\uf0a7*–—-])\s*")
_NUMBER = re.compile(r"^\(?[0-9a-zA-Z]{1,5}[.)]\s")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>#|])")
_MARKDOWN_LINE_START = re.compile(r"^(\s*)([-+]|\d+[.)])(\s)")


def to_text(document: Document) -> str:
    """The canonical text, with a newline at the end."""
    return document.text + "\n" if document.text else ""


def to_markdown(document: Document) -> str:
    """GitHub-flavoured Markdown. A table with spans is written as a flat grid: the text stands in its first cell."""
    parts: list[str] = []
    previous: ElementKind | None = None
    for element in _body(document):
        text = _markdown(element)
        if not text:
            continue
        joined = previous is ElementKind.LIST_ITEM and element.kind is ElementKind.LIST_ITEM
        parts.append(("\n" if joined else "\n\n") + text if parts else text)
        previous = element.kind
    return "".join(parts) + "\n" if parts else ""


def _body(document: Document) -> Iterator[Element]:
    return (element for element in document.elements if element.kind not in FURNITURE)


def _markdown(element: Element) -> str:
    if element.table is not None:
        return _markdown_table(element.table)
    if element.kind is ElementKind.FIGURE:
        return ""
    if element.kind is ElementKind.CODE:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", element.text)), default=0))
        return f"{fence}\n{element.text}\n{fence}"
    lines = [_escape_markdown(line) for line in element.text.split("\n")]
    if element.kind in (ElementKind.TITLE, ElementKind.HEADING):
        return "#" * min(1 + (element.level or 0), 6) + " " + " ".join(lines)
    if element.kind is ElementKind.LIST_ITEM:
        return "  " * (element.level or 0) + _markdown_item(element.text)
    if element.kind is ElementKind.CAPTION:
        return "*" + " ".join(lines) + "*"
    return "\n".join(lines)


def _markdown_item(text: str) -> str:
    flat = " ".join(text.split("\n"))
    if _NUMBER.match(flat):
        return "- " + _escape_markdown(flat)
    return "- " + _escape_markdown(_MARKER.sub("", flat, count=1))


def _escape_markdown(line: str) -> str:
    escaped = _MARKDOWN_SPECIAL.sub(r"\\\1", line)
    return _MARKDOWN_LINE_START.sub(r"\1\\\2\3", escaped)


def _markdown_table(table: Table) -> str:
    grid = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        grid[cell.row][cell.column] = _escape_markdown(cell.text)
    rows = ["| " + " | ".join(row) + " |" for row in grid]
    rule = "|" + " --- |" * table.columns
    if not _starts_with_header(table):
        rows.insert(0, "|" + "  |" * table.columns)
    return "\n".join([rows[0], rule, *rows[1:]])


def _starts_with_header(table: Table) -> bool:
    return any(cell.header for cell in table.cells if cell.row == 0)


def to_html(document: Document) -> str:
    """A complete, self-contained HTML page: no script, no style sheet, nothing to fetch."""
    title = escape(document.document.title or "Document")
    language = f' lang="{escape(document.document.language)}"' if document.document.language else ""
    head = (
        f'<!DOCTYPE html>\n<html{language}>\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n<body>\n'
    )
    return head + "".join(_html_elements(document)) + "</body>\n</html>\n"


def _html_elements(document: Document) -> Iterator[str]:
    listing = False
    for element in _body(document):
        if listing and element.kind is not ElementKind.LIST_ITEM:
            yield "</ul>\n"
            listing = False
        if element.kind is ElementKind.LIST_ITEM and not listing:
            yield "<ul>\n"
            listing = True
        yield _html(element)
    if listing:
        yield "</ul>\n"


def _html(element: Element) -> str:
    place = f' id="{element.id}" data-page="{element.page}"'
    if element.table is not None:
        return html_table(element.table, attributes=place)
    text = escape(element.text)
    if element.kind is ElementKind.FIGURE:
        return f"<figure{place}></figure>\n"
    if element.kind is ElementKind.CODE:
        return f"<pre{place}><code>{text}</code></pre>\n"
    flat = text.replace("\n", " ")
    if element.kind in (ElementKind.TITLE, ElementKind.HEADING):
        tag = f"h{min(1 + (element.level or 0), 6)}"
        return f"<{tag}{place}>{flat}</{tag}>\n"
    if element.kind is ElementKind.LIST_ITEM:
        return f"<li{place}>{escape(_MARKER.sub('', element.text, count=1)).replace(chr(10), ' ')}</li>\n"
    if element.kind is ElementKind.FOOTNOTE:
        return f'<p{place} role="doc-footnote">{flat}</p>\n'
    if element.kind is ElementKind.CAPTION:
        return f'<p{place} class="caption">{flat}</p>\n'
    return f"<p{place}>" + text.replace("\n", "<br>\n") + "</p>\n"


def html_table(table: Table, *, attributes: str = "") -> str:
    """A table as HTML with its spans; header cells are `th`. Cells that lie under a span are left out."""
    by_row: dict[int, list[Cell]] = {}
    for cell in table.cells:
        by_row.setdefault(cell.row, []).append(cell)
    rows = []
    for row in range(table.rows):
        cells = sorted(by_row.get(row, []), key=lambda cell: cell.column)
        rows.append("<tr>" + "".join(_html_cell(cell) for cell in cells) + "</tr>\n")
    return f"<table{attributes}>\n" + "".join(rows) + "</table>\n"


def _html_cell(cell: Cell) -> str:
    tag = "th" if cell.header else "td"
    spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<{tag}{spans}>{escape(cell.text)}</{tag}>"
