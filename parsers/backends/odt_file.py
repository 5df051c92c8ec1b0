"""What OpenDocument files of every kind share: how they are opened, their body, and their properties."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from parsers.backends.base import TypedDocument
from parsers.backends.odf_crypto import is_locked, unlock
from parsers.backends.odt_names import DUBLIN_CORE, OFFICE, Element
from parsers.backends.odt_story import OdtContext
from parsers.backends.office_package import Package
from parsers.errors import DamagedDocument, LimitExceeded
from parsers.plain_text import clean_text


def open_package(path: Path, password: str | None, read: Callable[[Package, BinaryIO], TypedDocument]) -> TypedDocument:
    """Open a file and hand its package, unlocked if need be, and its stream to `read`, whose document closes both.

    Raises `DamagedDocument`, `EncryptedDocument` or `LimitExceeded`, with everything closed.
    """
    stream = path.open("rb")
    try:
        package = Package(stream)
        if is_locked(package):
            package = unlock(package, stream, password)
        try:
            return read(package, stream)
        except RecursionError as error:
            raise LimitExceeded("The file's parts are nested too deeply to be read.") from error
    except BaseException:
        stream.close()
        raise


def body_of(content: Element, kind: str, name: str) -> Element:
    """What the file holds, of the `kind` that the name of an element gives; `name` is what a person calls it."""
    body = content.find(f"{OFFICE}body/{OFFICE}{kind}")
    if body is None:
        raise DamagedDocument(f"The file holds no {name}.")
    return body


def property_of(package: Package, name: str) -> str | None:
    """A property that the file gives for itself: `title`, `language`."""
    meta = package.optional_xml("meta.xml")
    text = None if meta is None else meta.findtext(f"{OFFICE}meta/{DUBLIN_CORE}{name}")
    return clean_text(text or "") or None


def language_of(context: OdtContext) -> str | None:
    """The language that most of the text read so far is marked with, or else that of the file's default style."""
    if not context.languages:
        return context.styles.language
    return max(context.languages.items(), key=lambda item: (item[1], item[0]))[0] or None
