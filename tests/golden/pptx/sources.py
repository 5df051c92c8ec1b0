"""Presentations made by this project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.support.sheets_and_slides import SLIDE_NAMES, chart, place, png, pptx, shape


def _frame(inside: str, box: tuple[float, float, float, float]) -> str:
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="9" name="f"/><p:cNvGraphicFramePr/><p:nvPr/>'
        f"</p:nvGraphicFramePr>{place(box, 'p')}<a:graphic><a:graphicData>{inside}</a:graphicData></a:graphic>"
        "</p:graphicFrame>"
    )


def text() -> bytes:
    """A title, lists with inherited bullets and numbers, a link, an equation, boxes out of order, notes, comments."""
    body = (
        "<a:p><a:r><a:t>First point</a:t></a:r></a:p>"
        '<a:p><a:pPr lvl="1"/><a:r><a:t>below it</a:t></a:r></a:p>'
        "<a:p><a:pPr><a:buNone/></a:pPr><a:r><a:t>no bullet, </a:t></a:r>"
        '<a:r><a:rPr><a:hlinkClick r:id="l"/></a:rPr><a:t>a link</a:t></a:r></a:p>'
    )
    numbered = "".join(
        f'<a:p><a:pPr><a:buAutoNum type="alphaLcParenR" startAt="2"/></a:pPr><a:r><a:t>{name}</a:t></a:r></a:p>'
        for name in ("beta", "gamma")
    )
    equation = "<a:p><a14:m><m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath></a14:m></a:p>"
    slide = (
        shape("7", kind="sldNum", index=12, box=(600, 510, 700, 530))
        + shape("on the right", box=(400, 300, 600, 340))
        + shape("on the left\nin two lines", box=(50, 310, 250, 350))
        + shape(body, kind="body", index=1)
        + shape(numbered, box=(50, 400, 250, 440))
        + shape(equation, box=(50, 450, 250, 480))
        + shape("A title", kind="title")
        + shape("outside", box=(800, 10, 900, 40))
        + shape("not shown", box=(50, 490, 250, 500), attributes=' hidden="1"')
    )
    notes = f"<p:notes {SLIDE_NAMES}><p:cSld><p:spTree>{shape('Say hello.', kind='body')}</p:spTree></p:cSld></p:notes>"
    comments = f'<p:cmLst {SLIDE_NAMES}><p:cm authorId="0"><p:text>Is that so?</p:text></p:cm></p:cmLst>'
    return pptx(
        [slide, shape("Second title", kind="title") + shape("hidden slide", box=(50, 200, 300, 240))],
        hidden=[2],
        slide_relations={
            1: {
                "l": ("hyperlink", "https://example.org/"),
                "n": ("notesSlide", "../notesSlides/notes1.xml"),
                "c": ("comments", "../comments/comment1.xml"),
            }
        },
        parts={"ppt/notesSlides/notes1.xml": notes, "ppt/comments/comment1.xml": comments},
    )


def objects() -> bytes:
    """A table with spans, a group with a scale of its own, a picture, a chart, a diagram, two forms of one shape."""
    cells = (
        '<a:tr h="254000"><a:tc gridSpan="2"><a:txBody><a:p><a:r><a:t>Both</a:t></a:r></a:p></a:txBody></a:tc>'
        '<a:tc hMerge="1"><a:txBody><a:p/></a:txBody></a:tc></a:tr>'
        '<a:tr h="254000"><a:tc><a:txBody><a:p><a:r><a:t>x</a:t></a:r></a:p></a:txBody></a:tc>'
        "<a:tc><a:txBody><a:p><a:r><a:t>12</a:t></a:r></a:p></a:txBody></a:tc></a:tr>"
    )
    table = (
        '<a:tbl><a:tblPr firstRow="1"/><a:tblGrid><a:gridCol w="100"/><a:gridCol w="300"/></a:tblGrid>'
        + cells
        + "</a:tbl>"
    )
    group = (
        '<p:grpSp><p:nvGrpSpPr><p:cNvPr id="5" name="g"/></p:nvGrpSpPr><p:grpSpPr><a:xfrm>'
        '<a:off x="1270000" y="2540000"/>'
        '<a:ext cx="1270000" cy="1270000"/><a:chOff x="0" y="0"/><a:chExt cx="2540000" cy="2540000"/>'
        "</a:xfrm></p:grpSpPr>" + shape("in a group", box=(100, 100, 200, 200)) + "</p:grpSp>"
    )
    picture = (
        '<p:pic><p:nvPicPr><p:cNvPr id="6" name="p" descr="A grey square"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr>'
        f'<p:blipFill><a:blip r:embed="i"/></p:blipFill><p:spPr>{place((400, 200, 500, 300))}</p:spPr></p:pic>'
    )
    forms = (
        '<mc:AlternateContent><mc:Choice Requires="x"><p:unknown/></mc:Choice><mc:Fallback>'
        + shape("the form that is known", box=(50, 480, 300, 500))
        + "</mc:Fallback></mc:AlternateContent>"
    )
    names = 'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
    drawn = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    slide = (
        _frame(table, (50, 50, 450, 90))
        + group
        + picture
        + _frame(f'<c:chart {drawn} r:id="c"/>', (50, 320, 300, 400))
        + _frame(f'<dgm:relIds {names} r:dm="d"/>', (50, 410, 300, 470))
        + forms
    )
    points = "".join(
        f'<dgm:pt modelId="{identity}"{kind}><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'
        for identity, kind, text in (
            ("0", ' type="doc"', ""),
            ("2", "", "second"),
            ("1", "", "first"),
            ("3", "", "inner"),
        )
    )
    links = "".join(
        f'<dgm:cxn srcId="{above}" destId="{below}" srcOrd="{order}"/>'
        for above, below, order in (("0", "1", 0), ("0", "2", 1), ("1", "3", 0))
    )
    lists = f"<dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst>"
    diagram = f"<dgm:dataModel {names} {SLIDE_NAMES}>{lists}</dgm:dataModel>"
    return pptx(
        [slide],
        slide_relations={
            1: {
                "i": ("image", "../media/image1.png"),
                "c": ("chart", "../charts/chart1.xml"),
                "d": ("diagramData", "../diagrams/data1.xml"),
            }
        },
        parts={
            "ppt/media/image1.png": png(),
            "ppt/charts/chart1.xml": chart("Growth", ["2023", "2024"], Ducks=[4.4000000000000004, 5]),
            "ppt/diagrams/data1.xml": diagram,
        },
    )


SOURCES: Final[Mapping[str, Callable[[], bytes]]] = {"text": text, "objects": objects}
