"""Word files: what is read of each thing that Word can store, on files written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.backends.bounded_xml import MAX_ATTRIBUTES, MAX_TAGS, parse_xml
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.model import Document, Element, ElementKind, Flag
from parsers.plain_text import count_characters
from tests.support.in_process import parse_in_process
from tests.support.office_packages import DOCX, docx, package, paragraph, style

Parts = Mapping[str, str | bytes]


def parsed(
    path: Path, body: str, parts: Mapping[str, str | bytes] | None = None, **relations: tuple[str, str]
) -> Document:
    path.write_bytes(docx(body, parts, relations))
    return parse_in_process(path, DOCX).document


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.docx"


def kinds(document: Document) -> list[tuple[str, int | None, str]]:
    return [(element.kind.value, element.level, element.text) for element in document.elements]


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def level(depth: int, number_format: str, text: str, more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{number_format}"/>'
        f'<w:lvlText w:val="{text}"/>{more}</w:lvl>'
    )


def item(text: str, list_id: int, depth: int = 0) -> str:
    return paragraph(text, properties=f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>')


def test_a_style_is_a_heading_by_its_english_name_its_outline_level_or_what_it_is_based_on(file: Path) -> None:
    styles = (
        style("berschrift2", "heading 2")
        + style("Mine", "Mine", based_on="berschrift2")
        + style("Flat", "Flat", '<w:pPr><w:outlineLvl w:val="9"/></w:pPr>', based_on="berschrift2")
        + style("Deep", "Deep", '<w:pPr><w:outlineLvl w:val="3"/></w:pPr>')
        + style("Loop", "Loop", based_on="Loop")
        + style("Titre1", "Titre 1")
    )
    names = ("berschrift2", "Mine", "Flat", "Deep", "Loop", "Titre1")
    document = parsed(file, "".join(paragraph(name, name) for name in names), {"styles.xml": styles})
    assert [(element.text, element.level) for element in document.elements if element.kind is ElementKind.HEADING] == [
        ("berschrift2", 2),
        ("Mine", 2),
        ("Deep", 4),
        ("Titre1", 1),
    ]


def test_items_are_numbered_as_word_counts_them(file: Path) -> None:
    numbering = (
        '<w:abstractNum w:abstractNumId="1">'
        + level(0, "upperRoman", "%1.")
        + level(1, "decimal", "%1.%2", "<w:isLgl/>")
        + level(2, "lowerLetter", "(%3)", '<w:lvlRestart w:val="0"/>')
        + '</w:abstractNum><w:num w:numId="4"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="5"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="7"/>'
        "</w:lvlOverride></w:num>"
    )
    places = [(4, 0), (4, 1), (4, 2), (4, 1), (4, 2), (4, 0), (4, 1), (5, 0), (5, 0), (4, 0)]
    document = parsed(file, "".join(item("x", *place) for place in places), {"numbering.xml": numbering})
    marks = [element.text.removesuffix(" x") for element in document.elements]
    assert marks == ["I.", "1.1", "(a)", "1.2", "(b)", "II.", "2.1", "VII.", "VIII.", "IX."]
    assert [element.level for element in document.elements] == [place[1] for place in places]


def test_a_heading_carries_its_number_and_a_bullet_of_a_symbol_font_is_a_bullet(file: Path) -> None:
    numbering = (
        '<w:abstractNum w:abstractNumId="1">' + level(0, "decimal", "%1") + "</w:abstractNum>"
        '<w:abstractNum w:abstractNumId="2">'
        + level(0, "bullet", "&#xF0FC;", '<w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr>')
        + '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>'
    )
    styles = style("H", "heading 1", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
    body = paragraph("First", "H") + item("Done", 2) + paragraph("Second", "H")
    assert kinds(parsed(file, body, {"numbering.xml": numbering, "styles.xml": styles})) == [
        ("heading", 1, "1 First"),
        ("list_item", 0, "✓ Done"),
        ("heading", 1, "2 Second"),
    ]


def test_only_the_result_of_a_field_is_text_also_of_a_field_inside_a_field(file: Path) -> None:
    def mark(kind: str) -> str:
        return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'

    def code(text: str) -> str:
        return f"<w:r><w:instrText>{text}</w:instrText></w:r>"

    inner = mark("begin") + code("REF x") + mark("separate") + run("hidden choice") + mark("end")
    body = (
        "<w:p>"
        + run("Page ")
        + mark("begin")
        + code("IF ")
        + inner
        + code(" = 1")
        + mark("separate")
        + run("7")
        + "</w:p><w:p>"
        + run("eight")
        + mark("end")
        + run(" nine")
        + "</w:p>"
    )
    assert [element.text for element in parsed(file, body).elements] == ["Page 7", "eight nine"]


def test_white_space_collapses_over_runs_and_link_offsets_are_exact(file: Path) -> None:
    body = (
        "<w:p>"
        + run("  A  ")
        + run(" b")
        + '<w:hyperlink w:anchor="place">'
        + run(" to ")
        + run("  there ")
        + "</w:hyperlink>"
        + run(" c")
        + "<w:r><w:br/><w:t>d</w:t><w:tab/><w:noBreakHyphen/></w:r></w:p>"
    )
    document = parsed(file, body)
    assert document.text == "A b to there c\nd -"
    assert [(document.text[link.start : link.end], link.target) for link in document.elements[0].links] == [
        ("to there", "#place")
    ]


def test_text_that_nobody_sees_is_kept_apart_and_flagged(file: Path) -> None:
    styles = '<w:style w:type="character" w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style>'
    body = (
        "<w:p>"
        + run("Seen")
        + run(" by style", '<w:rStyle w:val="Gone"/>')
        + run(" white", '<w:color w:val="FFFFFF"/>')
        + run(" on black", '<w:color w:val="FFFFFF"/><w:shd w:fill="000000"/>')
        + run(" tiny", '<w:sz w:val="2"/>')
        + "<w:moveFrom><w:r><w:t> moved</w:t></w:r></w:moveFrom></w:p>"
    )
    flagged = {element.text: element.flags for element in parsed(file, body, {"styles.xml": styles}).elements}
    assert flagged == {
        "Seen on black": (),
        "by style": (Flag.HIDDEN,),
        "white": (Flag.BACKGROUND_COLOR,),
        "tiny": (Flag.INVISIBLE,),
        "moved": (Flag.DELETED,),
    }


def test_a_table_keeps_spans_links_and_what_stands_beside_the_text_of_its_cells(file: Path) -> None:
    nested = f"<w:tbl><w:tr>{cell('in')}{cell('side')}</w:tr></w:tbl>"
    link = f'<w:tc><w:p>{run("see ")}<w:hyperlink r:id="out">{run("here")}</w:hyperlink></w:p></w:tc>'
    across, before = '<w:gridSpan w:val="3"/>', '<w:gridBefore w:val="1"/>'
    body = (
        f"<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>{cell('a', across)}{cell('b')}</w:tr>"
        f"<w:sdt><w:sdtContent><w:tr><w:trPr>{before}</w:trPr>{cell('c')}{link}"
        f"<w:tc>{nested}{paragraph('d')}{paragraph('e')}</w:tc></w:tr></w:sdtContent></w:sdt></w:tbl>"
    )
    document = parsed(file, body, out=("hyperlink", "https://example.org/"))
    outer, inner = document.elements
    assert outer.table is not None
    assert inner.text == "in\tside"
    assert outer.text == "a\t\t\tb\n\tc\tsee here\td e"
    assert [cell.header for cell in outer.table.cells] == [True, True, False, False, False]
    assert [document.text[link.start : link.end] for link in outer.links] == ["here"]


def test_a_table_of_one_cell_is_a_frame_around_its_text(file: Path) -> None:
    document = parsed(file, f"<w:tbl><w:tr><w:tc>{paragraph('One')}{paragraph('Two')}</w:tc></w:tr></w:tbl>")
    assert kinds(document) == [("paragraph", None, "One"), ("paragraph", None, "Two")]


def test_headers_are_there_once_and_only_those_that_a_page_shows(file: Path) -> None:
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="header1"/>'
        '<w:headerReference w:type="first" r:id="header2"/>'
        "{}</w:sectPr>"
    )
    parts = {"header1.xml": paragraph("All pages"), "header2.xml": paragraph("First page")}
    twice = "<w:p><w:pPr>" + section.format("") + "</w:pPr></w:p>" + section.format("")
    assert kinds(parsed(file, paragraph("Body") + twice, parts)) == [
        ("header", None, "All pages"),
        ("paragraph", None, "Body"),
    ]
    first = parsed(file, paragraph("Body") + section.format("<w:titlePg/>"), parts)
    assert [element.text for element in first.elements] == ["All pages", "First page", "Body"]


def test_a_chart_is_a_figure_and_the_table_it_was_drawn_from(file: Path) -> None:
    def points(*values: str) -> str:
        return "".join(f'<c:pt idx="{at}"><c:v>{text}</c:v></c:pt>' for at, text in enumerate(values))

    chart = (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:chart><c:title><a:t>Ships</a:t></c:title>'
        f"<c:ser><c:tx><c:v>North</c:v></c:tx><c:cat>{points('May', 'June')}</c:cat>"
        f"<c:val>{points('112', '97')}</c:val>"
        f"</c:ser><c:ser><c:val>{points('5', '6')}</c:val></c:ser></c:chart></c:chartSpace>"
    )
    body = '<w:p><w:r><w:drawing><c:chart r:id="c1"/></w:drawing></w:r></w:p>'
    document = parsed(file, body, {"chart1.xml": chart}, c1=("chart", "chart1.xml"))
    assert kinds(document) == [
        ("figure", None, "Ships"),
        ("table", None, "\tNorth\tSeries 2\nMay\t112\t5\nJune\t97\t6"),
    ]


def test_equations_are_latex(file: Path) -> None:
    def part(name: str, inside: str) -> str:
        return f"<m:{name}>{inside}</m:{name}>"

    def sign(text: str) -> str:
        return part("r", part("t", text))

    root = part("rad", part("deg", sign("3")) + part("e", sign("αx")))
    total = part("nary", '<m:naryPr><m:chr m:val="∑"/></m:naryPr>' + part("sub", sign("i=1")) + part("sup", sign("n"))
                 + part("e", part("sSup", part("e", sign("i")) + part("sup", sign("2")))))  # fmt: skip
    body = f"<w:p>{run('So ')}<m:oMath>{root}{sign('≤')}{total}</m:oMath>{run('.')}</w:p>"
    assert parsed(file, body).text == r"So $\sqrt[3]{\alpha x}\leq \sum_{i=1}^{n}i^{2}$."


def test_strict_open_xml_reads_the_same(file: Path) -> None:
    body = paragraph("Heading", "H") + paragraph("Text")
    plain = parsed(file, body, {"styles.xml": style("H", "heading 1")})
    content = docx(body, {"styles.xml": style("H", "heading 1")})
    strict = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
    file.write_bytes(_replaced(content, b"http://schemas.openxmlformats.org/wordprocessingml/2006/main", strict))
    assert kinds(parse_in_process(file, DOCX).document) == kinds(plain)


def _replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return package({name: archive.read(name).replace(old, new) for name in archive.namelist()})


def test_an_embedded_file_is_a_child(file: Path) -> None:
    inner = docx(paragraph("Inside"))
    document = docx(paragraph("Outside"), {"embeddings/a.docx": inner}, {"o1": ("package", "embeddings/a.docx")})
    file.write_bytes(document)
    from parsers.backends.docx import open_document
    from tests.support.in_process import FAST

    with open_document(file, FAST) as opened:
        assert [(child.name, child.size) for child in opened.children] == [("a.docx", len(inner))]
        assert opened.read_child(0) == inner


@pytest.mark.parametrize(
    "body",
    ["<w:p>", "<w:tbl><w:tr><w:tc>" * 1000 + "</w:tc></w:tr></w:tbl>" * 1000],
    ids=["not well-formed", "too deep"],
)
def test_hostile_xml_ends_in_a_clear_error(file: Path, body: str) -> None:
    file.write_bytes(docx(body))
    with pytest.raises(DamagedDocument):
        parse_in_process(file, DOCX)


def test_a_tree_that_would_not_fit_is_not_built() -> None:
    for data in (b"<a>" + b"<b/>" * MAX_TAGS + b"</a>", b"<a" + b" b=''" * (MAX_ATTRIBUTES + 1) + b"/>"):
        with pytest.raises(LimitExceeded):
            parse_xml(data, "part")


def test_entities_are_refused(file: Path) -> None:
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><d>&b;</d>'
    file.write_bytes(package({"word/document.xml": bomb}))
    with pytest.raises(DamagedDocument, match="document type"):
        parse_in_process(file, DOCX)


def test_a_span_of_any_size_makes_no_large_table(file: Path) -> None:
    wide = cell("a", '<w:gridSpan w:val="99999999"/>')
    table = (
        parsed(file, f"<w:tbl><w:tr>{wide}{cell('b')}</w:tr><w:tr>{wide}{cell('c')}</w:tr></w:tbl>").elements[0].table
    )
    assert table is not None
    assert (table.rows, table.columns) == (2, 2)


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], exclude_characters="\u00ad"), max_size=30)
_PROPERTIES = st.sampled_from(["", "<w:b/>", "<w:vanish/>", '<w:lang w:val="de-DE"/>', '<w:rStyle w:val="X"/>'])
_RUNS = st.lists(st.tuples(_TEXTS, _PROPERTIES), max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_RUNS, st.booleans()), max_size=8))
def test_every_character_ends_in_elements_and_every_offset_is_exact(
    tmp_path_factory: pytest.TempPathFactory, paragraphs: list[tuple[list[tuple[str, str]], bool]]
) -> None:
    written = ["<w:p>" + "".join(run(escape(text), look) for text, look in runs) + "</w:p>" for runs, _ in paragraphs]
    body = "".join(
        f"<w:tbl><w:tr><w:tc>{text}</w:tc><w:tc>{text}</w:tc></w:tr></w:tbl>" if in_table else text
        for text, (_, in_table) in zip(written, paragraphs, strict=True)
    )
    document = parsed(tmp_path_factory.getbasetemp() / "property.docx", body)
    from parsers.plain_text import clean_word

    expected = sum(
        count_characters(clean_word(text)) * (2 if in_table else 1) for runs, in_table in paragraphs for text, _ in runs
    )
    assert sum(count_characters(element.text) for element in document.elements) == expected
    assert all(_exact(document, element) for element in document.elements)


def _exact(document: Document, element: Element) -> bool:
    cells = element.table.cells if element.table is not None else ()
    return document.text[element.start : element.end] == element.text and all(
        document.text[item.start : item.end] == item.text for item in cells
    )
