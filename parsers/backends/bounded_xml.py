"""Reading XML of hostile files: nothing is fetched or expanded, and a tree that would not fit is refused unparsed."""

from __future__ import annotations

from typing import Final

from lxml import etree

from parsers.errors import DamagedDocument, LimitExceeded

# A node of libxml2's tree takes about 120 bytes, and its text or an attribute as much again: at these numbers a tree
# stays below 1 GB. The main part of a Word file of 1,000 pages has about 700,000.
MAX_TAGS: Final = 4_000_000
MAX_ATTRIBUTES: Final = 4_000_000
MAX_BYTES: Final = 256 * 1024**2
_HEAD_BYTES: Final = 4096


def parse_xml(data: bytes, name: str) -> etree._Element:
    """The root of an XML part; `name` is what a person calls it. Raises `DamagedDocument` or `LimitExceeded`.

    A document type declaration is refused: Office formats never have one, and entities are what it is abused for.
    libxml2 itself limits depth (256), the length of a text (10 MB) and what entities amount to.
    """
    if len(data) > MAX_BYTES or data.count(b"<") > MAX_TAGS or data.count(b"=") > MAX_ATTRIBUTES:
        raise LimitExceeded(f"The file's {name} is too large to be read ({len(data):,} bytes).")
    if b"<!DOCTYPE" in data[:_HEAD_BYTES]:
        raise DamagedDocument(f"The file's {name} declares a document type, which such files never do.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DamagedDocument(f"The file's {name} is damaged: it is no well-formed XML.") from error
    if root.getroottree().docinfo.doctype:  # in another encoding, or far from the beginning
        raise DamagedDocument(f"The file's {name} declares a document type, which such files never do.")
    return root
