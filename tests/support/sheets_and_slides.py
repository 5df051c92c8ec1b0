"""Workbooks and presentations written by hand, part by part: what a test is about stands in the test."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence

from tests.support.office_packages import package

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLS = "application/vnd.ms-excel"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
CSV = "text/csv"
JSON = "application/json"
NDJSON = "application/x-ndjson"

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
SHEET_NAMES = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_OFFICE}/relationships"'
SLIDE_NAMES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    f'xmlns:a="{_DRAWING}/main" xmlns:r="{_OFFICE}/relationships" xmlns:m="{_OFFICE}/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
)
DRAWING_NAMES = (
    f'xmlns:xdr="{_DRAWING}/spreadsheetDrawing" xmlns:a="{_DRAWING}/main" xmlns:r="{_OFFICE}/relationships" '
    f'xmlns:c="{_DRAWING}/chart"'
)
CHART_NAMES = f'xmlns:c="{_DRAWING}/chart" xmlns:a="{_DRAWING}/main"'

Relations = Mapping[str, tuple[str, str]]
"""Id to (kind, target); a target with a colon lies outside the file."""


def relations(items: Relations) -> str:
    written = "".join(
        f'<Relationship Id="{identity}" Type="{_OFFICE}/relationships/{kind}" Target="{target}"'
        + (' TargetMode="External"/>' if ":" in target else "/>")
        for identity, (kind, target) in items.items()
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{written}</Relationships>'
    )


def properties(title: str) -> dict[str, str]:
    """The part with a document's properties."""
    return {
        "docProps/core.xml": (
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></cp:coreProperties>'
        )
    }


_ROOT = {"document": ("officeDocument", "{main}"), "core": ("metadata/core-properties", "docProps/core.xml")}


def _root(main: str, kind: str) -> dict[str, str | bytes]:
    """What every package begins with: the type of its main part, and where that is."""
    office = "application/vnd.openxmlformats-officedocument"
    return {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/{main}" ContentType="{office}.{kind}.main+xml"/></Types>'
        ),
        "_rels/.rels": relations({name: (kind, target.format(main=main)) for name, (kind, target) in _ROOT.items()}),
    }


def xlsx(
    sheets: Mapping[str, str],
    *,
    styles: str = "",
    strings: Sequence[str] = (),
    hidden: Sequence[str] = (),
    sheet_relations: Mapping[str, Relations] | None = None,
    parts: Mapping[str, str | bytes] | None = None,
    title: str = "Book",
) -> bytes:
    """A workbook. `sheets` are the inside of `worksheet` by name, `strings` the insides of `si`."""
    written: dict[str, str | bytes] = {**_root("xl/workbook.xml", "spreadsheetml.sheet"), **properties(title)}
    refer: dict[str, tuple[str, str]] = {}
    listed = ""
    for number, (name, inside) in enumerate(sheets.items(), start=1):
        refer[f"s{number}"] = ("worksheet", f"worksheets/sheet{number}.xml")
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name="{name}" sheetId="{number}"{state} r:id="s{number}"/>'
        written[f"xl/worksheets/sheet{number}.xml"] = f"<worksheet {SHEET_NAMES}>{inside}</worksheet>"
        own = (sheet_relations or {}).get(name)
        if own:
            written[f"xl/worksheets/_rels/sheet{number}.xml.rels"] = relations(own)
    if strings:
        refer["strings"] = ("sharedStrings", "sharedStrings.xml")
        items = "".join(f"<si>{inside}</si>" for inside in strings)
        written["xl/sharedStrings.xml"] = f"<sst {SHEET_NAMES}>{items}</sst>"
    if styles:
        refer["styles"] = ("styles", "styles.xml")
        written["xl/styles.xml"] = f"<styleSheet {SHEET_NAMES}>{styles}</styleSheet>"
    written["xl/workbook.xml"] = f"<workbook {SHEET_NAMES}><sheets>{listed}</sheets></workbook>"
    written["xl/_rels/workbook.xml.rels"] = relations(refer)
    return package({**written, **(parts or {})})


def rows(*lines: Sequence[str | int | float | None], first: int = 1) -> str:
    """`sheetData` of plain values: text inline, numbers as numbers, None for a cell that is not there."""
    written = ""
    for number, line in enumerate(lines, start=first):
        cells = ""
        for column, value in enumerate(line):
            place = f"{chr(65 + column)}{number}"
            if isinstance(value, str):
                cells += f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
            elif value is not None:
                cells += f'<c r="{place}"><v>{value}</v></c>'
        written += f'<row r="{number}">{cells}</row>'
    return f"<sheetData>{written}</sheetData>"


def number_styles(*codes: str) -> str:
    """Styles of which number 0 is General and the others have these codes; the last one is bold as well."""
    formats = "".join(f'<numFmt numFmtId="{164 + at}" formatCode="{code}"/>' for at, code in enumerate(codes))
    used = "".join(f'<xf numFmtId="{164 + at}" fontId="0"/>' for at in range(len(codes)))
    return (
        f"<numFmts>{formats}</numFmts><fonts><font/><font><b/></font></fonts>"
        f'<cellXfs><xf numFmtId="0" fontId="0"/>{used}<xf numFmtId="0" fontId="1"/></cellXfs>'
    )


def pptx(
    slides: Sequence[str],
    *,
    slide_relations: Mapping[int, Relations] | None = None,
    parts: Mapping[str, str | bytes] | None = None,
    hidden: Sequence[int] = (),
    title: str = "Show",
) -> bytes:
    """A presentation of 720 × 540 points. `slides` are the insides of `p:spTree`; slides count from 1."""
    written: dict[str, str | bytes] = {
        **_root("ppt/presentation.xml", "presentationml.presentation"),
        **properties(title),
    }
    refer: dict[str, tuple[str, str]] = {"authors": ("commentAuthors", "authors.xml")}
    listed = ""
    for number, inside in enumerate(slides, start=1):
        refer[f"s{number}"] = ("slide", f"slides/slide{number}.xml")
        listed += f'<p:sldId id="{255 + number}" r:id="s{number}"/>'
        show = ' show="0"' if number in hidden else ""
        written[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {SLIDE_NAMES}{show}><p:cSld><p:spTree>{inside}</p:spTree></p:cSld></p:sld>"
        )
        own = {"layout": ("slideLayout", "../slideLayouts/layout.xml"), **(slide_relations or {}).get(number, {})}
        written[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(own)
    bullet = '<a:lvl1pPr><a:buChar char="•"/></a:lvl1pPr><a:lvl2pPr><a:buChar char="–"/></a:lvl2pPr>'
    layout = shape("", kind="title", box=(36, 36, 684, 90)) + shape("", kind="body", index=1, box=(36, 108, 684, 500))
    written |= {
        "ppt/presentation.xml": (
            f'<p:presentation {SLIDE_NAMES}><p:sldIdLst>{listed}</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/>'
            "</p:presentation>"
        ),
        "ppt/_rels/presentation.xml.rels": relations(refer),
        "ppt/authors.xml": f'<p:cmAuthorLst {SLIDE_NAMES}><p:cmAuthor id="0" name="Ann"/></p:cmAuthorLst>',
        "ppt/slideLayouts/layout.xml": (
            f"<p:sldLayout {SLIDE_NAMES}><p:cSld><p:spTree>{layout}</p:spTree></p:cSld></p:sldLayout>"
        ),
        "ppt/slideLayouts/_rels/layout.xml.rels": relations({"m": ("slideMaster", "../slideMasters/master.xml")}),
        "ppt/slideMasters/master.xml": (
            f"<p:sldMaster {SLIDE_NAMES}><p:cSld><p:spTree/></p:cSld>"
            f"<p:txStyles><p:bodyStyle>{bullet}</p:bodyStyle></p:txStyles></p:sldMaster>"
        ),
    }
    return package({**written, **(parts or {})})


def place(box: Sequence[float], name: str = "a") -> str:
    """An `xfrm` with a box in points."""
    left, top, right, bottom = (round(side * 12_700) for side in box)
    return f'<{name}:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{right - left}" cy="{bottom - top}"/></{name}:xfrm>'


def shape(text: str, *, kind: str = "", index: int = 0, box: Sequence[float] = (), attributes: str = "") -> str:
    """A shape: a paragraph per line of `text`, or `text` itself where it is markup."""
    holder = f'<p:ph type="{kind}" idx="{index}"/>' if kind else ""
    body = text if text.startswith("<") else "".join(f"<a:p><a:r><a:t>{t}</a:t></a:r></a:p>" for t in text.split("\n"))
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name=""{attributes}/><p:cNvSpPr/><p:nvPr>{holder}</p:nvPr></p:nvSpPr>'
        f"<p:spPr>{place(box) if box else ''}</p:spPr><p:txBody><a:bodyPr/>{body}</p:txBody></p:sp>"
    )


def chart(title: str, categories: Sequence[str], **series: Sequence[float]) -> str:
    """The part of a bar chart, with the values that it was drawn from."""

    def points(values: Sequence[object]) -> str:
        return "".join(f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(values))

    written = "".join(
        f"<c:ser><c:tx><c:strRef><c:strCache>{points([name])}</c:strCache></c:strRef></c:tx>"
        f"<c:cat><c:strRef><c:strCache>{points(categories)}</c:strCache></c:strRef></c:cat>"
        f"<c:val><c:numRef><c:numCache>{points(values)}</c:numCache></c:numRef></c:val></c:ser>"
        for name, values in series.items()
    )
    return (
        f"<c:chartSpace {CHART_NAMES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>{title}</a:t></a:r></a:p></c:rich>"
        f"</c:tx></c:title><c:plotArea><c:barChart>{written}</c:barChart></c:plotArea></c:chart></c:chartSpace>"
    )


def png(width: int = 16, height: int = 16) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    head = struct.pack(">2L5B", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
