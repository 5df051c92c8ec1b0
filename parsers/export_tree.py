"""A document and the files inside it in one text: each file below a line that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from parsers.export_csv import to_csv
from parsers.export_html import html_body, html_page
from parsers.export_markdown import escape_markdown, to_markdown
from parsers.exports import to_text
from parsers.model import Document
from parsers.tree import INSIDE, ParseTree


def files_of(tree: ParseTree, name: str) -> Iterator[tuple[str, Document]]:
    """Every document of a tree that was read, with the names of the files that it lies in, the outermost first."""
    yield name, tree.outcome.document
    for parsed in tree.children or ():
        if parsed.tree is not None:
            yield from files_of(parsed.tree, f"{name}{INSIDE}{parsed.child.name}")


def tree_to_text(tree: ParseTree, name: str) -> str:
    return _joined(tree, name, to_text, lambda inside: f"\n===== {inside} =====\n\n")


def tree_to_markdown(tree: ParseTree, name: str) -> str:
    return _joined(tree, name, to_markdown, lambda inside: f"\n---\n\n**File: {escape_markdown(inside)}**\n\n")


def tree_to_csv(tree: ParseTree, name: str) -> str:
    """Every table of every file, one blank line between two."""
    return "\r\n".join(tables for _, document in files_of(tree, name) if (tables := to_csv(document)))


def tree_to_html(tree: ParseTree, name: str) -> str:
    """One page; the files inside the file are sections of their own."""
    root, *others = files_of(tree, name)
    sections = [
        f'<section data-file="{escape(inside)}">\n<hr>\n<p><b>File: {escape(inside)}</b></p>\n{html_body(document)}'
        "</section>\n"
        for inside, document in others
    ]
    return html_page(root[1], html_body(root[1]) + "".join(sections))


def _joined(tree: ParseTree, name: str, export: Callable[[Document], str], headline: Callable[[str], str]) -> str:
    root, *others = files_of(tree, name)
    return export(root[1]) + "".join(headline(inside) + export(document) for inside, document in others)
