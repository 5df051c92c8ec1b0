"""Which kind of text a text file is: by its beginning, and where that says nothing by the ending of its name."""

from __future__ import annotations

import codecs
import csv
import json
import re
from itertools import islice
from typing import Final

from parsers.backends.text_bytes import decode_text, wide_encoding
from parsers.media_types import CSV, EML, HTML, JSON, MARKDOWN, MBOX, NDJSON, PLAIN, RST, SVG, TSV, XML

_ENDINGS: Final = {
    "txt": PLAIN,
    "text": PLAIN,
    "log": PLAIN,
    "md": MARKDOWN,
    "markdown": MARKDOWN,
    "rst": RST,
    "rest": RST,
    "csv": CSV,
    "tsv": TSV,
    "tab": TSV,
    "json": JSON,
    "geojson": JSON,
    "jsonl": NDJSON,
    "ndjson": NDJSON,
    "html": HTML,
    "htm": HTML,
    "xhtml": HTML,
    "xml": XML,
    "eml": EML,
    "mht": EML,
    "mhtml": EML,
    "mbox": MBOX,
}
_MARKUP: Final = frozenset({MARKDOWN, RST})
_SHORT_TEXT_SHARE: Final = 0.85
_LEGACY_LENGTH: Final = 64
_CONTROL_SHARE: Final = 0.002

_PAGE: Final = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.I)
_FRAGMENT: Final = re.compile(
    r"<(?:a|article|b|blockquote|br|center|dl|div|em|font|form|h[1-6]|hr|i|img|link|main|meta|nav|ol|p|pre|script|"
    r"section|span|strong|style|table|tbody|td|title|tr|ul)\b[^<]*>",
    re.I,
)
_LEADING: Final = re.compile(
    r"(?:\s+|<!--.*?-->|<\?.*?\?>|<!doctype\s+(?!html|svg)[^<\[>]*(?:\[.*?\]\s*)?>)+", re.S | re.I
)
_ELEMENT: Final = re.compile(r"<([a-zA-Z_][\w.-]*:)?([a-zA-Z_][\w.-]*)(?=[\s/>])")
_HEADER: Final = re.compile(r"([!-9;-~]+)[ \t]*:")
_MBOX: Final = re.compile(r"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:[A-Z][a-z]{2}) +\d")
_SENDERS: Final = frozenset({"from", "received", "message-id", "mime-version", "return-path", "delivered-to"})
_MAIL_HEADERS: Final = _SENDERS | {
    "to", "cc", "bcc", "subject", "date", "reply-to", "sender", "content-type", "content-transfer-encoding", "x-mailer",
    "in-reply-to", "references", "dkim-signature", "authentication-results", "arc-seal", "x-received", "thread-topic",
    "user-agent", "resent-from", "list-id", "x-sender", "content-language",
}  # fmt: skip
_JSON_START: Final = re.compile(
    r'\{\s*(?:\}|"(?:[^"\\]|\\.)*"\s*:)|\[\s*(?:[\[{\]]|"(?:[^"\\]|\\.)*"\s*[,\]]|-?\d[\d.eE+-]*\s*[,\]]|(?:true|false|null)\b)'
)
_HEADING: Final = re.compile(r"^#{1,6} \S", re.M)
_MARKDOWN_SIGNS: Final = (
    re.compile(r"\]\((?:https?://|/|\.|#)"),
    re.compile(r"^(?:```|~~~)", re.M),
    re.compile(r"^\|?\s*:?-{3,}:?\s*\|", re.M),
    re.compile(r"^\s{0,3}[-*] \S", re.M),
    re.compile(r"\*\*\S"),
)
_RST_SIGNS: Final = re.compile(r"^\.\. [\w-]+::|:[a-z]+:`", re.M)
_UNDERLINE: Final = re.compile(r"^(\S.*)\n(=|-|~|\^|\*){3,}$", re.M)
_SNIFFED_ROWS: Final = 200


def decode_head(head: bytes) -> str | None:
    """The beginning of a text file as text; None for content that is not text.

    UTF-8 may be cut inside a character. Text in an older encoding is told from binary content by having hardly any
    control characters; which encoding it is does not matter here.
    """
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return head.decode(encoding, errors="replace")
    if 0 in head:
        wide = wide_encoding(head)
        return None if wide is None else head.decode(wide, errors="replace")
    controls = sum(head.count(byte) for byte in (*range(9), *range(14, 27), *range(28, 32), 127))
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        legacy = controls <= len(head) * _CONTROL_SHARE and (len(head) >= _LEGACY_LENGTH or _is_short_text(head))
        return head.decode("latin-1") if legacy else None
    return text if controls <= max(1, len(head) * 0.01) else None


def _is_short_text(head: bytes) -> bool:
    """Whether few bytes that are no UTF-8 are words in an older encoding: of other content hardly half are letters."""
    text = decode_text(head)
    letters = sum(character.isalnum() or character.isascii() for character in text)
    return letters >= _SHORT_TEXT_SHARE * len(text)


def kind_of_text(text: str, name: str, *, whole: bool) -> str:
    """The media type of a text file from its beginning; `whole` says that there is no more of it."""
    named = _ENDINGS.get(name.rpartition(".")[2].lower()) if "." in name else None
    start = text.lstrip("\ufeff \t\r\n\f")
    clear = _clear_kind(start, named)
    if clear is not None:
        return clear
    if named in (HTML, XML) and start.startswith("<"):
        return named
    if named is EML and _HEADER.match(start):
        return EML
    if named in (JSON, NDJSON):
        return named if start[:1] in ("{", "[", '"', "") or _is_json(start) else PLAIN
    if named in (PLAIN, MARKDOWN, RST, CSV, TSV):
        return named
    return _json_kind(start, whole=whole) or _guessed_kind(start, whole=whole)


def _clear_kind(start: str, named: str | None) -> str | None:
    """What the content says of itself beyond doubt, whatever the name."""
    if named is not EML and _MBOX.match(start):
        return MBOX
    if _is_mail(start):
        return EML
    if not start.startswith("<"):
        return None
    leading = _LEADING.match(start)
    rest = start[leading.end() :] if leading else start
    declared = leading is not None and "<?xml" in leading[0].lower()
    if _PAGE.match(rest):
        return HTML
    element = _ELEMENT.match(rest)
    if (element is not None and element[2] == "svg") or rest[:13].lower() == "<!doctype svg":
        return SVG
    if element is not None and (declared or "xmlns" in rest[: rest.find(">") + 1]):
        return XML
    if declared:
        return XML
    if named not in _MARKUP and named is not PLAIN and named is not XML and _FRAGMENT.match(rest):
        return HTML
    if named is None and element is not None and f"</{element[0][1:]}>" in rest:
        return XML
    return None


def _is_mail(start: str) -> bool:
    """Whether it begins with a block of mail headers: one that only mail has, and another."""
    names: set[str] = set()
    for number, line in enumerate(islice(start.splitlines(), 200)):
        if number and line[:1] in (" ", "\t"):
            continue
        if number == 0 and line.startswith((">From ", "From ")):
            continue
        header = _HEADER.match(line)
        if header is None:
            break
        names.add(header[1].lower())
    return bool(names & _SENDERS) and len(names & _MAIL_HEADERS) >= 2


def _json_kind(start: str, *, whole: bool) -> str | None:
    if _JSON_START.match(start) is None:
        return None
    first, _, rest = start.partition("\n")
    if rest.lstrip()[:1] in ("{", "[") and _is_json(first):
        return NDJSON
    return JSON if not whole or _is_json(start) else None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _guessed_kind(start: str, *, whole: bool) -> str:
    """Of text without a name that says: a table whose rows agree, marks of Markdown or reStructuredText, or neither."""
    lines = start.splitlines() if whole else start.splitlines()[:-1]
    if _rows_agree(lines, "\t", rows=2, columns=2):
        return TSV
    if any(_rows_agree(lines, mark, rows=3, columns=3) for mark in (",", ";", "|")):
        return CSV
    if _HEADING.search(start) and not start.startswith("#!") and any(sign.search(start) for sign in _MARKDOWN_SIGNS):
        return MARKDOWN
    if _RST_SIGNS.search(start) and _UNDERLINE.search(start):
        return RST
    return PLAIN


def _rows_agree(lines: list[str], delimiter: str, *, rows: int, columns: int) -> bool:
    filled = [line for line in lines[:_SNIFFED_ROWS] if line.strip()]
    if len(filled) < rows or delimiter not in filled[0]:
        return False
    try:
        widths = {len(row) for row in csv.reader(filled, delimiter=delimiter, strict=True) if row}
    except csv.Error:
        return False
    return len(widths) == 1 and widths.pop() >= columns
