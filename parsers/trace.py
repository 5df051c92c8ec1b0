"""How a parse came to be, told to a person: pages, the regions on them, what was decided on each and why, the costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from parsers.model import Derivation, Element, ElementKind, Page, ParseOutcome
from parsers.tree import INSIDE, ParseTree

_PLACED = frozenset({ElementKind.TABLE, ElementKind.FIGURE, ElementKind.FORMULA})


def trace(outcome: ParseOutcome) -> str:
    """What was decided on each page and why, what it cost, and what the ledger says."""
    return "\n".join(_outcome_lines(outcome)) + "\n"


def trace_tree(tree: ParseTree, name: str) -> str:
    """As `trace`, of a file and of all that was read inside it, each below its name."""
    return "\n".join(_tree_lines(tree, name)) + "\n"


def _tree_lines(tree: ParseTree, name: str) -> Iterator[str]:
    yield f"== {name}"
    yield from _outcome_lines(tree.outcome)
    for parsed in tree.children or ():
        inside = f"{name}{INSIDE}{parsed.child.name}"
        yield ""
        if parsed.tree is not None:
            yield from _tree_lines(parsed.tree, inside)
        elif parsed.error is not None:
            yield f"== {inside}"
            yield f"! {parsed.error.code}: {parsed.error}"


def _outcome_lines(outcome: ParseOutcome) -> Iterator[str]:
    document, measured, ledger = outcome.document, outcome.measurements, outcome.document.ledger
    yield f"{document.document.media_type}, read by {document.producer}, policy {document.policy}"
    yield f"{document.parse_id}"
    yield (
        f"{ledger.state.value}: {ledger.pages_parsed} of {ledger.pages_total} pages, "
        f"{ledger.text_coverage:.1%} of the text, {ledger.tables_extracted} of {ledger.tables_found} tables, "
        f"{ledger.figures_found} figures"
    )
    steps = ", ".join(f"{step} {seconds:.3f}" for step, seconds in sorted(measured.by_step.items()))
    price = sum({id(e.derivation): e.derivation.price for e in document.elements}.values())
    money = f", ${measured.cost_usd:.4f}" if measured.cost_usd else ""
    yield f"{measured.cpu_seconds:.3f} CPU seconds ({steps}), price {price:g}{money}"
    findings: dict[int | None, list[str]] = {}
    for finding in ledger.findings:
        findings.setdefault(finding.page, []).append(f"! {finding.code}: {finding.message}")
    yield from findings.get(None, [])
    by_page: dict[int, list[Element]] = {}
    for element in document.elements:
        by_page.setdefault(element.page, []).append(element)
    for page in document.pages:
        yield ""
        yield _page_line(page)
        yield from (f"  {line}" for line in findings.get(page.number, []))
        yield from _decisions(by_page.get(page.number, []), measured.by_element)


def _page_line(page: Page) -> str:
    named = f"  {page.name!r}" if page.name else ""
    size = f"{page.width:g} × {page.height:g} pt, rotation {page.rotation}, " if page.width and page.height else ""
    return f"page {page.number}{named}  {size}{page.text_source.value}"


def _decisions(elements: list[Element], seconds: dict[str, float]) -> Iterator[str]:
    by_derivation: dict[Derivation, list[Element]] = {}
    for element in elements:
        by_derivation.setdefault(element.derivation, []).append(element)
    for derivation, members in by_derivation.items():
        kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(member.kind.value for member in members).items())
        cost = sum(seconds.get(member.id, 0.0) for member in members)
        yield (
            f"  {derivation.extractor} {derivation.version} → {kinds}; confidence {derivation.confidence:.2f}, "
            f"{cost:.4f} CPU s, price {derivation.price:g}"
        )
        yield from (f"    {_region(member)}" for member in members if member.kind in _PLACED)
        yield f"    because: {derivation.reason}"
        for attempt in derivation.attempts:
            yield f"    tried {attempt.extractor} {attempt.version}: {attempt.outcome} ({attempt.confidence:.2f})"


def _region(element: Element) -> str:
    size = f" of {element.table.rows} rows and {element.table.columns} columns" if element.table is not None else ""
    if element.bbox is None:
        return f"{element.kind.value}{size}"
    left, top, right, bottom = (round(edge) for edge in element.bbox)
    pages = sorted({region.page for region in element.regions})
    runs_on = f", on pages {pages[0]} to {pages[-1]}" if len(pages) > 1 else ""
    return f"{element.kind.value}{size} at left {left}, top {top}, right {right}, bottom {bottom}{runs_on}"
