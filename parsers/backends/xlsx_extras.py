"""What lies over and beside the cells of a sheet: comments, pictures, charts, text boxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from parsers.backends.docx_charts import read_chart
from parsers.backends.docx_names import A, Element, R, local_name, number
from parsers.backends.docx_package import Relation
from parsers.backends.sheet_grid import DefinedTable
from parsers.backends.xlsx_book import Workbook, unescape
from parsers.backends.xlsx_cells import parse_range, parse_reference
from parsers.model import Derivation, ElementKind, Flag, Role
from parsers.plain_text import clean_text
from parsers.reading import Block, FigureReading, TypedText

# Excel writes this into the comment that stands in for a thread where a program does not know threads.
_STAND_IN: Final = "[Threaded comment]"
_MOST_DRAWINGS: Final = 2_000


class SheetExtras:
    """Reads what a sheet refers to. What is damaged among it is left out: the cells can be read without it.

    `damaged` is set as soon as that was necessary.
    """

    def __init__(self, book: Workbook, part: str, derivation: Derivation, flags: tuple[Flag, ...]) -> None:
        self._book = book
        self.damaged = False
        self._package = book.package
        self._relations = book.package.relations(part)
        self._derivation = derivation
        self._flags = flags

    def target(self, relation: str) -> str | None:
        """The address that a link leads to."""
        found = self._relations.get(relation)
        return found.target if found is not None and found.external else None

    def tables(self) -> list[DefinedTable]:
        """The ranges that are declared to be tables."""
        found: list[DefinedTable] = []
        for root in self._parts("table"):
            area = parse_range(root.get("ref") or "")
            if area is not None:
                rows = number(root.get("headerRowCount"), 1)
                found.append(
                    DefinedTable(
                        first_row=area[0],
                        first_column=area[1],
                        last_row=area[2],
                        last_column=area[3],
                        header_rows=rows if 0 <= rows <= area[2] - area[0] else 0,
                    )
                )
        return found

    def comments(self) -> list[Block]:
        """Comments in the order of their cells, each with the cell's address and who wrote it."""
        found: list[tuple[tuple[int, int], str]] = []
        threads: set[str] = set()
        for root in self._parts("threadedComment"):
            for item in root.iter("{*}threadedComment"):
                author = self._book.people.get(item.get("personId") or "", "")
                threads.add(item.get("ref") or "")
                found.append(_comment(item.get("ref") or "", author, item.findtext("{*}text") or ""))
        for root in self._parts("comments"):
            authors = [clean_text(item.text or "") for item in root.iter("{*}author")]
            for item in root.iter("{*}comment"):
                at = number(item.get("authorId"), -1)
                author = authors[at] if 0 <= at < len(authors) else ""
                written = "".join(part.text or "" for part in item.iter("{*}t"))
                reference = item.get("ref") or ""
                if not (written.startswith(_STAND_IN) and reference in threads):
                    found.append(_comment(reference, author, written))
        return [self._text(text, role=Role.COMMENT) for _, text in sorted(found, key=lambda item: item[0]) if text]

    def drawings(self) -> list[Block]:
        """Pictures, charts and text boxes, by the cells that they begin in."""
        placed: list[tuple[int, int, Element, dict[str, Relation]]] = []
        for relation in self._relations.values():
            root = self._xml(relation) if relation.kind == "drawing" else None
            relations = dict(self._package.relations(relation.target)) if root is not None else {}
            for anchor in () if root is None else root:
                start = anchor.find("{*}from") if isinstance(anchor.tag, str) else None
                row = -1 if start is None else number(start.findtext("{*}row"))
                column = -1 if start is None else number(start.findtext("{*}col"))
                placed.append((row, column, anchor, relations))
        placed = sorted(placed[:_MOST_DRAWINGS], key=lambda item: item[:2])
        return [block for *_, anchor, relations in placed for block in self._drawing(anchor, relations)]

    def _xml(self, relation: Relation) -> Element | None:
        """The root of what a relation leads to, None where it is outside the file or damaged."""
        if relation.external:
            return None
        root = self._package.optional_xml(relation.target)
        self.damaged = self.damaged or root is None
        return root

    def _parts(self, kind: str) -> Iterator[Element]:
        for relation in self._relations.values():
            root = self._xml(relation) if relation.kind == kind else None
            if root is not None:
                yield root

    def _drawing(self, parent: Element, relations: dict[str, Relation]) -> Iterator[Block]:
        for child in parent:
            name = local_name(child)
            if name == "pic":
                yield from self._picture(child, relations)
            elif name == "graphicFrame":
                yield from self._frame(child, relations)
            elif name == "sp":
                texts = ["".join(t.text or "" for t in line.iter(f"{A}t")) for line in child.iter(f"{A}p")]
                text = "\n".join(filter(None, map(clean_text, texts)))
                if text:
                    yield self._text(text)
            elif name in ("grpSp", "AlternateContent", "Choice"):
                yield from self._drawing(child, relations)

    def _picture(self, element: Element, relations: dict[str, Relation]) -> Iterator[Block]:
        blip = next(element.iter(f"{A}blip"), None)
        relation = relations.get("" if blip is None else blip.get(f"{R}embed") or "")
        image = None if relation is None or relation.external else self._package.picture(relation.target)
        yield Block(figure=FigureReading(bbox=None, derivation=self._derivation, alt=_described(element), image=image))

    def _frame(self, element: Element, relations: dict[str, Relation]) -> Iterator[Block]:
        chart = next((item for item in element.iter() if local_name(item) == "chart"), None)
        relation = relations.get("" if chart is None else chart.get(f"{R}id") or "")
        root = None if relation is None else self._xml(relation)
        if root is not None:
            yield from read_chart(root, _described(element), self._derivation)

    def _text(self, text: str, role: Role | None = None) -> Block:
        return Block(
            typed=TypedText(
                kind=ElementKind.PARAGRAPH, text=text, role=role, flags=self._flags, derivation=self._derivation
            )
        )


def _comment(reference: str, author: str, written: str) -> tuple[tuple[int, int], str]:
    """Where a comment belongs, and its text: `B7 (Ann): …`; Excel repeats the author in the text."""
    text = clean_text(unescape(written))
    if author and text.startswith(f"{author}:"):
        text = text[len(author) + 1 :].strip()
    by = f" ({author})" if author else ""
    return parse_reference(reference) or (0, 0), f"{clean_text(reference)}{by}: {text}" if text else ""


def _described(element: Element) -> str:
    found = next((item for item in element.iter() if local_name(item) == "cNvPr"), None)
    return "" if found is None else clean_text(found.get("descr") or found.get("title") or "")
