"""What a sealed worker can be asked to do: encoded arguments in, encoded result out (`parsers.isolated_wire`).

A worker reads one document, so it stays open between two calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from parsers.backends.base import KeyedPages, OpenDocument
from parsers.errors import LimitExceeded
from parsers.formats import open_document
from parsers.isolated_wire import decode, encode
from parsers.model import Box, Derivation
from parsers.parse import inspect, read_pages
from parsers.policy import ParseOptions
from parsers.preloading import require
from parsers.vision import VisionKind

INSPECT: Final = "inspect"
PAGE_KEYS: Final = "page_keys"
READ_PAGES: Final = "read_pages"
READ_CHILD: Final = "read_child"
DRAW_CLIP: Final = "draw_clip"
READ_ANSWER: Final = "read_answer"

_VISION_TASKS: Final = "parsers.vision_tasks"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileArguments:
    """The document that the worker is for, how it is to be read, and whether by the format's second reader."""

    path: str
    media_type: str
    options: ParseOptions
    second: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectArguments:
    """Open the document and read its properties, or tell what its pages are made of."""

    file: FileArguments


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArguments:
    """Read the pages `first` to `last`, both included."""

    file: FileArguments
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildArguments:
    """Read the bytes of one of the files inside the file, by its place in `Inspection.children`; refuse more bytes."""

    file: FileArguments
    index: int
    most_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipArguments:
    """Draw a part of a page for a vision model; see `parsers.vision_tasks.draw_clip`."""

    file: FileArguments
    page: int
    bbox: Box
    quarter_turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerArguments:
    """Take the answer of a vision model apart; see `parsers.vision_tasks.read_answer`."""

    text: str
    kind: VisionKind
    derivation: Derivation


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


def _page_keys(payload: bytes) -> bytes:
    asked: InspectArguments = decode(payload, InspectArguments)
    document = _document(asked.file)
    return encode(document.page_keys() if isinstance(document, KeyedPages) else [])


def _read_pages(payload: bytes) -> bytes:
    asked: ReadArguments = decode(payload, ReadArguments)
    return encode(read_pages(_document(asked.file), asked.first, asked.last, asked.file.options))


def _read_child(payload: bytes) -> bytes:
    asked: ChildArguments = decode(payload, ChildArguments)
    document = _document(asked.file)
    size = document.children[asked.index].size
    data = document.read_child(asked.index) if size is None or size <= asked.most_bytes else None
    if data is None or len(data) > asked.most_bytes:
        raise LimitExceeded(f"It is larger than {asked.most_bytes // 1024**2} MiB.")
    return encode(data)


def _draw_clip(payload: bytes) -> bytes:
    asked: ClipArguments = decode(payload, ClipArguments)
    draw = require(_VISION_TASKS).draw_clip
    return encode(draw(_document(asked.file), asked.page, asked.bbox, asked.quarter_turns))


def _read_answer(payload: bytes) -> bytes:
    asked: AnswerArguments = decode(payload, AnswerArguments)
    return encode(require(_VISION_TASKS).read_answer(asked.text, asked.kind, asked.derivation))


TASKS: Mapping[str, Callable[[bytes], bytes]] = {
    INSPECT: _inspect,
    PAGE_KEYS: _page_keys,
    READ_PAGES: _read_pages,
    READ_CHILD: _read_child,
    DRAW_CLIP: _draw_clip,
    READ_ANSWER: _read_answer,
}
