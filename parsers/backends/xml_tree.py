"""XML of files that may declare a document type: nothing outside the file is loaded, and entities are bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from parsers.backends.bounded_xml import MAX_ATTRIBUTES, MAX_BYTES, MAX_TAGS
from parsers.errors import DamagedDocument, LimitExceeded


def read_tree(data: bytes, name: str) -> tuple[Any, bool]:
    """The root element, and whether the file had to be repaired; `name` is what a person calls it.

    Entities that the file itself declares are expanded as far as libxml2 finds their amplification honest. What is
    not well-formed is read as far as it makes sense. Raises `DamagedDocument` where nothing does, `LimitExceeded` for
    a tree that would not fit into memory, for entities that grow without bound and for more than 256 levels.
    """
    if len(data) > MAX_BYTES or data.count(b"<") > MAX_TAGS or data.count(b"=") > MAX_ATTRIBUTES:
        raise LimitExceeded(f"The {name} is too large to be read ({len(data):,} bytes).")
    parser = etree.XMLParser(
        resolve_entities="internal",
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
    return root, any(entry.level_name == "FATAL" for entry in parser.error_log)


def _refuse_excess(parser: Any, name: str) -> None:
    excess = {"ERR_ENTITY_LOOP", "ERR_RESOURCE_LIMIT", "ERR_INTERNAL_ERROR", "ERR_ENTITY_BOUNDARY"}
    for entry in parser.error_log:
        if entry.type_name in excess or "amplification" in (entry.message or ""):
            raise LimitExceeded(f"The {name} is nested too deeply, or its entities grow without bound.")


def local_name(element: Any) -> str:
    """The tag without its namespace; "" for what is no element."""
    return str(element.tag).rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Any) -> Iterator[Any]:
    """The child elements: comments, processing instructions and entities left out."""
    return (child for child in element if isinstance(child.tag, str))


def all_named(root: Any, name: str) -> Iterator[Any]:
    """Every element of this local name, in the order of the file."""
    return (element for element in root.iter() if local_name(element) == name)
