"""XML of files that may declare a document type: nothing outside the file is loaded, and entities are bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from html.entities import html5
from typing import Any, Final

from lxml import etree

from parsers.backends.bounded_xml import MAX_ATTRIBUTES, MAX_BYTES, MAX_TAGS
from parsers.errors import DamagedDocument, LimitExceeded

_REFERENCE: Final = re.compile(r"&(#?\w+);")
_TAG: Final = re.compile(r"<[^<>]*>")
_DEEPEST_ENTITY: Final = 8
_LONGEST_ENTITY: Final = 20_000
_MOST_FROM_ENTITIES: Final = 5_000_000


def read_tree(data: bytes, name: str) -> tuple[Any, bool]:
    """The root element, and whether the file had to be repaired; `name` is what a person calls it.

    Entities that the file itself declares, and those that HTML names (`&nbsp;`), are expanded; of what lies outside
    the file nothing is loaded. What is not well-formed is read as far as it makes sense. Raises `DamagedDocument`
    where nothing does, `LimitExceeded` for a tree that would not fit into memory, for entities that grow without bound
    and for more than 256 levels.
    """
    if len(data) > MAX_BYTES or data.count(b"<") > MAX_TAGS or data.count(b"=") > MAX_ATTRIBUTES:
        raise LimitExceeded(f"The {name} is too large to be read ({len(data):,} bytes).")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        _refuse_excess(parser, name)
        raise DamagedDocument(f"The {name} is damaged: it is no XML.") from error
    _refuse_excess(parser, name)
    if root is None:
        raise DamagedDocument(f"The {name} is damaged: it is no XML.")
    _put_in_entities(root, name)
    return root, any(entry.level_name == "FATAL" for entry in parser.error_log)


def _refuse_excess(parser: Any, name: str) -> None:
    excess = {"ERR_ENTITY_LOOP", "ERR_RESOURCE_LIMIT", "ERR_INTERNAL_ERROR", "ERR_ENTITY_BOUNDARY"}
    for entry in parser.error_log:
        if entry.type_name in excess or "amplification" in (entry.message or ""):
            raise LimitExceeded(f"The {name} is nested too deeply, or its entities grow without bound.")


def _put_in_entities(root: Any, name: str) -> None:
    """Replace the references in the tree by the text that they stand for."""
    references = list(root.iter(etree.Entity))
    if not references:
        return
    declared_in = root.getroottree().docinfo.internalDTD
    declared = (
        {} if declared_in is None else {entity.name: entity.content or "" for entity in declared_in.iterentities()}
    )
    texts: dict[str, str] = {}
    total = 0
    for reference in references:
        if reference.name not in texts:
            texts[reference.name] = _entity_text(reference.name, declared, name, depth=0)
        total += len(texts[reference.name])
    if total > _MOST_FROM_ENTITIES:
        raise LimitExceeded(f"The entities of the {name} grow without bound.")
    for parent in dict.fromkeys(reference.getparent() for reference in references):
        _join_references(parent, texts)


def _entity_text(entity: str, declared: Mapping[str, str], name: str, *, depth: int) -> str:
    content = declared.get(entity)
    if content is None:
        return html5.get(f"{entity};", "")

    def expanded(reference: re.Match[str]) -> str:
        if reference[1] in declared:
            return _entity_text(reference[1], declared, name, depth=depth + 1)
        return unescape(reference[0])

    text = _REFERENCE.sub(expanded, _TAG.sub(" ", content)) if depth < _DEEPEST_ENTITY else ""
    if depth >= _DEEPEST_ENTITY or len(text) > _LONGEST_ENTITY:
        raise LimitExceeded(f"The entities of the {name} grow without bound.")
    return text


def _join_references(parent: Any, texts: Mapping[str, str]) -> None:
    """Join the texts around the references below `parent`, each run of text once."""
    run, before = [parent.text or ""], None
    for child in list(parent):
        if child.tag is etree.Entity:
            run += [texts[child.name], child.tail or ""]
            parent.remove(child)
        else:
            _set_run(parent, before, run)
            run, before = [child.tail or ""], child
    _set_run(parent, before, run)


def _set_run(parent: Any, before: Any, run: Sequence[str]) -> None:
    if before is None:
        parent.text = "".join(run)
    else:
        before.tail = "".join(run)


def local_name(element: Any) -> str:
    """The tag without its namespace; "" for what is no element."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Any) -> Iterator[Any]:
    """The child elements: comments, processing instructions and entities left out."""
    return (child for child in element if isinstance(child.tag, str))


def all_named(root: Any, name: str) -> Iterator[Any]:
    """Every element of this local name, in the order of the file."""
    return (element for element in root.iter() if local_name(element) == name)
