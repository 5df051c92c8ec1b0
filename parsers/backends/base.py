"""What a backend is: the adapter of one format or library.

A backend is a module of this folder with a function `open_document(path, options) -> OpenDocument`, and one line in
the registry of `parsers/formats.py`. It runs in a sealed process: it can read the one file and nothing else, write
nothing, and reach no network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from parsers.model import Derivation, Finding, TextSource
from parsers.plain_text import count_characters
from parsers.policy import ParseOptions
from parsers.reading import Block, ChildEntry, PageReading


class OpenDocument(Protocol):
    """An open file. `children` are the files inside it, `findings` are about the file as a whole."""

    @property
    def page_count(self) -> int: ...

    @property
    def title(self) -> str | None: ...

    @property
    def language(self) -> str | None: ...

    @property
    def children(self) -> Sequence[ChildEntry]: ...

    @property
    def findings(self) -> Sequence[Finding]: ...

    def read_page(self, number: int, options: ParseOptions) -> PageReading:
        """Read page `number` (from 1). Raises `PageUnreadable`; memory and time are watched from outside."""
        ...

    def read_child(self, index: int) -> bytes:
        """The bytes of `children[index]`. Raises a `ParseError` that says why they cannot be had."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class KeyedPages(Protocol):
    """An open file of a format that can tell what each of its pages is made of."""

    def page_keys(self) -> list[str]:
        """For each page a hash of all that decides how it reads, wherever it stands; empty where that is not known."""
        ...


class Backend(Protocol):
    """A module that opens files of one format."""

    def open_document(self, path: Path, options: ParseOptions) -> OpenDocument:
        """Raises `EncryptedDocument`, `DamagedDocument` and `NoPages`, each with a sentence for a person."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPage:
    """A page of a format that says itself what everything is. `number` from 1; size in points, 0 × 0 without geometry.

    A slide has its size, and its blocks may have boxes.
    """

    number: int
    blocks: tuple[Block, ...]
    derivation: Derivation
    name: str | None = None
    width: float = 0.0
    height: float = 0.0
    findings: tuple[Finding, ...] = ()


def _no_page(number: int) -> TypedPage:
    raise IndexError(number)


def _no_child(index: int) -> bytes:
    raise IndexError(index)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedDocument:
    """An open file whose pages need no routing. `page(number)` and `child(index)` are called when one is asked for."""

    page_count: int
    title: str | None = None
    language: str | None = None
    children: Sequence[ChildEntry] = ()
    findings: Sequence[Finding] = ()
    page: Callable[[int], TypedPage] = _no_page
    child: Callable[[int], bytes] = _no_child
    on_close: Sequence[Callable[[], None]] = field(default=())

    def read_page(self, number: int, options: ParseOptions) -> PageReading:  # noqa: ARG002  (nothing to choose here)
        """The page as a reading; its characters are those of its blocks, as nothing of it was left out."""
        page = self.page(number)
        return PageReading(
            number=page.number,
            width=page.width,
            height=page.height,
            rotation=0,
            text_source=TextSource.TEXT_LAYER if page.blocks else TextSource.NONE,
            blocks=page.blocks,
            characters=sum(block_characters(block) for block in page.blocks),
            tables_found=sum(1 for block in page.blocks if block.table is not None),
            text=page.derivation,
            name=page.name,
            findings=page.findings,
        )

    def read_child(self, index: int) -> bytes:
        return self.child(index)

    def close(self) -> None:
        for close in self.on_close:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def one_page(blocks: Sequence[Block], derivation: Derivation, **properties: object) -> TypedDocument:
    """A document without pages (mail, HTML, plain text): one page that holds all of it.

    `properties` are those of `TypedDocument`.
    """
    page = TypedPage(number=1, blocks=tuple(blocks), derivation=derivation)
    return TypedDocument(page_count=1, page=lambda _: page, **properties)  # type: ignore[arg-type]


def block_characters(block: Block) -> int:
    """Characters of a block that are not white space: those that its Element will have."""
    if block.typed is not None:
        return count_characters(block.typed.text)
    if block.table is not None:
        return sum(count_characters(cell.text) for cell in block.table.cells)
    lines = block.figure.lines if block.figure is not None else block.lines
    alt = count_characters(block.figure.alt) if block.figure is not None and not lines else 0
    return sum(count_characters(line.text) for line in lines) + alt
