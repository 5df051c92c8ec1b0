"""The media types that detection tells apart, and what people call them. One type per kind of reader.

A Word document is of the type of DOCX whether it is a template, holds macros or is in the strict variant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parsers.formats import PDF

_OFFICE_XML: Final = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."

DOCX: Final = f"{_OFFICE_XML}wordprocessingml.document"
XLSX: Final = f"{_OFFICE_XML}spreadsheetml.sheet"
PPTX: Final = f"{_OFFICE_XML}presentationml.presentation"
XLSB: Final = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
VISIO: Final = "application/vnd.ms-visio.drawing"
ENCRYPTED_OFFICE: Final = "application/x-encrypted-office"
DOC: Final = "application/msword"
XLS: Final = "application/vnd.ms-excel"
PPT: Final = "application/vnd.ms-powerpoint"
MSG: Final = "application/vnd.ms-outlook"
OLE: Final = "application/x-ole-storage"
ODT: Final = f"{_OPEN_DOCUMENT}text"
ODS: Final = f"{_OPEN_DOCUMENT}spreadsheet"
ODP: Final = f"{_OPEN_DOCUMENT}presentation"
EPUB: Final = "application/epub+zip"
ZIP: Final = "application/zip"
RTF: Final = "application/rtf"
HTML: Final = "text/html"
XML: Final = "application/xml"
SVG: Final = "image/svg+xml"
EML: Final = "message/rfc822"
MBOX: Final = "application/mbox"
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
TSV: Final = "text/tab-separated-values"
MARKDOWN: Final = "text/markdown"
RST: Final = "text/x-rst"
PLAIN: Final = "text/plain"
OCTETS: Final = "application/octet-stream"

DESCRIPTIONS: Final[Mapping[str, str]] = {
    PDF: "a PDF",
    DOCX: "a Word document (DOCX)",
    XLSX: "an Excel workbook (XLSX)",
    PPTX: "a PowerPoint presentation (PPTX)",
    XLSB: "a binary Excel workbook (XLSB)",
    VISIO: "a Visio drawing (VSDX)",
    ENCRYPTED_OFFICE: "an Office file locked with a password",
    DOC: "a legacy Word document (DOC)",
    XLS: "a legacy Excel workbook (XLS)",
    PPT: "a legacy PowerPoint presentation (PPT)",
    MSG: "an Outlook message (MSG)",
    OLE: "a compound file (OLE) of unknown kind",
    ODT: "an OpenDocument text (ODT)",
    ODS: "an OpenDocument spreadsheet (ODS)",
    ODP: "an OpenDocument presentation (ODP)",
    EPUB: "an EPUB book",
    ZIP: "a ZIP archive",
    RTF: "an RTF document",
    HTML: "an HTML page",
    XML: "an XML file",
    SVG: "an SVG image",
    EML: "an e-mail message",
    MBOX: "a mailbox (MBOX)",
    JSON: "a JSON file",
    NDJSON: "a file of JSON lines",
    CSV: "a CSV table",
    TSV: "a table with tabs (TSV)",
    MARKDOWN: "a Markdown text",
    RST: "a reStructuredText",
    PLAIN: "a plain text file",
    OCTETS: "a file of unknown kind",
    "application/gzip": "a gzip archive",
    "application/java-archive": "a Java archive",
    "application/postscript": "a PostScript file",
    "application/vnd.apache.parquet": "a Parquet file",
    "application/vnd.apple.iwork": "an Apple Pages, Numbers or Keynote document",
    "application/vnd.ms-outlook-pst": "an Outlook mailbox (PST)",
    "application/vnd.ms-tnef": "a winmail.dat (TNEF) of Outlook",
    "application/vnd.rar": "a RAR archive",
    "application/vnd.sqlite3": "an SQLite database",
    "application/x-7z-compressed": "a 7-Zip archive",
    "application/x-bzip2": "a bzip2 archive",
    "application/x-executable": "a program",
    "application/x-tar": "a tar archive",
    "application/x-xz": "an xz archive",
    "application/zstd": "a Zstandard archive",
    "audio/flac": "a sound recording (FLAC)",
    "audio/mpeg": "a sound recording (MP3)",
    "audio/wav": "a sound recording (WAV)",
    "application/ogg": "a sound recording or film (Ogg)",
    "image/bmp": "a BMP image",
    "image/emf": "an EMF drawing",
    "image/gif": "a GIF image",
    "image/heif": "a HEIF image",
    "image/jp2": "a JPEG 2000 image",
    "image/jpeg": "a JPEG image",
    "image/png": "a PNG image",
    "image/tiff": "a TIFF image",
    "image/vnd.adobe.photoshop": "a Photoshop image",
    "image/vnd.djvu": "a DjVu document",
    "image/webp": "a WebP image",
    "image/wmf": "a WMF drawing",
    "video/mp4": "a film (MP4)",
    "video/x-msvideo": "a film (AVI)",
    "video/webm": "a film (WebM)",
}

ADVICE: Final[Mapping[str, str]] = {
    DOC: "save it as DOCX",
    PPT: "save it as PPTX",
    XLSB: "save it as XLSX",
    "application/vnd.apple.iwork": "export it as PDF",
    "application/vnd.ms-tnef": "save its attachments apart",
}
"""What a person can do with a file that nothing here reads."""
