"""Makes the Word files of the golden tests: the same bytes every time, nothing but this file and its XML."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

from PIL import Image

from tests.support.office_packages import docx, paragraph, style

STYLES = (
    '<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style>'
    + style("Titel", "Title")
    + style("berschrift1", "heading 1")
    + style("berschrift2", "heading 2", based_on="berschrift1")
    + style("Kapitel", "Chapter of the harbour", based_on="berschrift1")
    + style("Beschriftung", "caption")
    + style("Quelltext", "Source Code")
    + '<w:style w:type="table" w:styleId="Gitter"><w:name w:val="Grid"/><w:tblStylePr w:type="firstRow"/></w:style>'
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>'
    "</w:abstractNum>"
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/>'
    '<w:lvlText w:val="&#xF0B7;"/><w:rPr><w:rFonts w:ascii="Symbol"/></w:rPr></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
)


def _item(text: str, numbering: int, level: int = 0) -> str:
    return paragraph(text, properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{numbering}"/></w:numPr>')


def _run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def _picture_bytes() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), (20, 60, 120)).save(buffer, "PNG")
    return buffer.getvalue()


_PICTURE = (
    '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="The north quay at low water"/><a:graphic>'
    '<a:graphicData><pic:pic><pic:blipFill><a:blip r:embed="image1"/></pic:blipFill></pic:pic></a:graphicData>'
    "</a:graphic></wp:inline></w:drawing></w:r>"
)


def report() -> bytes:
    """Title, localised heading styles, lists, a table with merged cells, a picture and its caption, code, furniture."""
    across, down, on = '<w:gridSpan w:val="2"/>', '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    table = (
        '<w:tbl><w:tblPr><w:tblStyle w:val="Gitter"/><w:tblLook w:firstRow="1"/></w:tblPr>'
        f"<w:tr>{_cell('Quay')}{_cell('Ships and cargo', across)}</w:tr>"
        f"<w:tr>{_cell('North', down)}{_cell('112')}{_cell('8,410 t')}</w:tr>"
        f"<w:tr>{_cell('', on)}{_cell('97')}{_cell('7,055 t')}</w:tr></w:tbl>"
    )
    body = (
        paragraph("Annual Report of the Harbour", "Titel")
        + paragraph("The year in short", "berschrift1")
        + paragraph("The gauge at the north quay was read every six minutes.")
        + _item("Report to the pilot by radio.", 2)
        + _item("Show the papers of the cargo.", 2)
        + paragraph("Ships and cargo", "berschrift2")
        + table
        + f"<w:p>{_PICTURE}</w:p>"
        + paragraph("Figure 1: The north quay.", "Beschriftung")
        + paragraph("Rules for ships", "Kapitel")
        + _item("Pay the dues.", 1)
        + _item("In coin.", 1, 1)
        + _item("By bill.", 1, 1)
        + _item("Sign the book.", 1)
        + paragraph("Before casting off:")
        + _item("Sound the horn.", 3)
        + paragraph("GAUGE NORTH", "Quelltext")
        + paragraph("  LEVEL 4.31", "Quelltext")
        + '<w:sectPr><w:headerReference w:type="default" r:id="header1"/>'
        '<w:footerReference w:type="default" r:id="footer1"/></w:sectPr>'
    )
    return docx(
        body,
        {
            "styles.xml": STYLES,
            "numbering.xml": NUMBERING,
            "header1.xml": paragraph("Harbour Office of Skerrow"),
            "footer1.xml": paragraph("For the council"),
            "media/image1.png": _picture_bytes(),
        },
        {"image1": ("image", "media/image1.png")},
    )


def reviewed() -> bytes:
    """Notes, comments, tracked changes, hidden text, links of both kinds, a text box in two forms, an equation."""
    box = "<w:txbxContent><w:p><w:r><w:t>Seen once.</w:t></w:r></w:p></w:txbxContent>"
    field = "".join(
        f"<w:r>{part}</w:r>"
        for part in (
            '<w:fldChar w:fldCharType="begin"/>',
            "<w:instrText> HYPERLINK &quot;https://example.org/tides&quot; </w:instrText>",
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>tables of tides</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    body = (
        f'<w:p>{_run("The ferry crosses by daylight")}<w:r><w:footnoteReference w:id="2"/></w:r>{_run(" only")}'
        f'<w:r><w:commentReference w:id="7"/></w:r>{_run(".")}</w:p>'
        f'<w:p>{_run("It leaves at ")}<w:del w:author="A"><w:r><w:delText>nine</w:delText></w:r></w:del>'
        f'<w:ins w:author="A">{_run("ten")}</w:ins>{_run(" o’clock.")}{_run(" Secretly.", "<w:vanish/>")}</w:p>'
        f'<w:p>{_run("See the ")}{field}{_run(" and the ")}<w:hyperlink r:id="out">{_run("harbour ")}{_run("office")}'
        f"</w:hyperlink>{_run('.')}</w:p>"
        f"<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        "<w:p><m:oMathPara><m:oMath><m:r><m:t>v=</m:t></m:r><m:f><m:num><m:r><m:t>s</m:t></m:r></m:num>"
        "<m:den><m:r><m:t>t</m:t></m:r></m:den></m:f></m:oMath></m:oMathPara></w:p>"
        f"<w:sdt><w:sdtContent>{paragraph('Approved by the harbour master.')}</w:sdtContent></w:sdt>"
    )
    return docx(
        body,
        {
            "styles.xml": STYLES,
            "footnotes.xml": '<w:footnote w:type="separator" w:id="0"/><w:footnote w:id="2">'
            "<w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>From October to March.</w:t></w:r></w:p></w:footnote>",
            "comments.xml": f'<w:comment w:id="7" w:author="J. Pilot">{paragraph("Even in summer?")}</w:comment>',
        },
        {"out": ("hyperlink", "https://example.org/office")},
    )


SOURCES: Mapping[str, Callable[[], bytes]] = {make.__name__: make for make in (report, reviewed)}
