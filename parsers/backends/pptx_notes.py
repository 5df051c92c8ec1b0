"""What belongs to a slide without standing on it: the speaker's notes, comments, the texts of diagrams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from parsers.backends.docx_names import A, Element, local_name
from parsers.backends.docx_package import Relation, WordPackage
from parsers.backends.pptx_places import placeholder
from parsers.backends.pptx_text import Paragraph, read_paragraphs
from parsers.model import ElementKind
from parsers.plain_text import clean_text

_DEEPEST: Final = 8


def read_authors(package: WordPackage, part: str) -> dict[str, str]:
    """Names of those who wrote comments, by their id: of classic comments and of threads."""
    found: dict[str, str] = {}
    for relation in package.relations(part).values():
        root = package.optional_xml(relation.target) if relation.kind in ("commentAuthors", "authors") else None
        for item in () if root is None else root:
            if local_name(item) in ("cmAuthor", "author"):
                found[item.get("id", "")] = clean_text(item.get("name") or "")
    return found


def read_comments(package: WordPackage, relations: Mapping[str, Relation], authors: Mapping[str, str]) -> list[str]:
    """Comments on a slide as `Ann: text`, replies behind what they answer."""
    found: list[str] = []
    for relation in relations.values():
        root = package.optional_xml(relation.target) if relation.kind == "comments" else None
        for item in () if root is None else root.iter():
            if local_name(item) in ("cm", "reply"):
                text = _comment_text(item)
                author = authors.get(item.get("authorId", ""), "")
                if text:
                    found.append(f"{author}: {text}" if author else text)
    return found


def _comment_text(comment: Element) -> str:
    for child in comment:
        if local_name(child) == "text":
            return clean_text(child.text or "")
        if local_name(child) == "txBody":
            lines = ("".join(part.text or "" for part in line.iter(f"{A}t")) for line in child.iter(f"{A}p"))
            return clean_text(" ".join(lines))
    return ""


def read_notes(package: WordPackage, relations: Mapping[str, Relation]) -> list[Paragraph]:
    """The speaker's notes."""
    for relation in relations.values():
        root = package.optional_xml(relation.target) if relation.kind == "notesSlide" else None
        for shape in () if root is None else root.iter("{*}sp"):
            if (placeholder(shape) or ("", ""))[0] == "body":
                return read_paragraphs(shape.find("{*}txBody"), package.relations(relation.target))
    return []


def read_diagram(root: Element) -> Iterator[Paragraph]:
    """The texts of a diagram (SmartArt) as a list, nested as its points are."""
    points = {item.get("modelId", ""): item for item in root.iter("{*}pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    for link in root.iter("{*}cxn"):
        if link.get("type", "parOf") == "parOf":
            order = link.get("srcOrd", "0")
            place = int(order) if order.isdecimal() and len(order) < 10 else 0
            below.setdefault(link.get("srcId", ""), []).append((place, link.get("destId", "")))
    waiting = [(identity, 0) for identity, item in reversed(points.items()) if item.get("type") == "doc"]
    seen: set[str] = set()
    while waiting:
        identity, depth = waiting.pop()
        if identity in seen or identity not in points:
            continue
        seen.add(identity)
        text = clean_text(" ".join(part.text or "" for part in points[identity].iter(f"{A}t")))
        if text:
            yield Paragraph(kind=ElementKind.LIST_ITEM, text=text, level=min(max(depth - 1, 0), _DEEPEST))
        waiting += [(child, depth + 1) for _, child in sorted(below.get(identity, ()), reverse=True)]
