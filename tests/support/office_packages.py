"""Word and OpenDocument files written by hand, part by part: what a test is about stands in the test."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
RTF = "application/rtf"

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
WORD_NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    f'xmlns:r="{_OFFICE}/relationships" xmlns:m="{_OFFICE}/math" xmlns:a="{_DRAWING}/main" '
    f'xmlns:wp="{_DRAWING}/wordprocessingDrawing" xmlns:pic="{_DRAWING}/picture" xmlns:c="{_DRAWING}/chart" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"'
)
ODF_NAMES = " ".join(
    f'xmlns:{short}="{_ODF}:{name}:1.0"'
    for short, name in (
        ("office", "office"), ("text", "text"), ("style", "style"), ("table", "table"), ("draw", "drawing"),
        ("svg", "svg-compatible"), ("presentation", "presentation"),
        ("fo", "xsl-fo-compatible"), ("meta", "meta"), ("manifest", "manifest"),
    )
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP package of these parts, the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def docx(
    body: str,
    parts: Mapping[str, str | bytes] | None = None,
    relations: Mapping[str, tuple[str, str]] | None = None,
) -> bytes:
    """A Word file: `body` goes into `w:body`; `parts` by their name under `word/` (`styles.xml`: the inside of it).

    Parts with a known name are wrapped in their root and referred to by a relation of their kind; `relations` are
    further ones, id to (kind, target); a target with a colon lies outside the file.
    """
    given = dict(parts or {})
    refer = dict(relations or {})
    written: dict[str, str | bytes] = {}
    for name, content in given.items():
        kind = name.partition(".")[0].rstrip("0123456789")
        root = {"header": "hdr", "footer": "ftr"}.get(kind, kind)
        known = kind in ("styles", "numbering", "settings", "footnotes", "endnotes", "comments", "header", "footer")
        if known:
            refer.setdefault(name.partition(".")[0], (kind, name))
        written[f"word/{name}"] = f"<w:{root} {WORD_NAMES}>{content!s}</w:{root}>" if known else content
    return package(
        {
            "_rels/.rels": _relations({"document": ("officeDocument", "word/document.xml")}),
            "word/document.xml": f"<w:document {WORD_NAMES}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": _relations(refer),
            **written,
        }
    )


def _relations(relations: Mapping[str, tuple[str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="{identity}" Type="{_OFFICE}/relationships/{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if ":" in target else "/>")
        for identity, (kind, target) in relations.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{items}</Relationships>'
    )


def paragraph(text: str, style: str = "", properties: str = "") -> str:
    """A paragraph of Word with one run; no markup in `text`."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f'<w:p><w:pPr>{named}{properties}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def style(identity: str, name: str, properties: str = "", based_on: str = "") -> str:
    """A paragraph style of Word."""
    base = f'<w:basedOn w:val="{based_on}"/>' if based_on else ""
    return f'<w:style w:type="paragraph" w:styleId="{identity}"><w:name w:val="{name}"/>{base}{properties}</w:style>'


def odt(
    body: str, automatic: str = "", common: str = "", masters: str = "", parts: Mapping[str, str | bytes] | None = None
) -> bytes:
    """An OpenDocument text: `body` goes into `office:text`, `automatic` and `common` are its styles."""
    return _open_document(ODT, "text", body, automatic, common, masters, parts)


def ods(body: str, automatic: str = "", parts: Mapping[str, str | bytes] | None = None) -> bytes:
    """An OpenDocument spreadsheet: `body` are its tables."""
    return _open_document(ODS, "spreadsheet", body, automatic, "", "", parts)


def odp(
    body: str, automatic: str = "", common: str = "", masters: str = "", parts: Mapping[str, str | bytes] | None = None
) -> bytes:
    """An OpenDocument presentation: `body` are its slides, `common` also the layouts of pages."""
    return _open_document(ODP, "presentation", body, automatic, common, masters, parts)


def _open_document(
    media_type: str,
    kind: str,
    body: str,
    automatic: str,
    common: str,
    masters: str,
    parts: Mapping[str, str | bytes] | None,
) -> bytes:
    return package(
        {
            "mimetype": media_type,
            "content.xml": (
                f"<office:document-content {ODF_NAMES}><office:automatic-styles>{automatic}</office:automatic-styles>"
                f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
            ),
            "styles.xml": (
                f"<office:document-styles {ODF_NAMES}><office:styles>{common}</office:styles>"
                f"<office:master-styles>{masters}</office:master-styles></office:document-styles>"
            ),
            **(parts or {}),
        }
    )
