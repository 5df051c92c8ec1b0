"""How well a parse agrees with what a document prints: order of the text, headings with levels, cells of tables.

order        share of the blocks whose text follows that of the block before it, in the body of the parse
headings     F1 of (page, text) over titles and headings
levels       share of the headings found whose level is the printed one
list_items   share of the items of lists that are list items of the parse, with the same text
cells        F1 of (page, text, row, column) over tables; tables of a page are paired in order
furniture    share of the page headers and footers that are not in the body
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parsers.model import FURNITURE, Document, ElementKind
from retrieval.evaluation.measures import without_space

HEADINGS = {ElementKind.TITLE, ElementKind.HEADING}
OUT_OF_LINE = FURNITURE | {ElementKind.FOOTNOTE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """`right` of `wanted` were found, and `found` were put out in all."""

    right: int = 0
    wanted: int = 0
    found: int = 0
    wrong: tuple[str, ...] = ()

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            right=self.right + other.right,
            wanted=self.wanted + other.wanted,
            found=self.found + other.found,
            wrong=self.wrong + other.wrong,
        )

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.wanted + self.found) if self.wanted + self.found else 1.0


def read_truth(path: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return truth


def compare(truth: dict[str, Any], document: Document) -> dict[str, Tally]:
    """One Tally for each measure but `levels`, which is among them as right levels of right headings."""
    wanted, found = list(_true_headings(truth)), list(_parsed_headings(document))
    return {
        "order": _order(truth, document),
        "headings": _overlap([item[:2] for item in wanted], [item[:2] for item in found]),
        "levels": _levels(wanted, found),
        "list_items": _overlap(_true_items(truth), _parsed_items(document)),
        "cells": _overlap(_true_cells(truth), _parsed_cells(document)),
        "furniture": _furniture(truth, document),
    }


def summary(tallies: dict[str, Tally]) -> dict[str, float]:
    """The measures as the head of this module defines them."""
    by_f1 = {"headings", "list_items", "cells"}
    return {name: round(tally.f1 if name in by_f1 else tally.recall, 4) for name, tally in tallies.items()}


def _overlap(wanted: Iterable[tuple[object, ...]], found: Iterable[tuple[object, ...]]) -> Tally:
    wants, finds = Counter(wanted), Counter(found)
    wrong = tuple(f"missed {item}" for item in wants - finds) + tuple(f"invented {item}" for item in finds - wants)
    return Tally(right=(wants & finds).total(), wanted=wants.total(), found=finds.total(), wrong=wrong)


def _body(document: Document) -> str:
    return without_space("".join(item.text for item in document.elements if item.kind not in OUT_OF_LINE))


def _printed(block: dict[str, Any]) -> str:
    """The block's text as it stands in canonical text, without white space."""
    if block["kind"] == "table":
        return without_space("".join(cell for row in block["rows"] for cell in row))
    return without_space(block.get("marker", "") + block["text"])


def _order(truth: dict[str, Any], document: Document) -> Tally:
    body, position, right, wrong = _body(document), 0, 0, []
    blocks = [block for block in truth["blocks"] if block["kind"] != "footnote"]
    for block in blocks:
        begin = body.find(_printed(block), position)
        if begin >= 0:
            right, position = right + 1, begin + len(_printed(block))
        else:
            wrong.append(f"{block['kind']} out of order or cut: {_printed(block)[:60]}")
    return Tally(right=right, wanted=len(blocks), found=len(blocks), wrong=tuple(wrong))


def _true_headings(truth: dict[str, Any]) -> Iterator[tuple[int, str, int]]:
    for block in truth["blocks"]:
        if block["kind"] in {"title", "heading"}:
            yield block["pages"][0], without_space(block["text"]), block["level"]


def _parsed_headings(document: Document) -> Iterator[tuple[int, str, int | None]]:
    for element in document.elements:
        if element.kind in HEADINGS:
            yield element.page, without_space(element.text), element.level


def _levels(wanted: list[tuple[int, str, int]], found: list[tuple[int, str, int | None]]) -> Tally:
    both = {item[:2] for item in wanted} & {item[:2] for item in found}
    return _overlap([item for item in wanted if item[:2] in both], [item for item in found if item[:2] in both])


def _true_items(truth: dict[str, Any]) -> Iterator[tuple[int, str]]:
    for block in truth["blocks"]:
        if block["kind"] == "list_item":
            yield block["pages"][0], _printed(block)


def _parsed_items(document: Document) -> Iterator[tuple[int, str]]:
    for element in document.elements:
        if element.kind is ElementKind.LIST_ITEM:
            yield element.page, without_space(element.text)


def _true_cells(truth: dict[str, Any]) -> Iterator[tuple[int, int, int, int, str]]:
    """(page, number of the table on it, row, column, text) of the cells that are not empty."""
    seen: Counter[int] = Counter()
    for block in truth["blocks"]:
        if block["kind"] == "table":
            page = block["pages"][0]
            for row, cells in enumerate(block["rows"]):
                for column, text in enumerate(cells):
                    if text:
                        yield page, seen[page], row, column, without_space(text)
            seen[page] += 1


def _parsed_cells(document: Document) -> Iterator[tuple[int, int, int, int, str]]:
    """As the truth counts: what stands of a table on each of its pages is a table of that page."""
    seen: Counter[int] = Counter()
    for element in document.elements:
        if element.table is None:
            continue
        first_rows = {cell.page: cell.row for cell in reversed(element.table.cells)}
        for cell in element.table.cells:
            if cell.text:
                row = cell.row - first_rows[cell.page]
                yield cell.page, seen[cell.page], row, cell.column, without_space(cell.text)
        seen.update(first_rows.keys())


def _furniture(truth: dict[str, Any], document: Document) -> Tally:
    """Of each running header and footer: on how many pages it is kept out of the body."""
    inside = [without_space(item.text) for item in document.elements if item.kind not in FURNITURE]
    wrong = [text for text in truth["furniture"] for item in inside if _is_running(without_space(text), item)]
    wanted = len(truth["furniture"]) * truth["pages"]
    # A document of one page has nothing that repeats: there it is a matter of taste.
    right = wanted - len(wrong) if truth["pages"] > 1 else wanted
    return Tally(right=right, wanted=wanted, found=wanted, wrong=tuple(wrong if truth["pages"] > 1 else ()))


def _is_running(furniture: str, item: str) -> bool:
    """The header or footer itself, with or without the page number that is printed at its side."""
    return item.startswith(furniture) and item.removeprefix(furniture).strip("0123456789") == ""
