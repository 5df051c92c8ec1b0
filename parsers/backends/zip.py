"""ZIP archives: a set of documents. Members are children, folders are part of their names.

A member that is locked, too large or damaged costs only itself; an archive that is a bomb is refused as a whole.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from parsers.archive_guard import Member, check_sizes, read_directory, read_member
from parsers.backends.base import TypedDocument
from parsers.backends.members import Held, document_of_members
from parsers.errors import DamagedDocument, EncryptedDocument, NoPages
from parsers.model import Derivation, Finding
from parsers.plain_text import clean_word
from parsers.policy import ParseLimits, ParseOptions

DERIVATION: Final = Derivation(
    extractor="zip", version="1", confidence=1.0, reason="The directory of the archive lists its members."
)

_DRIVE: Final = re.compile(r"^(?:[a-zA-Z]:)?[/\\]*")
# What archivers and systems put beside the files of people.
_SYSTEM: Final = re.compile(r"(?:^|/)(?:__MACOSX/.*|\.DS_Store|Thumbs\.db|desktop\.ini)$", re.I)
_LARGEST: Final = ParseLimits().child_bytes


def open_document(path: Path, options: ParseOptions) -> TypedDocument:
    """Open an archive as one page that lists its members, which are its children.

    Raises `DamagedDocument`, `LimitExceeded` (a bomb), `EncryptedDocument` (every member is locked and there is no
    password) and `NoPages` (no member).
    """
    members = read_directory(path)
    check_sizes(members)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DamagedDocument("The archive is damaged and cannot be opened.") from error
    chosen, findings = _choose(members)
    if not chosen:
        archive.close()
        raise NoPages("The archive has no files in it.")
    if options.password is None and all(members[index].encrypted for index, _ in chosen):
        archive.close()
        raise EncryptedDocument("The archive is encrypted and cannot be unpacked without its password.")
    infos = archive.infolist()
    held = [
        Held(
            name=name,
            size=members[index].unpacked,
            read=partial(read_member, archive, infos[index], _LARGEST, password=options.password),
        )
        for index, name in chosen
    ]
    return document_of_members(held, DERIVATION, findings=findings)


def _choose(members: Sequence[Member]) -> tuple[list[tuple[int, str]], list[Finding]]:
    """Place and name of each member that is a file of somebody's, and findings on names that had to be changed."""
    chosen: list[tuple[int, str]] = []
    findings: list[Finding] = []
    taken: set[str] = set()
    for index, member in enumerate(members):
        if member.is_folder or _SYSTEM.search(member.name):
            continue
        safe = safe_name(member.name)
        if safe != member.name.replace("\\", "/"):
            message = f"A member's name leads out of the archive; it is called {safe} here."
            findings.append(Finding(page=None, code="unsafe_member_name", message=message))
        name = _unused(safe, taken)
        if name != safe:
            message = f"The archive has several members called {safe}."
            findings.append(Finding(page=None, code="duplicate_member", message=message))
        taken.add(name)
        chosen.append((index, name))
    return chosen, findings


def safe_name(name: str) -> str:
    """A member's name as a path below its archive: no drive, no root, no way up.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\\\reports\\\\a.pdf")
    ('etc/passwd', 'reports/a.pdf')
    """
    inside = _DRIVE.sub("", clean_word(name)).replace("\\", "/")
    parts = [part for part in posixpath.normpath(inside).split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "unnamed"


def _unused(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    stem, ending = posixpath.splitext(name)
    number = 2
    while f"{stem} ({number}){ending}" in taken:
        number += 1
    return f"{stem} ({number}){ending}"
