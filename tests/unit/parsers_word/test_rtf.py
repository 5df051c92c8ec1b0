"""RTF: groups, encodings, tables, stories, and files that are no such thing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from parsers.errors import DamagedDocument, LimitExceeded, ParseError
from parsers.model import Document, Flag
from tests.support.in_process import parse_in_process
from tests.support.office_packages import RTF


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.rtf"


def parsed(path: Path, body: str | bytes) -> Document:
    path.write_bytes(b"{\\rtf1\\ansi " + (body if isinstance(body, bytes) else body.encode("latin-1")) + b"}")
    return parse_in_process(path, RTF).document


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"caf\'e9 \u8211- \emdash\~x\_y\-z\{\\\}", "café – — x-yz{\\}"),
        (r"{\uc2 \u12354\'82\'a0\u12356??}!", "あい!"),
        (r"{\uc0\u12354\u12356}!", "あい!"),
        (r"\u-10179?\u-8704?", "😀"),
        (r"{\upr{ANSI}{\*\ud{Unicode \u8364?}}}", "Unicode €"),
        (r"{\*\generator Nothing;}a{\*\unheardof b{c}d}e", "ae"),
        (r"a{\pict\wmetafile8 0102}\bin3 }}}b", "ab"),
        ("a\r\nb\\\nc", "ab\n\nc"),
        (r"\ansicpg1251\'cf\'f0", "Пр"),
    ],
)
def test_characters_are_read_as_their_font_or_file_encodes_them(file: Path, body: str, text: str) -> None:
    assert parsed(file, body + r"\par").text == text


def test_columns_follow_the_borders_of_all_rows_and_nested_tables_follow_theirs(file: Path) -> None:
    document = parsed(
        file,
        r"\trowd\cellx3000\cellx6000\pard\intbl wide\cell{\pard\intbl\itap2 in\nestcell side\nestcell"
        r"{\*\nesttableprops\trowd\cellx500\cellx900\nestrow}{\nonesttables\par}}\pard\intbl c\cell"
        r"\trowd\cellx3000\cellx6000\row"
        r"\trowd\cellx1000\cellx3000\cellx6000\pard\intbl x\cell y\cell z\cell\row\pard after\par",
    )
    outer, inner, after = document.elements
    assert outer.text == "wide\t\tc\nx\ty\tz"
    assert inner.text == "in\tside"
    assert after.text == "after"
    assert outer.table is not None
    assert [(cell.row, cell.column, cell.column_span) for cell in outer.table.cells if cell.column_span > 1] == [
        (0, 0, 2)
    ]


def test_empty_rows_of_a_single_column_are_no_blank_lines(file: Path) -> None:
    document = parsed(file, r"\trowd\cellx900\intbl a\cell\row\cell\row\cell\row b\cell\row\pard c\par")
    assert document.text == "a\nb\n\nc"


def test_a_group_gives_back_what_it_changed(file: Path) -> None:
    document = parsed(file, r"a{\v b{\v0 c}}d\deleted e\deleted0 f\par")
    assert [(element.text, element.flags) for element in document.elements] == [
        ("acdf", ()),
        ("b", (Flag.HIDDEN,)),
        ("e", (Flag.DELETED,)),
    ]


def test_a_picture_is_kept_once_of_its_two_forms(file: Path, tmp_path: Path) -> None:
    Image.new("L", (20, 10)).save(tmp_path / "p.png")
    digits = (tmp_path / "p.png").read_bytes().hex()
    document = parsed(file, rf"a{{\*\shppict{{\pict\pngblip {digits}}}}}{{\nonshppict{{\pict\wmetafile8 00}}}}\par")
    figures = [element.image for element in document.elements if element.kind.value == "figure"]
    assert [(image.media_type, image.width, image.height) for image in figures if image] == [("image/png", 20, 10)]


def test_braces_that_do_not_match_lose_no_text(file: Path) -> None:
    file.write_bytes(rb"{\rtf1 a}b{{c")
    assert parse_in_process(file, RTF).document.text.replace("\n", "") == "abc"


def test_what_is_no_rtf_or_too_deep_is_refused(file: Path) -> None:
    file.write_bytes(b"plain text")
    with pytest.raises(DamagedDocument):
        parse_in_process(file, RTF)
    with pytest.raises(LimitExceeded):
        parsed(file, "{" * 100_000)


_WORDS = [
    "par",
    "cell",
    "row",
    "nestcell",
    "nestrow",
    "trowd",
    "intbl",
    "itap3",
    "pard",
    "line",
    "uc3",
    "u-10179",
    "u99",
    "u-99999",
    "bin4",
    "f7",
    "cf9",
    "s1",
    "v",
    "deleted",
    "cellx900",
    "clmrg",
    "clvmrg",
    "chftn",
    "plain",
    "ls2",
]
_GROUPS = [
    r"footnote",
    r"header",
    r"field",
    r"fldrslt",
    r"*\fldinst",
    r"pict",
    r"info",
    r"title",
    r"*\ud",
    r"upr",
    r"listtext",
    r"fonttbl",
    r"colortbl",
    r"stylesheet",
    r"*\annotation",
    r"*\atnauthor",
    r"shptxt",
    r"nonesttables",
    r"*\nesttableprops",
]
_PARTS = st.sampled_from(
    [
        *(rf"\{word} " for word in _WORDS),
        *(rf"{{\{group} " for group in _GROUPS),
        *("{", "}", r"\'e", r"\'e9", r"\*", "text", "a b", "\\", "1f", ";"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_PARTS, max_size=40))
def test_any_order_of_words_gives_a_document_with_exact_offsets(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    try:
        document = parsed(tmp_path_factory.getbasetemp() / "property.rtf", "".join(parts))
    except ParseError:
        return
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
        assert "\n\n" not in element.text
        if element.table is not None:
            assert all(document.text[cell.start : cell.end] == cell.text for cell in element.table.cells)
