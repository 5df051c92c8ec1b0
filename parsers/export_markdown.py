"""A Document as GitHub-flavoured Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from parsers.export_flow import BULLET, NUMBER, ROLE_NAMES, Shown, inline, left_out, shown
from parsers.model import Document, Element, ElementKind, Link, Role, Table

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|])")
_LINE_START: Final = re.compile(r"^(\s*)(?:([-+])|(\d+)([.)]))(\s)", re.M)
_RULE_LINE: Final = re.compile(r"^(\s*)(-{3,}|={3,}|~{3,})\s*$", re.M)
_INDENT: Final = "    "
_ENDS_TARGET: Final = re.compile(r"[\x00-\x20\x7f()<>\\|\"]")


def to_markdown(document: Document) -> str:
    """GitHub-flavoured Markdown. A table with spans is written as a flat grid: the text stands in its first cell.

    Text that a reader of the document does not see is left out, and a comment says so.
    """
    parts: list[str] = []
    previous: Element | None = None
    for item in shown(document):
        text = _markdown(item)
        if not text:
            continue
        separator = _separator(previous, item.element) if parts else ""
        parts.append(separator + text)
        previous = item.element
    if hidden := left_out(document):
        parts.append(("\n\n" if parts else "") + f"<!-- {hidden} elements that are not visible were left out -->")
    return "".join(parts) + "\n" if parts else ""


def _separator(previous: Element | None, element: Element) -> str:
    if previous is not None and previous.kind is ElementKind.LIST_ITEM and element.kind is ElementKind.LIST_ITEM:
        return "\n"
    both_headers = previous is not None and previous.role is Role.MAIL_HEADER and element.role is Role.MAIL_HEADER
    return "  \n" if both_headers else "\n\n"


def _markdown(item: Shown) -> str:
    element = item.element
    if element.table is not None:
        return _table(element.table, element.links)
    if element.kind is ElementKind.FIGURE:
        return _figure(element)
    if element.kind is ElementKind.CODE:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", element.text)), default=0))
        return f"{fence}\n{element.text}\n{fence}"
    if element.kind is ElementKind.FORMULA:
        return element.text if element.text.startswith("$") else f"$$\n{element.text}\n$$"
    text = _inline(element)
    if element.role in ROLE_NAMES:
        return _quoted(f"**{ROLE_NAMES[element.role]}:** {text}")
    if element.kind in (ElementKind.TITLE, ElementKind.HEADING):
        return "#" * min(1 + (element.level or 0), 6) + " " + " ".join(text.split("\n"))
    if element.kind is ElementKind.LIST_ITEM:
        return _INDENT * item.depth + _item(element, " ".join(text.split("\n")))
    if element.role is Role.MAIL_HEADER:
        name, colon, value = text.partition(":")
        return f"**{name}:**{value}" if colon else text
    if element.kind is ElementKind.CAPTION:
        return "*" + " ".join(text.split("\n")) + "*"
    return _guard_lines(text)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


def _figure(element: Element) -> str:
    """What the file says the picture shows, or the labels in it; a comment marks the place of one without either."""
    if element.role is Role.ALT_TEXT:
        alt = " ".join(_inline(element).split("\n"))
        return f"![{alt}](#{element.id})"
    return "<!-- figure -->" + ("\n\n" + _guard_lines(_inline(element)) if element.text else "")


def _item(element: Element, text: str) -> str:
    if NUMBER.match(element.text):
        return text
    return "- " + (text if BULLET.match(element.text) is None else BULLET.sub("", _without_escape(text), count=1))


def _without_escape(text: str) -> str:
    """An item's own bullet may be a character that was escaped."""
    return text.removeprefix("\\")


def _inline(element: Element) -> str:
    return inline(element.text, element.start, element.links, escape_markdown, _anchor)


def _anchor(text: str, target: str) -> str:
    escaped = _ENDS_TARGET.sub(lambda character: f"%{ord(character[0]):02X}", target)
    return f"[{text}]({escaped})"


def escape_markdown(text: str) -> str:
    """Text in which nothing is taken for Markdown (but at the beginning of a line)."""
    return _SPECIAL.sub(r"\\\1", text)


def _guard_lines(text: str) -> str:
    """Lines of a paragraph that would begin a list, or underline the line above, are kept from doing so."""
    text = _LINE_START.sub(lambda m: f"{m[1]}\\{m[2]}{m[5]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}{m[5]}", text)
    return _RULE_LINE.sub(r"\1\\\2", text)


def _table(table: Table, links: Sequence[Link]) -> str:
    grid = [[""] * table.columns for _ in range(table.rows)]
    for cell in table.cells:
        grid[cell.row][cell.column] = inline(
            cell.text,
            cell.start,
            [link for link in links if cell.start <= link.start < cell.end],
            escape_markdown,
            _anchor,
        )
    rows = ["| " + " | ".join(row) + " |" for row in grid]
    rule = "|" + " --- |" * table.columns
    if not any(cell.header for cell in table.cells if cell.row == 0):
        rows.insert(0, "|" + "  |" * table.columns)
    return "\n".join([rows[0], rule, *rows[1:]])
