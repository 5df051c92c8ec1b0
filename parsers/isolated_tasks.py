"""What a sealed worker can be asked to do: encoded arguments in, encoded result out (`parsers.isolated_wire`).

A worker reads one document, so it stays open between two calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from parsers.backends.base import OpenDocument
from parsers.formats import open_document
from parsers.isolated_wire import decode, encode
from parsers.parse import inspect, read_pages
from parsers.policy import ParseOptions

INSPECT: Final = "inspect"
READ_PAGES: Final = "read_pages"
READ_CHILD: Final = "read_child"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileArguments:
    """The document that the worker is for, how it is to be read, and whether by the format's second reader."""

    path: str
    media_type: str
    options: ParseOptions
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectArguments:
    """Open the document and read its properties."""

    file: FileArguments


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArguments:
    """Read the pages `first` to `last`, both included."""

    file: FileArguments
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildArguments:
    """Read the bytes of one of the files inside the file, by its place in `Inspection.children`."""

    file: FileArguments
    index: int


_opened: dict[FileArguments, OpenDocument] = {}


def _document(file: FileArguments) -> OpenDocument:
    if file not in _opened:
        for document in _opened.values():
            document.close()
        _opened.clear()
        _opened[file] = open_document(Path(file.path), file.media_type, file.options, second=file.second)
    return _opened[file]


def _inspect(payload: bytes) -> bytes:
    asked: InspectArguments = decode(payload, InspectArguments)
    return encode(inspect(_document(asked.file)))


def _read_pages(payload: bytes) -> bytes:
    asked: ReadArguments = decode(payload, ReadArguments)
    return encode(read_pages(_document(asked.file), asked.first, asked.last, asked.file.options))


def _read_child(payload: bytes) -> bytes:
    asked: ChildArguments = decode(payload, ChildArguments)
    return encode(_document(asked.file).read_child(asked.index))


TASKS: Mapping[str, Callable[[bytes], bytes]] = {
    INSPECT: _inspect,
    READ_PAGES: _read_pages,
    READ_CHILD: _read_child,
}
