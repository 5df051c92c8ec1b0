"""`unstructured`, made fit for a sealed process: no telemetry, no notice, no download of a language model.

Importing it takes 3.5 CPU seconds and 240 MB, so this module is only asked for through `parsers.preloading`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

# The library reads these when it is imported, and where they are not set it reports its use to its makers.
os.environ.setdefault("SCARF_NO_ANALYTICS", "true")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("UNSTRUCTURED_DISABLE_NOTICE", "1")

import spacy
from unstructured.nlp import tokenize
from unstructured.partition.email import partition_email
from unstructured.partition.html import partition_html
from unstructured.partition.text import partition_text

_MAIL = "message/rfc822"
VERSION = version("unstructured")
_PARTITIONS = {
    "text/html": partition_html,
    _MAIL: partition_email,
    "text/plain": partition_text,
}


def preload() -> None:
    """Give the library a tokenizer that is here: it would download a model of spaCy at its first use."""
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    tokenize._get_nlp = lambda: pipeline


def partition(content: bytes, media_type: str) -> Sequence[Any]:
    """The library's elements of a page or mail; of any other type, as of plain text. Raises whatever it raises.

    Its detection of languages is off, which is of no use here, and so is reading what is attached to a mail: the
    library writes that into temporary files, which a sealed process cannot have.
    """
    read = _PARTITIONS.get(media_type, partition_text)
    options: dict[str, Any] = {"languages": [""], "detect_language_per_element": False}
    if media_type == _MAIL:
        options["process_attachments"] = False
    return list(read(file=io.BytesIO(content), **options))
