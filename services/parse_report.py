"""A parse as one HTML file that a person can judge at a glance: pages with their boxes, and beside them the elements.

The file is self-contained and has no script: a box and its element point at each other as links do.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from html import escape

from parsers.exports import html_table
from parsers.model import Box, Document, Element, ElementKind, Ledger, Page, ParseOutcome

DrawPage = Callable[[int], bytes | None]
"""The PNG of a page, or None where it cannot be drawn."""

_COLORS = {
    ElementKind.TITLE: "#b3261e",
    ElementKind.HEADING: "#d9480f",
    ElementKind.PARAGRAPH: "#1864ab",
    ElementKind.LIST_ITEM: "#0b7285",
    ElementKind.TABLE: "#2b8a3e",
    ElementKind.FIGURE: "#862e9c",
    ElementKind.CAPTION: "#a61e4d",
    ElementKind.FORMULA: "#5f3dc4",
    ElementKind.CODE: "#495057",
    ElementKind.FOOTNOTE: "#846358",
    ElementKind.HEADER: "#868e96",
    ElementKind.FOOTER: "#868e96",
}

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --dim: #888; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 1500px; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.3rem; margin: .4rem 0; overflow-wrap: anywhere; }
h2 { border-top: 1px solid var(--line); font-size: 1rem; margin: 2.2rem 0 .8rem; padding-top: 1rem; }
table { border-collapse: collapse; font-size: .85em; }
td, th { border: 1px solid var(--line); padding: .1em .45em; text-align: left; vertical-align: top; }
th { background: #8882; }
.dim { color: var(--dim); }
.state-complete { color: #2b8a3e; } .state-partial { color: #d9480f; } .state-empty { color: #c92a2a; }
.page { display: grid; gap: 1.2rem; grid-template-columns: minmax(0, 11fr) minmax(0, 9fr); }
.page.plain { grid-template-columns: minmax(0, 1fr); max-width: 60rem; }
.sheet { align-self: start; background: #fff; border: 1px solid var(--line); position: sticky; top: .5rem; }
.sheet img { display: block; width: 100%; }
.box { border: 1px solid var(--kind); position: absolute; }
.box:hover, .box:target { background: color-mix(in srgb, var(--kind) 22%, #fff0); outline: 2px solid var(--kind); }
.cell { border: 1px dotted #2b8a3e88; pointer-events: none; position: absolute; }
.element { border-left: 3px solid var(--kind); margin: 0 0 .7rem; padding: 0 0 0 .7rem; scroll-margin: 1rem; }
.element:target { background: color-mix(in srgb, var(--kind) 14%, transparent); }
.element .kind { color: var(--kind); font-size: .8em; font-weight: 600; text-decoration: none; }
.element .text { overflow-wrap: anywhere; white-space: pre-wrap; }
.element .grid { overflow-x: auto; }
details { font-size: .8em; } details p { margin: .2rem 0; }
.legend span { border-left: .8em solid var(--kind); margin-right: 1em; padding-left: .35em; }
@media (max-width: 900px) { .page { grid-template-columns: minmax(0, 1fr); } .sheet { position: relative; } }
"""


def report_page(outcome: ParseOutcome, name: str, draw: DrawPage) -> Iterator[str]:
    """The report in pieces, one or more a page, so that a long document is written as its pages are drawn."""
    document = outcome.document
    yield "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
    yield "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; img-src data:; "
    yield "style-src 'unsafe-inline'\">\n<meta name='viewport' content='width=device-width'>\n"
    yield f"<title>{escape(name)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    yield from _summary(outcome, name)
    by_page: dict[int, list[Element]] = {}
    for element in document.elements:
        for number in dict.fromkeys([element.page, *(region.page for region in element.regions)]):
            by_page.setdefault(number, []).append(element)
    for page in document.pages:
        yield from _page(document, page, by_page.get(page.number, []), draw(page.number), outcome)
    yield "</body>\n</html>\n"


def _summary(outcome: ParseOutcome, name: str) -> Iterator[str]:
    document, ledger = outcome.document, outcome.document.ledger
    yield f"<h1>{escape(name)}</h1>\n<p>{_ledger_sentence(ledger)}</p>\n"
    seconds = outcome.measurements.cpu_seconds
    properties = document.document
    yield f"<p class='dim'>{escape(properties.media_type)}, language {escape(properties.language or 'unknown')}, "
    yield f"policy {escape(document.policy)}, {seconds:.2f} CPU seconds, {escape(document.parse_id)}</p>\n"
    if ledger.findings:
        yield "<ul>\n"
        for finding in ledger.findings:
            place = "document" if finding.page is None else f"<a href='#page-{finding.page}'>page {finding.page}</a>"
            yield f"<li>{place}: {escape(finding.message)} <span class='dim'>{escape(finding.code)}</span></li>\n"
        yield "</ul>\n"
    if document.children:
        yield "<p>Files inside: " + ", ".join(escape(child.name) for child in document.children) + "</p>\n"
    kinds = dict.fromkeys(element.kind for element in document.elements)
    legend = "".join(f"<span style='--kind:{_COLORS[kind]}'>{_label(kind)}</span>" for kind in kinds)
    yield f"<p class='legend'>{legend}</p>\n"


def _ledger_sentence(ledger: Ledger) -> str:
    parts = [
        f"<b class='state-{ledger.state.value}'>{ledger.state.value}</b>",
        f"{ledger.pages_parsed:,} of {ledger.pages_total:,} pages",
        f"{ledger.text_coverage:.1%} of the text",
        f"{ledger.tables_extracted:,} of {ledger.tables_found:,} tables",
        f"{ledger.figures_found:,} figures",
    ]
    if ledger.ocr_pages:
        sure = "" if ledger.ocr_confidence is None else f" (confidence {ledger.ocr_confidence:.0%})"
        parts.append(f"{ledger.ocr_pages:,} pages by OCR{sure}")
    return ", ".join(parts)


def _page(
    document: Document, page: Page, elements: list[Element], image: bytes | None, outcome: ParseOutcome
) -> Iterator[str]:
    name = f" “{escape(page.name)}”" if page.name else ""
    size = f", {page.width:g} × {page.height:g} pt" if page.width else ""
    source = page.text_source.value.replace("_", " ")
    yield f"<h2 id='page-{page.number}'>Page {page.number}{name} <span class='dim'>{source}{size}</span></h2>\n"
    drawn = image is not None and page.width > 0 and page.height > 0
    yield f"<div class='page{'' if drawn else ' plain'}'>\n"
    if drawn and image is not None:
        data = base64.b64encode(image).decode("ascii")
        yield f"<div class='sheet' style='aspect-ratio:{page.width:g}/{page.height:g}'>"
        yield f"<img alt='Page {page.number}' loading='lazy' src='data:image/png;base64,{data}'>\n"
        for element in elements:
            yield from _boxes(element, page)
        yield "</div>\n"
    yield "<div>\n"
    for element in elements:
        yield from _element(document, element, page, outcome, linked=drawn)
    if not elements:
        yield "<p class='dim'>Nothing was found on this page.</p>\n"
    yield "</div>\n</div>\n"


def _boxes(element: Element, page: Page) -> Iterator[str]:
    number = 0
    for region in element.regions:
        if region.page != page.number or region.bbox is None:
            continue
        for box in region.boxes if element.table is None and region.boxes else (region.bbox,):
            anchor = f" id='box-{element.id}-{page.number}'" if number == 0 else ""
            number += 1
            yield f"<a{anchor} class='box' href='#{element.id}-{page.number}' title='{_label(element.kind)}' "
            yield f"style='--kind:{_COLORS[element.kind]};{_place(box, page)}'></a>\n"

    for cell in element.table.cells if element.table is not None else ():
        if cell.page == page.number and cell.bbox is not None and cell.text:
            yield f"<span class='cell' style='{_place(cell.bbox, page)}'></span>\n"


def _place(box: Box, page: Page) -> str:
    """Shares of the page, so that the boxes follow the picture's size in the window."""
    left, top, right, bottom = box
    return (
        f"left:{100 * left / page.width:.3f}%;top:{100 * top / page.height:.3f}%;"
        f"width:{100 * (right - left) / page.width:.3f}%;height:{100 * (bottom - top) / page.height:.3f}%"
    )


def _element(document: Document, element: Element, page: Page, outcome: ParseOutcome, *, linked: bool) -> Iterator[str]:
    label = _label(element.kind) + ("" if element.level is None else f" {element.level}")
    label += "".join(
        f" · {part.value.replace('_', ' ')}" for part in (element.role, *element.flags) if part is not None
    )
    target = f" href='#box-{element.id}-{page.number}'" if linked else ""
    yield f"<div class='element' id='{element.id}-{page.number}' style='--kind:{_COLORS[element.kind]}'>"
    yield f"<a class='kind'{target}>{escape(label)}</a>\n"
    if element.table is not None:
        yield f"<div class='grid'>{html_table(element.table)}</div>\n"
    elif element.text:
        own = [region for region in element.regions if region.page == page.number]
        text = "\n".join(document.text[region.start : region.end] for region in own) if own else element.text
        yield f"<div class='text'>{escape(text)}</div>\n"
    yield from _derivation(element, outcome)
    yield "</div>\n"


def _derivation(element: Element, outcome: ParseOutcome) -> Iterator[str]:
    derivation = element.derivation
    seconds = outcome.measurements.by_element.get(element.id, 0.0)
    money = f", ${derivation.cost_usd:.4f}" if derivation.cost_usd else ""
    made_by = f"{escape(derivation.extractor)}, confidence {derivation.confidence:.2f}"
    yield f"<details><summary class='dim'>{made_by}</summary>\n"
    yield f"<p>{escape(derivation.reason)}</p><p class='dim'>version {escape(derivation.version)}, "
    yield f"{seconds:.4f} CPU s{money}, characters {element.start:,} to {element.end:,}</p>"
    for attempt in derivation.attempts:
        yield f"<p class='dim'>tried {escape(attempt.extractor)} {escape(attempt.version)}: "
        yield f"{escape(attempt.outcome)} ({attempt.confidence:.2f})</p>"
    yield "</details>\n"


def _label(kind: ElementKind) -> str:
    return kind.value.replace("_", " ")
