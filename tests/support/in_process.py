"""Parse in the test's own process: the same steps as an isolated parse, without its processes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from parsers.formats import open_document
from parsers.model import ParseOutcome
from parsers.parse import assemble, inspect, read_pages
from parsers.policy import ParseOptions, ParsePolicy
from parsers.reading import Inspection, PageReading

FAST = ParseOptions(policy=ParsePolicy.FAST)


def read_in_process(path: Path, media_type: str, options: ParseOptions = FAST) -> tuple[Inspection, list[PageReading]]:
    """The properties of a file and all its pages."""
    with open_document(path, media_type, options) as document:
        inspection = inspect(document)
        return inspection, read_pages(document, 1, inspection.page_count, options)


def parse_in_process(path: Path, media_type: str, options: ParseOptions = FAST) -> ParseOutcome:
    """The outcome of parsing a file."""
    inspection, readings = read_in_process(path, media_type, options)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return assemble(inspection, readings, [], sha256=sha256, media_type=media_type, options=options)
