"""OpenDocument texts: lists that go on, drawings, hidden things, and files that ask for too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.backends import office_package
from parsers.errors import DamagedDocument, EncryptedDocument, LimitExceeded
from parsers.model import Document, Flag, LedgerState
from tests.support.in_process import parse_in_process
from tests.support.office_packages import ODF_NAMES, ODT, odt, package
from tests.support.sheets_and_slides import png


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.odt"


def parsed(path: Path, body: str, automatic: str = "") -> Document:
    path.write_bytes(odt(body, automatic))
    return parse_in_process(path, ODT).document


NUMBERS = (
    '<text:list-style style:name="N"><text:list-level-style-number text:level="1" style:num-format="1" '
    'style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a" '
    'text:display-levels="2" style:num-suffix=")"/></text:list-style>'
)


def test_pictures_over_what_a_file_may_have_are_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = png()
    monkeypatch.setattr(office_package, "_MAX_PICTURE_BYTES", len(image))
    frames = "".join(f"<draw:frame><draw:image xlink:href='{name}.png'/></draw:frame>" for name in "ab")
    file.write_bytes(odt(f"<text:p>Boats{frames}</text:p>", parts={"a.png": image, "b.png": image}))
    document = parse_in_process(file, ODT).document
    assert [element.image is not None for element in document.elements[1:]] == [True, False]
    assert [finding.code for finding in document.ledger.findings] == ["pictures_left_out"]
    assert document.ledger.state is LedgerState.PARTIAL


def test_a_list_begins_anew_unless_it_says_that_it_goes_on(file: Path) -> None:
    one = "<text:list-item><text:p>x</text:p></text:list-item>"
    body = (
        f'<text:list text:style-name="N" xml:id="l1">{one}{one}</text:list>'
        f'<text:list text:style-name="N">{one}</text:list>'
        f'<text:list text:style-name="N" text:continue-list="l1">{one}<text:list-item><text:list>{one}{one}</text:list>'
        '</text:list-item><text:list-item text:start-value="9"><text:p>x</text:p><text:p>more</text:p></text:list-item>'
        "</text:list>"
    )
    document = parsed(file, body, NUMBERS)
    assert [element.text for element in document.elements] == [
        "1. x", "2. x", "1. x", "3. x", "3.a) x", "3.b) x", "9. x", "more",
    ]  # fmt: skip


def test_a_text_box_follows_the_text_it_hangs_on_and_a_caption_in_it_is_one(file: Path) -> None:
    styles = (
        '<style:style style:name="P" style:family="paragraph" style:parent-style-name="Caption"/>'
        '<style:style style:name="Caption" style:family="paragraph"/>'
    )
    body = (
        "<text:p>Before<draw:frame><draw:text-box><text:p text:style-name='P'><draw:frame><draw:image "
        "xlink:href='Pictures/gone.png'/><svg:desc>A boat</svg:desc></draw:frame>Figure 1</text:p></draw:text-box>"
        "</draw:frame> and after</text:p>"
    )
    document = parsed(file, body, styles)
    assert [(element.kind.value, element.text) for element in document.elements] == [
        ("paragraph", "Before and after"),
        ("figure", "A boat"),
        ("caption", "Figure 1"),
    ]


def test_what_repeats_is_repeated_within_limits(file: Path) -> None:
    def table(columns: int, rows: int, text: str) -> str:
        return (
            f'<table:table><table:table-row table:number-rows-repeated="{rows}">'
            f"<table:table-cell><text:p>{text}</text:p></table:table-cell>"
            f'<table:table-cell table:number-columns-repeated="{columns}"><text:p>{text}</text:p>'
            "</table:table-cell></table:table-row></table:table>"
        )

    assert parsed(file, table(2, 2, "a")).text == "a\ta\ta\na\ta\ta"
    with pytest.raises(LimitExceeded):
        parsed(file, table(99_999_999, 99_999_999, "a"))


def test_a_hidden_style_hides_and_a_link_keeps_its_target(file: Path) -> None:
    styles = (
        '<style:style style:name="T" style:family="text"><style:text-properties text:display="none"/></style:style>'
    )
    body = (
        '<text:p>Seen <text:span text:style-name="T">not <text:span>at all</text:span></text:span>'
        '<text:a xlink:href="https://example.org/"> there </text:a></text:p>'
    )
    document = parsed(file, body, styles)
    assert [(element.text, element.flags) for element in document.elements] == [
        ("Seen there", ()),
        ("not at all", (Flag.HIDDEN,)),
    ]
    assert [(document.text[link.start : link.end], link.target) for link in document.elements[0].links] == [
        ("there", "https://example.org/")
    ]


def test_an_encrypted_file_and_one_without_a_text_are_refused(file: Path) -> None:
    manifest = f"<manifest:manifest {ODF_NAMES}><manifest:encryption-data/></manifest:manifest>"
    file.write_bytes(package({"content.xml": "locked", "META-INF/manifest.xml": manifest}))
    with pytest.raises(EncryptedDocument):
        parse_in_process(file, ODT)
    file.write_bytes(package({"content.xml": f"<office:document-content {ODF_NAMES}/>"}))
    with pytest.raises(DamagedDocument):
        parse_in_process(file, ODT)
