"""Presentations: order, damage, and what is not on the slide."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.backends.pptx_places import reading_order
from parsers.errors import DamagedDocument, NoPages
from parsers.model import Document, Role
from tests.support.in_process import parse_in_process
from tests.support.office_packages import package
from tests.support.sheets_and_slides import PPTX, pptx, shape


def parse(path: Path, content: bytes) -> Document:
    path.write_bytes(content)
    return parse_in_process(path, PPTX).document


def test_rows_are_read_from_the_left_and_columns_are_no_rows() -> None:
    left, right, below = (0.0, 0.0, 10.0, 10.0), (20.0, 2.0, 30.0, 12.0), (0.0, 20.0, 10.0, 30.0)
    assert reading_order([below, right, left]) == [2, 1, 0]


def test_a_tall_picture_beside_text_comes_after_the_text_it_stands_beside() -> None:
    first, second, tall = (0.0, 0.0, 10.0, 10.0), (0.0, 20.0, 10.0, 30.0), (20.0, 1.0, 30.0, 60.0)
    assert reading_order([tall, second, first]) == [2, 0, 1]


def test_what_has_no_place_comes_last() -> None:
    assert reading_order([None, (0.0, 0.0, 1.0, 1.0), None]) == [1, 0, 2]


_SIDES = st.tuples(st.floats(0, 700), st.floats(0, 500), st.floats(0, 300), st.floats(0, 300))


@given(st.lists(st.none() | _SIDES, max_size=12))
def test_every_box_is_read_once(sides: list[tuple[float, float, float, float] | None]) -> None:
    boxes = [None if side is None else (side[0], side[1], side[0] + side[2], side[1] + side[3]) for side in sides]
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))


def test_a_slide_that_is_missing_costs_only_itself(tmp_path: Path) -> None:
    broken = pptx([shape("first", kind="title"), "<p:sp>", shape("third", kind="title")])
    document = parse(tmp_path / "t.pptx", broken)
    assert [(finding.page, finding.code) for finding in document.ledger.findings] == [(2, "page_failed")]
    assert document.text == "first\n\nthird"


def test_threads_of_comments_name_their_writers(tmp_path: Path) -> None:
    names = (
        'xmlns:p188="http://schemas.microsoft.com/office/powerpoint/2018/8/main" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    )

    def body(text: str) -> str:
        return f"<p188:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p188:txBody>"

    thread = (
        f'<p188:cmLst {names}><p188:cm id="1" authorId="0"><p188:replyLst><p188:reply id="2" authorId="0">'
        f"{body('Yes.')}</p188:reply></p188:replyLst>{body('Really?')}</p188:cm></p188:cmLst>"
    )
    content = pptx(
        [shape("A title", kind="title")],
        slide_relations={1: {"c": ("comments", "../comments/modern.xml")}},
        parts={"ppt/comments/modern.xml": thread},
    )
    comments = [item.text for item in parse(tmp_path / "t.pptx", content).elements if item.role is Role.COMMENT]
    assert comments == ["Ann: Really?", "Ann: Yes."]


def test_groups_in_groups_are_read(tmp_path: Path) -> None:
    deep = "<p:grpSp>" * 60 + shape("deep", box=(0, 0, 9, 9)) + "</p:grpSp>" * 60
    document = parse(tmp_path / "t.pptx", pptx([shape("A title", kind="title") + deep]))
    assert document.text == "A title\n\ndeep"


def test_embedded_files_are_children(tmp_path: Path) -> None:
    content = pptx(
        [shape("A title", kind="title")],
        slide_relations={1: {"e": ("package", "../embeddings/book.xlsx")}},
        parts={"ppt/embeddings/book.xlsx": b"the bytes"},
    )
    path = tmp_path / "t.pptx"
    path.write_bytes(content)
    from parsers.backends.pptx import open_document
    from parsers.policy import ParseOptions

    with open_document(path, ParseOptions()) as document:
        assert [(child.name, child.size) for child in document.children] == [("book.xlsx", 9)]
        assert document.read_child(0) == b"the bytes"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (package({"a.txt": "x"}), DamagedDocument),
        (package({"ppt/presentation.xml": "<other/>"}), DamagedDocument),
        (package({"ppt/presentation.xml": "<presentation/>"}), NoPages),
    ],
)
def test_what_is_no_presentation_is_refused(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(tmp_path / "t.pptx", content)
