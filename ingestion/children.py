"""Files inside files: attachments of a mail, members of an archive. They become documents of their own.

A child's name is its parent's, `!/`, and its own name there (as in JAR URLs): `set.zip!/reports/2024.pdf`.
"""

from __future__ import annotations

import unicodedata
import uuid

from ingestion.attributes import MAX_NAME
from ingestion.blobs import BlobStore
from ingestion.errors import BlobMissing
from ingestion.model import ChildFile, ClaimedJob
from parsers.detection import require_supported
from parsers.errors import UnsupportedMediaType
from parsers.model import Child, Document, Finding

MAX_DEPTH = 4
"""Files are taken out of files inside files as deep as this."""

_INSIDE = "!/"


def keep_child(blobs: BlobStore, child: Child, data: bytes) -> None:
    """Put a child's bytes into the store, unless nothing could be done with them."""
    if _refusal(child) is not None:
        return
    path = blobs.incoming / uuid.uuid4().hex
    try:
        path.write_bytes(data)
        blobs.put_file(path)
    finally:
        path.unlink(missing_ok=True)


def has_children(blobs: BlobStore, document: Document) -> bool:
    """Whether the bytes of every child that can be read are still in the store."""
    try:
        for child in document.children:
            if _refusal(child) is None:
                blobs.path(child.sha256)
    except BlobMissing:
        return False
    return True


def children_of(job: ClaimedJob, document: Document) -> tuple[list[ChildFile], list[Finding]]:
    """The children that become documents, and a finding for each that does not."""
    files: list[ChildFile] = []
    findings: list[Finding] = []
    names: set[str] = set()
    for child in document.children:
        reason = _refusal(child)
        if job.depth >= MAX_DEPTH:
            reason = f"It lies more than {MAX_DEPTH} files deep."
        elif child.sha256 == job.sha256:
            reason = "It contains itself."
        if reason is not None:
            message = f"{_readable(child.name)} was left out. {reason}"
            findings.append(Finding(page=None, code="child_left_out", message=message))
            continue
        name = _unused(_name_inside(job.name, child.name), names)
        names.add(name)
        files.append(ChildFile(name=name, sha256=child.sha256, size=child.size, media_type=child.media_type))
    return files, findings


def _refusal(child: Child) -> str | None:
    try:
        require_supported(child.media_type)
    except UnsupportedMediaType as error:
        return str(error)
    return None


def _name_inside(parent: str, name: str) -> str:
    """Long names lose their middle, so that the folder and the ending stay readable."""
    whole = parent + _INSIDE + _readable(name)
    if len(whole) <= MAX_NAME - 8:
        return whole
    kept = (MAX_NAME - 12) // 2
    return f"{whole[:kept]}…{whole[-kept:]}"


def _readable(name: str) -> str:
    shown = "".join(" " if unicodedata.category(character) in {"Cc", "Cs"} else character for character in name).strip()
    return shown or "unnamed"


def _unused(name: str, taken: set[str]) -> str:
    """The name, or the name with a number before its ending where another child has it."""
    if name not in taken:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or "/" in ending:
        stem, ending = name, ""
    number = 2
    while (numbered := f"{stem} ({number}){dot if ending else ''}{ending}") in taken:
        number += 1
    return numbered
