"""What the API is made of. The process that runs it composes these; nothing here opens a file or a socket by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from starlette.requests import HTTPConnection

from ingestion.blobs import BlobStore
from ingestion.catalog import Catalog
from ingestion.secrets import SecretBox
from parsers.model import Box, Document
from parsers.policy import ParseOptions
from parsers.tree import ParseTree
from retrieval.answers.answerer import Answerer
from retrieval.engine import Retriever
from retrieval.ports import VectorIndex


class ApiSettings(Protocol):
    """The settings that the API reads. `max_upload_bytes` bounds the files of one request together."""

    @property
    def max_upload_bytes(self) -> int: ...

    @property
    def max_files_per_request(self) -> int: ...

    @property
    def max_queued_jobs(self) -> int: ...

    @property
    def max_queued_jobs_per_tenant(self) -> int: ...

    @property
    def parse_options(self) -> ParseOptions: ...


class ParsedDocuments(Protocol):
    """Reads what a parse yielded. Raises `ingestion.errors.BlobMissing`."""

    def read_document(self, tenant: str, parse_id: str) -> Document: ...

    def read_image(self, tenant: str, parse_id: str, sha256: str) -> bytes: ...


class Parses(Protocol):
    """Parses a file for a request, in processes of its own; thread-safe; blocks until it is its turn and done.

    Raises `PoolBusy` and `parsers.errors.ParseError`.
    """

    def parse(
        self,
        path: Path,
        *,
        name: str,
        sha256: str,
        media_type: str,
        options: ParseOptions,
        children: bool,
        should_stop: Callable[[], bool],
    ) -> ParseTree: ...


class PoolBusy(Exception):
    """Every parser is at work, and enough requests wait already."""


class Renderer(Protocol):
    """Draws a page in a process of its own; thread-safe; raises `parsers.errors.ParseError`."""

    def render_page(
        self, path: Path, page: int, *, boxes: Sequence[Box] = (), dpi: int = 110, media_type: str = "application/pdf"
    ) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    settings: ApiSettings
    catalog: Catalog
    blobs: BlobStore
    artefacts: ParsedDocuments
    retriever: Retriever
    answerer: Answerer
    renderer: Renderer
    parses: Parses
    secrets: SecretBox
    index: VectorIndex


def parts_of(request: HTTPConnection) -> ApiParts:
    """The parts that the application of this request was made with."""
    parts = request.app.state.parts
    assert isinstance(parts, ApiParts)  # noqa: S101 - narrows what Starlette keeps untyped
    return parts
