"""A Document as Markdown, HTML, plain text or CSV, for people and for other programs."""

from __future__ import annotations

from parsers.export_csv import table_csv, tables_of, to_csv
from parsers.export_html import html_table, to_html
from parsers.export_markdown import to_markdown
from parsers.model import Document

__all__ = ["html_table", "table_csv", "tables_of", "to_csv", "to_html", "to_markdown", "to_text"]


def to_text(document: Document) -> str:
    """The canonical text, with a newline at the end."""
    return document.text + "\n" if document.text else ""
