"""Reads a multipart upload as it arrives: files go to disk in blocks and are hashed on the way, fields are kept short.

Memory use does not depend on the size of the upload. The caller feeds blocks from a worker thread: writing to a disk
must not hold up the event loop.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from services.api.problems import (
    INVALID_MULTIPART,
    INVALID_REQUEST,
    TOO_MANY_FILES,
    UNSUPPORTED_CONTENT_TYPE,
    ApiProblem,
    FieldFault,
)

FILES_FIELD = "files"
_MAX_FIELD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file on disk, not yet accepted."""

    name: str
    path: Path
    sha256: str
    size: int


@dataclass(slots=True)
class _OpenFile:
    name: str
    stream: IO[bytes]
    path: Path
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    def write(self, data: bytes) -> None:
        self.stream.write(data)
        self.digest.update(data)
        self.size += len(data)


def boundary_of(content_type: str | None) -> bytes:
    """The boundary of a multipart form; raises a problem for any other content type."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise ApiProblem(UNSUPPORTED_CONTENT_TYPE, "Send the files as multipart/form-data.")
    boundary = options.get(b"boundary")
    if not boundary:
        raise ApiProblem(INVALID_MULTIPART, "The Content-Type header names no boundary.")
    return boundary


class MultipartReceiver:
    """Feed it the body in blocks, then `finish`; `discard` removes every file that was not taken over."""

    def __init__(
        self,
        boundary: bytes,
        *,
        directory: Path,
        known_fields: frozenset[str],
        max_files: int,
        files_field: str = FILES_FIELD,
    ) -> None:
        self._directory = directory
        self._known_fields = known_fields
        self._max_files = max_files
        self._files_field = files_field
        self._fields: dict[str, bytearray] = {}
        self._files: list[ReceivedFile] = []
        self._file: _OpenFile | None = None
        self._field: bytearray | None = None
        self._headers: dict[bytes, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._ended = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_header_field": self._on_header_name,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise ApiProblem(INVALID_MULTIPART, "The boundary of the form is too long.") from None

    def feed(self, data: bytes) -> None:
        """The next block of the body, of any size."""
        try:
            self._parser.write(data)
        except FormParserError:
            raise ApiProblem(INVALID_MULTIPART, "The body does not follow its multipart boundary.") from None

    def finish(self) -> tuple[dict[str, str], list[ReceivedFile]]:
        """Fields and files, once the whole body was fed."""
        if not self._ended:
            raise ApiProblem(INVALID_MULTIPART, "The body ends before its last multipart boundary.")
        try:
            fields = {name: value.decode("utf-8") for name, value in self._fields.items()}
        except UnicodeDecodeError:
            raise ApiProblem(INVALID_MULTIPART, "A field of the form is not UTF-8 text.") from None
        return fields, list(self._files)

    def discard(self) -> None:
        """Remove what still lies on disk; safe to call at any time, and twice."""
        paths = [received.path for received in self._files]
        if self._file is not None:
            self._file.stream.close()
            paths.append(self._file.path)
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    # ---- what the parser calls ----

    def _part_begin(self) -> None:
        self._headers = {}

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name, self._header_value = b"", b""

    def _headers_finished(self) -> None:
        # latin-1 keeps every byte through the option parser; names are UTF-8 (RFC 7578, 5.1)
        disposition = self._headers.get(b"content-disposition", b"").decode("latin-1")
        kind, options = parse_options_header(disposition)
        if kind != b"form-data" or b"name" not in options:
            raise ApiProblem(INVALID_MULTIPART, "A part of the form has no name.")
        name = options[b"name"].decode("utf-8", "replace")
        file_name = options.get(b"filename")
        if name == self._files_field:
            if file_name is None:
                raise _field_problem(name, f"Each part of {name!r} needs a file name.")
            self._open_file(file_name.decode("utf-8", "replace"))
        elif name not in self._known_fields:
            raise _field_problem(name, "The form has no such field.")
        elif file_name is not None:
            raise _field_problem(name, "This field takes text, not a file.")
        elif name in self._fields:
            raise _field_problem(name, "This field occurs twice.")
        else:
            self._field = self._fields[name] = bytearray()

    def _open_file(self, name: str) -> None:
        if len(self._files) >= self._max_files:
            raise ApiProblem(
                TOO_MANY_FILES,
                f"One request takes at most {self._max_files:,} files.",
                errors=[
                    FieldFault(where="body", field=self._files_field, message="Send the rest in further requests.")
                ],
                extensions={"limit_files": self._max_files},
            )
        descriptor, path = tempfile.mkstemp(prefix="upload-", dir=self._directory)
        self._file = _OpenFile(name=name, stream=os.fdopen(descriptor, "wb"), path=Path(path))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        block = data[start:end]
        if self._file is not None:
            self._file.write(block)
        elif self._field is not None:
            self._field += block
            if len(self._field) > _MAX_FIELD_BYTES:
                raise ApiProblem(INVALID_REQUEST, f"A text field takes at most {_MAX_FIELD_BYTES:,} bytes.")

    def _part_end(self) -> None:
        if (file := self._file) is not None:
            file.stream.close()
            self._file = None
            self._files.append(
                ReceivedFile(
                    name=file.name,
                    path=file.path,
                    sha256=file.digest.hexdigest(),
                    size=file.size,
                )
            )
        self._field = None

    def _end(self) -> None:
        self._ended = True


def _field_problem(name: str, message: str) -> ApiProblem:
    shown = "".join(c for c in name if c.isprintable())[:100]
    return ApiProblem(INVALID_REQUEST, message, errors=[FieldFault(where="body", field=shown, message=message)])
