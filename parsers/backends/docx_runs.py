"""What stands in a paragraph of Word: runs, fields, links, tracked changes, equations, marks of what hangs on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from parsers.backends.docx_math import to_latex
from parsers.backends.docx_names import MC, Element, M, R, W, local_name, number, switch, value
from parsers.backends.docx_package import Relation
from parsers.backends.docx_styles import Styles, run_look
from parsers.backends.docx_symbols import spell_out, symbol
from parsers.backends.list_numbers import format_number
from parsers.backends.run_look import RunLook
from parsers.backends.typed_texts import Piece, field_target
from parsers.model import Flag

_HEXADECIMAL: Final = re.compile("[0-9A-Fa-f]{1,6}")
_SKIPPED: Final = frozenset(("pPr", "rPr", "sdtPr", "sdtEndPr", "customXmlPr", "smartTagPr", "dirPr", "fldData"))
_OBJECTS: Final = frozenset(("drawing", "pict", "object"))
_NOTES: Final = frozenset(("footnoteReference", "endnoteReference", "commentReference"))
_WHITE_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """Something that hangs on a place in a paragraph: a drawing, or the mark of a note or comment.

    `mark` is what is printed for a note; `leading`: no text stands before it.
    """

    element: Element
    flags: tuple[Flag, ...]
    leading: bool
    mark: str = ""


@dataclass(slots=True, kw_only=True)
class Runs:
    """What one paragraph holds, in its order. `bold`: all of its visible text is."""

    pieces: list[Piece] = field(default_factory=list)
    anchored: list[Anchored] = field(default_factory=list)
    bold: bool = True

    def has_text(self) -> bool:
        return any(piece.text.strip() and not piece.flags for piece in self.pieces)


@dataclass(slots=True, kw_only=True)
class _Field:
    instruction: str = ""
    in_result: bool = False
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What holds where a run stands: the look of its paragraph, a link around it, a deletion around it."""

    look: RunLook
    on_white: bool
    target: str = ""
    deleted: bool = False

    def within(self, *, target: str = "", deleted: bool = False) -> _Setting:
        return _Setting(
            look=self.look,
            on_white=self.on_white,
            target=target or self.target,
            deleted=deleted or self.deleted,
        )


class NoteMarks:
    """Counts notes as Word prints them: footnotes and endnotes each from 1, in the number format of the settings."""

    def __init__(self, settings: Element | None) -> None:
        self._counts = {"footnoteReference": 0, "endnoteReference": 0}
        self._formats = {
            "footnoteReference": value(settings, "footnotePr", "numFmt") or "decimal",
            "endnoteReference": value(settings, "endnotePr", "numFmt") or "lowerRoman",
        }

    def next(self, reference: Element) -> str:
        """The mark of a note; "" where the text after it is its mark."""
        name = local_name(reference)
        if name not in self._counts or reference.get(f"{W}customMarkFollows") in ("1", "true", "on"):
            return ""
        self._counts[name] += 1
        return format_number(self._counts[name], self._formats[name])


class RunReader:
    """Reads paragraphs of one part in order: fields run on from one paragraph to the next."""

    def __init__(
        self, styles: Styles, relations: Mapping[str, Relation], marks: NoteMarks, languages: Counter[str]
    ) -> None:
        self._styles = styles
        self._relations = relations
        self._marks = marks
        self._fields: list[_Field] = []
        self._languages = languages

    def read(self, paragraph: Element, look: RunLook, *, on_white: bool) -> Runs:
        """The contents of a paragraph whose style gives its runs `look`."""
        runs = Runs()
        self._walk(paragraph, runs, _Setting(look=look, on_white=on_white))
        return runs

    def _walk(self, parent: Element, runs: Runs, setting: _Setting) -> None:
        for child in parent:
            name = local_name(child)
            if name == "r" and child.tag == f"{W}r":
                self._run(child, runs, setting)
            elif name == "oMath":
                runs.pieces.append(self._formula(child, setting))
            elif name == "oMathPara":
                for equation in child.iter(f"{M}oMath"):
                    runs.pieces += [Piece(text="\n"), self._formula(equation, setting), Piece(text="\n")]
            elif name == "hyperlink":
                self._walk(child, runs, setting.within(target=self._target(child)))
            elif name == "fldSimple":
                self._walk(child, runs, setting.within(target=field_target(child.get(f"{W}instr", ""))))
            elif name in ("del", "moveFrom"):
                self._walk(child, runs, setting.within(deleted=True))
            elif name == "AlternateContent":
                self._alternatives(child, runs, setting)
            elif name not in _SKIPPED:
                self._walk(child, runs, setting)

    def _run(self, run: Element, runs: Runs, setting: _Setting) -> None:
        properties = run.find(f"{W}rPr")
        look = setting.look
        if properties is not None:
            look = run_look(properties).over(self._styles.look(value(properties, "rStyle"))).over(look)
        flags = (Flag.DELETED,) if setting.deleted else look.flags(on_white=setting.on_white)
        before = len(runs.pieces)
        self._contents(run, runs, setting, look, flags)
        written = [piece for piece in runs.pieces[before:] if piece.text.strip()]
        if written and not flags:
            runs.bold = runs.bold and bool(look.bold)
            language = value(properties, "lang") or self._styles.language
            self._languages[language or ""] += sum(len(piece.text) for piece in written)

    def _contents(self, run: Element, runs: Runs, setting: _Setting, look: RunLook, flags: tuple[Flag, ...]) -> None:
        for child in run:
            name = local_name(child)
            if name == "fldChar":
                self._field_mark(child, runs, flags)
            elif name == "instrText":
                if self._fields:
                    self._fields[-1].instruction += child.text or ""
            elif name == "AlternateContent":
                self._alternatives(child, runs, setting)
            elif name == "ruby":
                self._ruby(child, runs, setting)
            elif not self._shown():
                continue
            elif name in _OBJECTS or name in _NOTES:
                self._anchor(child, runs, flags)
            else:
                text = _text(child, name, look)
                if text:
                    target = setting.target or next((item.target for item in self._fields if item.target), "")
                    runs.pieces.append(Piece(text=text, target=target, flags=flags))

    def _anchor(self, element: Element, runs: Runs, flags: tuple[Flag, ...]) -> None:
        mark = self._marks.next(element)
        if mark:
            runs.pieces.append(Piece(text=f"[{mark}]", flags=flags))
        runs.anchored.append(Anchored(element=element, flags=flags, leading=not runs.has_text(), mark=mark))

    def _alternatives(self, element: Element, runs: Runs, setting: _Setting) -> None:
        """The same thing in several forms: the first that holds something is read, and the others are not."""
        for form in element:
            if form.tag not in (f"{MC}Choice", f"{MC}Fallback"):
                continue
            before = len(runs.pieces) + len(runs.anchored)
            self._contents(form, runs, setting, setting.look, (Flag.DELETED,) if setting.deleted else ())
            self._walk_runs_in(form, runs, setting)
            if len(runs.pieces) + len(runs.anchored) > before:
                return

    def _walk_runs_in(self, form: Element, runs: Runs, setting: _Setting) -> None:
        """Around whole runs alternatives hold runs, not what stands in one."""
        if form.find(f"{W}r") is not None or form.find(f"{M}oMath") is not None:
            self._walk(form, runs, setting)

    def _ruby(self, element: Element, runs: Runs, setting: _Setting) -> None:
        """The text, then how it is read in brackets, as where the small letters above cannot be set."""
        base, reading = element.find(f"{W}rubyBase"), element.find(f"{W}rt")
        if base is not None:
            self._walk(base, runs, setting)
        if reading is not None:
            runs.pieces.append(Piece(text="("))
            self._walk(reading, runs, setting)
            runs.pieces.append(Piece(text=")"))

    def _formula(self, element: Element, setting: _Setting) -> Piece:
        flags = (Flag.DELETED,) if setting.deleted else ()
        return Piece(text=" ".join(to_latex(element).split()), flags=flags, formula=True)

    def _field_mark(self, element: Element, runs: Runs, flags: tuple[Flag, ...]) -> None:
        kind = element.get(f"{W}fldCharType")
        if kind == "begin":
            self._fields.append(_Field())
            shown = _form_field(element)
            if shown:
                runs.pieces.append(Piece(text=shown, flags=flags))
        elif kind == "separate" and self._fields:
            self._fields[-1].in_result = True
            self._fields[-1].target = field_target(self._fields[-1].instruction)
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _shown(self) -> bool:
        return all(item.in_result for item in self._fields)

    def _target(self, hyperlink: Element) -> str:
        relation = self._relations.get(hyperlink.get(f"{R}id", ""))
        anchor = hyperlink.get(f"{W}anchor", "")
        address = relation.target if relation is not None and relation.external else ""
        return address + (f"#{anchor}" if anchor else "")


def _text(element: Element, name: str, look: RunLook) -> str:
    """What a child of a run stands for in text; "" where it is nothing that is read."""
    if name in ("t", "delText"):
        text = element.text or ""
        return spell_out(look.font, text if element.get(_WHITE_SPACE) == "preserve" else text.strip(" \t\r\n"))
    if name == "sym":
        stored = element.get(f"{W}char", "")
        code = int(stored, 16) if _HEXADECIMAL.fullmatch(stored) else 0
        return symbol(element.get(f"{W}font"), code) or (chr(code) if 0x20 <= code < 0xD800 else "")
    return {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}.get(name, "")


def _form_field(element: Element) -> str:
    """What a form's box or list shows: its state is stored beside the field, which has no result."""
    data = element.find(f"{W}ffData")
    if data is None:
        return ""
    box, choices = data.find(f"{W}checkBox"), data.find(f"{W}ddList")
    if box is not None:
        state = switch(box, "checked")
        return "☒" if (switch(box, "default") if state is None else state) else "☐"
    if choices is not None:
        entries = [entry.get(f"{W}val", "") for entry in choices.findall(f"{W}listEntry")]
        chosen = number(value(choices, "result"))
        return entries[chosen] if 0 <= chosen < len(entries) else ""
    return ""
