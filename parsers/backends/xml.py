"""XML of any vocabulary: documents (DocBook, JATS, TEI and their like) by the names of their tags, data by its shape.

Records, which are siblings of one name with simple fields, become tables whose header is made of the names; other
fields are written as `name: value`, since without its name a value says little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.html import primary_language
from parsers.backends.html_inline import InlineText, code_text
from parsers.backends.xml_tree import children, local_name, read_tree
from parsers.model import Derivation, ElementKind, Finding
from parsers.plain_text import clean_text
from parsers.policy import ParseOptions
from parsers.reading import Block, CellReading, TableReading, TypedText

DERIVATION = Derivation(
    extractor="xml", version="1", confidence=0.95, reason="The names and the nesting of the tags say what it is."
)
_TITLES = frozenset({"title", "head", "article-title", "subtitle", "heading", "titel"})
_PARAGRAPHS = frozenset({"p", "para", "simpara", "paragraph", "ab", "l", "verse-line", "attrib", "quote"})
_ITEMS = frozenset({"listitem", "list-item", "item", "li"})
_CODE = frozenset({"programlisting", "screen", "literallayout", "code", "preformat", "synopsis", "eg"})
_FORMULAS = frozenset({"disp-formula", "equation", "informalequation"})
_NOTES = frozenset({"fn", "footnote", "note"})
_ROWS = frozenset({"row", "tr"})
_CELLS = frozenset({"entry", "td", "th", "cell"})
_TABLES = frozenset({"table", "tgroup", "informaltable"})
_HEADS = frozenset({"thead", "th"})
_TITLE_ROOTS = frozenset({"article", "book", "TEI", "document", "html", "report", "article-meta", "title-group"})
_FEWEST_RECORDS = 2
_MOST_FIELDS = 60
_LONGEST_FIELD = 300
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_REPAIRED = Finding(
    page=None, code="damaged_repaired", message="The XML is not well-formed; it was read as far as it makes sense."
)


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a file as one page without geometry. Raises `DamagedDocument` or `LimitExceeded`, see `read_tree`."""
    root, repaired = read_tree(path.read_bytes(), "XML file")
    reader = _Reader()
    reader.read(root, 0)
    title = next((b.typed.text for b in reader.blocks if b.typed and b.typed.kind is ElementKind.TITLE), None)
    return one_page(
        reader.blocks,
        DERIVATION,
        title=None if title is None else " ".join(title.split()),
        language=primary_language(root.get(_XML_LANGUAGE)),
        findings=(_REPAIRED,) if repaired else (),
    )


class _Reader:
    """Walks the tree; its depth is at most 256."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._titled = False

    def read(self, element: Any, depth: int) -> None:
        """Add the blocks of an element. `depth` counts the titled sections around it."""
        name = local_name(element)
        if name in _TABLES and self._markup_table(element):
            return
        if name in _CODE:
            self._add(ElementKind.CODE, code_text("".join(element.itertext())))
        elif name in _TITLES:
            self._heading(element, depth)
        elif name in _PARAGRAPHS or name in _FORMULAS:
            self._add(ElementKind.FORMULA if name in _FORMULAS else ElementKind.PARAGRAPH, _flowing(element))
        elif name in _ITEMS and _is_flow(element):
            self._add(ElementKind.LIST_ITEM, _flowing(element), level=_list_depth(element))
        elif name in _NOTES and _is_flow(element):
            self._add(ElementKind.FOOTNOTE, _flowing(element))
        elif _mixed(element):
            self._add(ElementKind.PARAGRAPH, _flowing(element))
        else:
            self._children(element, depth)

    def _children(self, element: Any, depth: int) -> None:
        """Fields as lines, records as a table, anything else in its turn."""
        members = list(children(element))
        if any(local_name(member) in _TITLES for member in members):
            depth += 1
        fields = _attribute_lines(element)
        record_name = _record_name(members)
        position = 0
        while position < len(members):
            member = members[position]
            if record_name is not None and local_name(member) == record_name:
                end = position
                while end < len(members) and local_name(members[end]) == record_name:
                    end += 1
                fields = self._flush_fields(fields)
                self.blocks.append(_record_table(members[position:end]))
                position = end
                continue
            if _is_field(member):
                fields += _field_lines(member)
            else:
                fields = self._flush_fields(fields)
                self.read(member, depth)
            position += 1
        self._flush_fields(fields)

    def _flush_fields(self, fields: list[str]) -> list[str]:
        self._add(ElementKind.PARAGRAPH, "\n".join(fields))
        return []

    def _heading(self, element: Any, depth: int) -> None:
        text = _flowing(element)
        parent = local_name(element.getparent()) if element.getparent() is not None else ""
        if text and not self._titled and parent in _TITLE_ROOTS | {"info", "articleinfo", "bookinfo", "titleStmt"}:
            self._titled = True
            self._add(ElementKind.TITLE, text, level=0)
        else:
            self._add(ElementKind.HEADING, text, level=max(1, depth - self._titled))

    def _markup_table(self, element: Any) -> bool:
        """A table with rows of cells, whatever its vocabulary calls them; False when it is none."""
        rows = [row for row in element.iter() if local_name(row) in _ROWS]
        cells: list[CellReading] = []
        columns = 0
        for number, row in enumerate(rows):
            in_head = any(local_name(above) in _HEADS for above in row.iterancestors())
            for column, cell in enumerate(cell for cell in children(row) if local_name(cell) in _CELLS):
                header = in_head or local_name(cell) == "th"
                cells.append(CellReading(row=number, column=column, header=header, text=_one_line(cell), bbox=None))
                columns = max(columns, column + 1)
        if not cells:
            return False
        for caption in children(element):
            if local_name(caption) in ("title", "caption", "head"):
                self._add(ElementKind.CAPTION, _flowing(caption))
        table = TableReading(bbox=None, rows=len(rows), columns=columns, cells=tuple(cells), derivation=DERIVATION)
        self.blocks.append(Block(table=table))
        return True

    def _add(self, kind: ElementKind, text: str, level: int | None = None) -> None:
        if text:
            self.blocks.append(Block(typed=TypedText(kind=kind, text=text, level=level, derivation=DERIVATION)))


def _has_text(text: str | None) -> bool:
    return bool(text and text.strip())


def _mixed(element: Any) -> bool:
    """Text among child elements: running text in which the children are only marked words."""
    return any(True for _ in children(element)) and (
        _has_text(element.text) or any(_has_text(child.tail) for child in element)
    )


def _is_flow(element: Any) -> bool:
    """Whether an element holds one piece of running text."""
    blocks = sum(1 for child in element.iter() if local_name(child) in _PARAGRAPHS | _ITEMS | _CODE | _TABLES)
    return blocks <= 1 + (local_name(element) in _ITEMS)


def _is_field(element: Any) -> bool:
    return len(element) == 0 and local_name(element) not in _TITLES | _PARAGRAPHS | _CODE | _ITEMS | _FORMULAS


def _flowing(element: Any) -> str:
    text = InlineText()
    for part in element.itertext():
        text.add(part)
    return text.take()[0]


def _one_line(element: Any) -> str:
    return _flowing(element).replace("\n", " ")


def _attribute_lines(element: Any) -> list[str]:
    return [
        f"{name.rpartition('}')[2]}: {value}"
        for name, stored in element.attrib.items()
        if not name.startswith("{http://www.w3.org/") and (value := clean_text(stored))
    ]


def _field_lines(element: Any) -> list[str]:
    value = clean_text(element.text or "")
    attributes = _attribute_lines(element)
    if not value and not attributes:
        return []
    name = local_name(element)
    return [f"{name}: {value}" if value else name, *(f"{name} {line}" for line in attributes)]


def _list_depth(element: Any) -> int:
    return sum(1 for above in element.iterancestors() if local_name(above) in _ITEMS)


def _record_name(members: Sequence[Any]) -> str | None:
    """The name of siblings that are records: at least two, each with simple and short fields, no two of one name."""
    counts = Counter(local_name(member) for member in members)
    if not counts:
        return None
    name, count = counts.most_common(1)[0]
    if count < _FEWEST_RECORDS or name in _TITLES | _PARAGRAPHS | _ITEMS | _CODE | _NOTES:
        return None
    records = [member for member in members if local_name(member) == name]
    if not all(_is_record(record) for record in records):
        return None
    fields = {field for record in records for field, _ in _record_fields(record)}
    return name if 1 < len(fields) <= _MOST_FIELDS else None


def _is_record(element: Any) -> bool:
    if _has_text(element.text):
        return False
    fields = list(children(element))
    names = [local_name(field) for field in fields]
    if len(set(names)) < len(names) or not (fields or element.attrib):
        return False
    return all(
        len(field) == 0 and not field.attrib and len(field.text or "") <= _LONGEST_FIELD and not _has_text(field.tail)
        for field in fields
    )


def _record_fields(record: Any) -> list[tuple[str, str]]:
    attributes = [(name.rpartition("}")[2], clean_text(value)) for name, value in record.attrib.items()]
    return attributes + [(local_name(field), clean_text(field.text or "")) for field in children(record)]


def _record_table(records: Sequence[Any]) -> Block:
    names: dict[str, int] = {}
    for record in records:
        for name, _ in _record_fields(record):
            names.setdefault(name, len(names))
    cells = [CellReading(row=0, column=at, header=True, text=name, bbox=None) for name, at in names.items()]
    for row, record in enumerate(records, start=1):
        values = dict(_record_fields(record))
        cells += [
            CellReading(row=row, column=at, text=values[name], bbox=None)
            for name, at in names.items()
            if name in values
        ]
    return Block(
        table=TableReading(
            bbox=None, rows=len(records) + 1, columns=len(names), cells=tuple(cells), derivation=DERIVATION
        )
    )
