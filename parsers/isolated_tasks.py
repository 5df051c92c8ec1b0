"""What a sealed worker can be asked to do: JSON arguments in, JSON result out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from parsers.parse import inspect, read_pages
from parsers.policy import ParsePolicy

INSPECT: Final = "inspect"
READ_PAGES: Final = "read_pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectArguments:
    """Open a document and read its properties."""

    path: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArguments:
    """Read the pages `first` to `last`, both included."""

    path: str
    media_type: str
    first: int
    last: int
    policy: ParsePolicy


def _inspect(payload: bytes) -> bytes:
    arguments = msgspec.json.decode(payload, type=InspectArguments)
    return msgspec.json.encode(inspect(Path(arguments.path), arguments.media_type))


def _read_pages(payload: bytes) -> bytes:
    asked = msgspec.json.decode(payload, type=ReadArguments)
    return msgspec.json.encode(read_pages(Path(asked.path), asked.media_type, asked.first, asked.last, asked.policy))


TASKS: Mapping[str, Callable[[bytes], bytes]] = {
    INSPECT: _inspect,
    READ_PAGES: _read_pages,
}
