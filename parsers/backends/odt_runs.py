"""What stands in a paragraph of an OpenDocument text: text, fields, links, tracked changes, and what hangs on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from parsers.backends.odt_names import MATH, OFFICE, TEXT, XLINK, Element, count
from parsers.backends.odt_styles import OdtStyles
from parsers.backends.run_look import RunLook
from parsers.backends.typed_texts import Piece
from parsers.model import Flag

_DRAWING: Final = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_MOST_BLANKS: Final = 100
_SILENT: Final = frozenset(
    TEXT + name for name in ("bookmark-start", "bookmark-end", "change-start", "change-end", "script", "number")
) | {f"{OFFICE}event-listeners", f"{OFFICE}annotation-end"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """What hangs on a place of a paragraph: a drawing, a note, an annotation. `leading`: no text stands before it."""

    element: Element
    leading: bool


@dataclass(slots=True, kw_only=True)
class OdtRuns:
    """What one paragraph holds. `bold`: all of its visible text is."""

    pieces: list[Piece] = field(default_factory=list)
    hanging: list[Hanging] = field(default_factory=list)
    bold: bool = True

    def has_text(self) -> bool:
        return any(piece.text.strip() and not piece.flags for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    look: RunLook
    language: str | None
    target: str = ""
    flags: tuple[Flag, ...] = ()


class OdtRunReader:
    """Reads paragraphs; `deletions` are the elements of tracked deletions by the id of their change."""

    def __init__(self, styles: OdtStyles, deletions: Mapping[str, Element], languages: Counter[str]) -> None:
        self._styles = styles
        self._deletions = deletions
        self._languages = languages

    def read(self, paragraph: Element, *, on_white: bool, flags: tuple[Flag, ...] = ()) -> OdtRuns:
        """The contents of a paragraph or heading; `flags` hold for all of it."""
        style = self._styles.text("paragraph", paragraph.get(f"{TEXT}style-name"))
        runs = OdtRuns()
        self._walk(paragraph, runs, _Setting(look=style.look, language=style.language, flags=flags), on_white)
        return runs

    def _walk(self, parent: Element, runs: OdtRuns, setting: _Setting, on_white: bool) -> None:
        self._add(parent.text, runs, setting, on_white)
        for child in parent:
            self._child(child, runs, setting, on_white)
            self._add(child.tail, runs, setting, on_white)

    def _child(self, child: Element, runs: OdtRuns, setting: _Setting, on_white: bool) -> None:
        tag = child.tag
        if tag == f"{TEXT}span":
            self._walk(child, runs, self._styled(child, setting), on_white)
        elif tag == f"{TEXT}s":
            self._add(" " * count(child.get(f"{TEXT}c"), _MOST_BLANKS), runs, setting, on_white)
        elif tag == f"{TEXT}tab":
            self._add("\t", runs, setting, on_white)
        elif tag == f"{TEXT}line-break":
            runs.pieces.append(Piece(text="\n", flags=setting.flags))
        elif tag == f"{TEXT}a":
            target = child.get(f"{XLINK}href", "")
            inside = _Setting(look=setting.look, language=setting.language, target=target, flags=setting.flags)
            self._walk(child, runs, inside, on_white)
        elif tag == f"{TEXT}note":
            self._note(child, runs, setting)
        elif tag == f"{OFFICE}annotation" or tag.startswith(_DRAWING):
            runs.hanging.append(Hanging(element=child, leading=not runs.has_text()))
        elif tag == f"{TEXT}change":
            self._deletion(child, runs, setting, on_white)
        elif tag == f"{TEXT}ruby":
            self._ruby(child, runs, setting, on_white)
        elif tag == f"{TEXT}hidden-text":
            self._add(child.get(f"{TEXT}string-value") or child.text, runs, _hidden(setting), on_white)
        elif tag not in _SILENT and not tag.startswith(MATH):
            self._walk(child, runs, setting, on_white)

    def _styled(self, span: Element, setting: _Setting) -> _Setting:
        style = self._styles.text("text", span.get(f"{TEXT}style-name"))
        return _Setting(
            look=style.look.over(setting.look),
            language=style.language or setting.language,
            target=setting.target,
            flags=setting.flags,
        )

    def _add(self, text: str | None, runs: OdtRuns, setting: _Setting, on_white: bool) -> None:
        if not text:
            return
        flags = setting.flags or setting.look.flags(on_white=on_white)
        # A newline in the XML is white space; alone it would be taken for a break of the line.
        runs.pieces.append(Piece(text=text.replace("\n", " "), target=setting.target, flags=flags))
        if text.strip() and not flags:
            runs.bold = runs.bold and bool(setting.look.bold)
            self._languages[setting.language or self._styles.language or ""] += len(text)

    def _note(self, note: Element, runs: OdtRuns, setting: _Setting) -> None:
        """The mark of a note, as it is printed, in brackets; the note itself comes after the paragraph."""
        runs.pieces.append(Piece(text=f"[{note_mark(note)}]", flags=setting.flags))
        runs.hanging.append(Hanging(element=note, leading=False))

    def _deletion(self, change: Element, runs: OdtRuns, setting: _Setting, on_white: bool) -> None:
        deletion = self._deletions.get(change.get(f"{TEXT}change-id", ""))
        deleted = _Setting(look=setting.look, language=setting.language, flags=(Flag.DELETED,))
        for number, part in enumerate(() if deletion is None else deletion.iter(f"{TEXT}p", f"{TEXT}h")):
            if number:
                runs.pieces.append(Piece(text="\n", flags=deleted.flags))
            self._walk(part, runs, deleted, on_white)

    def _ruby(self, ruby: Element, runs: OdtRuns, setting: _Setting, on_white: bool) -> None:
        """The text, then how it is read in brackets, as where the small letters above cannot be set."""
        base, reading = ruby.find(f"{TEXT}ruby-base"), ruby.find(f"{TEXT}ruby-text")
        if base is not None:
            self._walk(base, runs, setting, on_white)
        if reading is not None and reading.text:
            self._add(f"({reading.text})", runs, setting, on_white)


def note_mark(note: Element) -> str:
    """What is printed for a note: its label, or the number it was given."""
    citation = note.find(f"{TEXT}note-citation")
    if citation is None:
        return "*"
    return str(citation.get(f"{TEXT}label") or citation.text or "*").strip()


def _hidden(setting: _Setting) -> _Setting:
    return _Setting(look=setting.look, language=setting.language, target=setting.target, flags=(Flag.HIDDEN,))
