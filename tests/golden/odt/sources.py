"""Makes the OpenDocument texts of the golden tests: the same bytes every time, nothing but this file and its XML."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.support.office_packages import odt

COMMON = (
    '<style:default-style style:family="paragraph"><style:text-properties fo:language="de" fo:country="AT"/>'
    "</style:default-style>"
    '<style:style style:name="Title" style:family="paragraph"/>'
    '<style:style style:name="Caption" style:family="paragraph"/>'
    '<style:style style:name="Preformatted_20_Text" style:display-name="Preformatted Text" style:family="paragraph"/>'
    '<text:outline-style style:name="Outline"><text:outline-level-style text:level="1" style:num-format="1"/>'
    '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/></text:outline-style>'
)
AUTOMATIC = (
    '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Title"/>'
    '<style:style style:name="P2" style:family="paragraph" style:parent-style-name="Caption"/>'
    '<style:style style:name="T1" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" '
    'style:num-suffix="."/><text:list-level-style-bullet text:level="2" text:bullet-char="•"/></text:list-style>'
)
MASTERS = (
    '<style:master-page style:name="Standard"><style:header><text:p>Hafenamt Skerrow</text:p></style:header>'
    '</style:master-page><style:master-page style:name="Unused"><style:footer><text:p>Never seen</text:p>'
    "</style:footer></style:master-page>"
)


def _item(text: str, inner: str = "") -> str:
    return f"<text:list-item><text:p>{text}</text:p>{inner}</text:list-item>"


def report() -> bytes:
    """Numbered headings, nested lists that go on, a table with spans, notes, comments, changes, hidden text, links."""
    inner = f"<text:list>{_item('In Münzen.')}{_item('Mit Wechsel.')}</text:list>"
    body = (
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><text:p>neun</text:p></text:deletion>'
        "</text:changed-region></text:tracked-changes>"
        '<text:p text:style-name="P1">Jahresbericht des Hafens</text:p>'
        '<text:h text:outline-level="1">Das Jahr</text:h>'
        "<text:p>Der  Pegel\n wurde<text:s text:c='3'/>abgelesen<text:note text:note-class='footnote'>"
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>Alle sechs Minuten.</text:p>"
        "</text:note-body></text:note>.<office:annotation><dc:creator>L. Lotse</dc:creator>"
        "<text:p>Auch nachts?</text:p></office:annotation></text:p>"
        '<text:h text:outline-level="2">Regeln</text:h>'
        f'<text:list text:style-name="L1">{_item("Gebühr zahlen.", inner)}{_item("Unterschreiben.")}</text:list>'
        "<text:p>Danach:</text:p>"
        f'<text:list text:style-name="L1" text:continue-numbering="true">{_item("Ablegen.")}</text:list>'
        "<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Kai</text:p>"
        "</table:table-cell><table:table-cell table:number-columns-spanned='2'><text:p>Schiffe</text:p>"
        "</table:table-cell><table:covered-table-cell/></table:table-row></table:table-header-rows>"
        "<table:table-row><table:table-cell><text:p>Nord</text:p></table:table-cell>"
        "<table:table-cell table:number-columns-repeated='2'><text:p>12</text:p></table:table-cell></table:table-row>"
        "</table:table>"
        '<text:p text:style-name="P2">Tabelle 1: Schiffe.</text:p>'
        '<text:p>Ab <text:change text:change-id="c1"/>zehn <text:span text:style-name="T1">geheim </text:span>Uhr, '
        'siehe <text:a xlink:href="https://example.org/fahrplan">Fahrplan</text:a>.</text:p>'
        '<text:p text:style-name="Preformatted_20_Text">PEGEL<text:s text:c="2"/>4,31</text:p>'
        '<text:section text:display="none"><text:p>Entwurf</text:p></text:section>'
    )
    return odt(body, AUTOMATIC, COMMON, MASTERS)


SOURCES: Mapping[str, Callable[[], bytes]] = {"report": report}
