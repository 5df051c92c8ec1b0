"""A Document as an HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from parsers.export_flow import BULLET, NUMBER, ROLE_NAMES, Shown, inline, left_out, shown
from parsers.model import Cell, Document, Element, ElementKind, Link, Role, Table


def to_html(document: Document) -> str:
    """A complete, self-contained HTML page: no script, no style sheet, nothing to fetch.

    Text that a reader of the document does not see is left out, and a comment says so.
    """
    return html_page(document, html_body(document))


def html_page(document: Document, body: str) -> str:
    """A page with the document's title and language around a body."""
    title = escape(document.document.title or "Document")
    language = f' lang="{escape(document.document.language)}"' if document.document.language else ""
    head = (
        f'<!DOCTYPE html>\n<html{language}>\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n<body>\n'
    )
    return head + body + "</body>\n</html>\n"


def html_body(document: Document) -> str:
    """The elements of a document, for a page of one's own."""
    hidden = left_out(document)
    note = f"<!-- {hidden} elements that are not visible were left out -->\n" if hidden else ""
    return "".join(_elements(document)) + note


def _elements(document: Document) -> Iterator[str]:
    open_lists: list[str] = []
    for item in shown(document):
        if item.element.kind is not ElementKind.LIST_ITEM:
            yield _close(open_lists, 0)
            yield _html(item.element)
            continue
        tag = "ol" if NUMBER.match(item.element.text) else "ul"
        if len(open_lists) > item.depth and open_lists[item.depth] != tag:
            yield _close(open_lists, item.depth)
        yield _close(open_lists, item.depth + 1)
        if len(open_lists) == item.depth + 1:
            yield "</li>\n"
        else:
            open_lists.append(tag)
            yield f"<{tag}>\n"
        yield _item(item)
    yield _close(open_lists, 0)


def _close(open_lists: list[str], depth: int) -> str:
    return "".join(f"</li>\n</{open_lists.pop()}>\n" for _ in range(len(open_lists) - depth))


def _item(item: Shown) -> str:
    """The beginning of a list item: what is nested in it comes before its end tag."""
    element = item.element
    text = _inline(element).replace("\n", " ")
    number = NUMBER.match(element.text)
    value = f' value="{int(number[1])}"' if number else ""
    shown_text = NUMBER.sub("", text, count=1) if number else BULLET.sub("", text, count=1)
    return f"<li{_place(element)}{value}>{shown_text}"


def _place(element: Element) -> str:
    return f' id="{element.id}" data-page="{element.page}"'


def _html(element: Element) -> str:
    place = _place(element)
    if element.table is not None:
        return html_table(element.table, attributes=place, links=element.links)
    text = _inline(element)
    if element.kind is ElementKind.FIGURE:
        label = f' role="img" aria-label="{escape(element.text)}"' if element.role is Role.ALT_TEXT else ""
        lines = "" if label or not text else "<p>" + text.replace("\n", "<br>\n") + "</p>"
        return f"<figure{place}{label}>{lines}</figure>\n"
    if element.kind is ElementKind.CODE:
        return f"<pre{place}><code>{text}</code></pre>\n"
    flat = text.replace("\n", " ")
    if element.role in ROLE_NAMES:
        body = text.replace("\n", "<br>\n")
        return f'<aside{place} class="{element.role}"><b>{ROLE_NAMES[element.role]}:</b> {body}</aside>\n'
    if element.kind in (ElementKind.TITLE, ElementKind.HEADING):
        tag = f"h{min(1 + (element.level or 0), 6)}"
        return f"<{tag}{place}>{flat}</{tag}>\n"
    if element.kind is ElementKind.FORMULA:
        return f'<p{place} role="math">{flat}</p>\n'
    if element.kind is ElementKind.FOOTNOTE:
        return f'<p{place} role="doc-footnote">{flat}</p>\n'
    if element.kind is ElementKind.CAPTION:
        return f'<p{place} class="caption">{flat}</p>\n'
    return f"<p{place}>" + text.replace("\n", "<br>\n") + "</p>\n"


def _inline(element: Element) -> str:
    return inline(element.text, element.start, element.links, escape, _anchor)


def _anchor(text: str, target: str) -> str:
    return f'<a href="{escape(target)}" rel="nofollow noopener">{text}</a>'


def html_table(table: Table, *, attributes: str = "", links: Sequence[Link] = ()) -> str:
    """A table as HTML with its spans; header cells are `th`. Cells that lie under a span are left out."""
    by_row: dict[int, list[Cell]] = {}
    for cell in table.cells:
        by_row.setdefault(cell.row, []).append(cell)
    rows = []
    for row in range(table.rows):
        cells = sorted(by_row.get(row, []), key=lambda cell: cell.column)
        rows.append("<tr>" + "".join(_cell(cell, links) for cell in cells) + "</tr>\n")
    return f"<table{attributes}>\n" + "".join(rows) + "</table>\n"


def _cell(cell: Cell, links: Sequence[Link]) -> str:
    tag = "th" if cell.header else "td"
    spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    inside = [link for link in links if cell.start <= link.start < cell.end]
    return f"<{tag}{spans}>{inline(cell.text, cell.start, inside, escape, _anchor)}</{tag}>"
