"""Files that hold files: their page lists them, so that it is never an empty document, and they are its children."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from parsers.backends.base import TypedDocument, one_page
from parsers.model import Derivation, ElementKind, Finding, Role
from parsers.plain_text import clean_text
from parsers.reading import Block, ChildEntry, TypedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file inside a file: its name with folders, its size in bytes where it is known, and how to read it."""

    name: str
    size: int | None = None
    read: Callable[[], bytes]


def member_block(name: str, derivation: Derivation) -> Block:
    """The name of a file inside the file, as an item of a list."""
    text = clean_text(name) or "unnamed"
    return Block(
        typed=TypedText(kind=ElementKind.LIST_ITEM, text=text, level=0, role=Role.MEMBER, derivation=derivation)
    )


def document_of_members(
    members: Sequence[Held], derivation: Derivation, *, findings: Sequence[Finding] = ()
) -> TypedDocument:
    """A document whose one page is the list of its members."""
    return one_page(
        [member_block(member.name, derivation) for member in members],
        derivation,
        children=tuple(ChildEntry(name=member.name, size=member.size) for member in members),
        findings=tuple(findings),
        child=lambda index: members[index].read(),
    )
