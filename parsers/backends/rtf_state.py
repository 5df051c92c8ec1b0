"""What holds at a place of an RTF file: the look of its text, its paragraph, and where its text goes to."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from parsers.backends.run_look import RunLook
from parsers.backends.typed_texts import field_target
from parsers.model import ElementKind, Flag

_DEFAULT_HALF_POINTS: Final = 24


class Goal(Enum):
    """Where text goes to."""

    BODY = auto()
    NOWHERE = auto()
    MARK = auto()  # the number or bullet of a list's item
    INSTRUCTION = auto()  # of a field
    TITLE = auto()
    AUTHOR = auto()  # of the next comment
    FONT = auto()
    COLOR = auto()
    STYLE = auto()
    PICTURE = auto()


@dataclass(slots=True, kw_only=True)
class Field:
    """A field, whose result links to where its instruction says."""

    instruction: str = ""

    @property
    def target(self) -> str:
        return field_target(self.instruction)


@dataclass(slots=True, kw_only=True)
class Paragraph:
    """Properties of the paragraph: set by control words, reset by `\\pard`. `depth` counts the tables around it."""

    style: int = 0
    outline: int | None = None
    depth: int = 0
    in_list: bool = False
    list_level: int = 0


@dataclass(slots=True, kw_only=True)
class State:
    """What a group inherits, and takes back when it ends."""

    goal: Goal = Goal.BODY
    font: int | None = None
    bold: bool = False
    hidden: bool = False
    deleted: bool = False
    color: int = 0
    shaded: bool = False
    half_points: int = _DEFAULT_HALF_POINTS
    skip: int = 1  # characters after `\\u` that stand for it in readers without Unicode
    language: int | None = None
    around: Field | None = None  # the field that the text is part of
    in_result: bool = False
    opens_story: bool = False  # the group holds a note, a header, a text box
    paragraph: Paragraph = field(default_factory=Paragraph)

    def inherit(self) -> State:
        """The state of a group inside this one."""
        inner = copy.copy(self)
        inner.paragraph = copy.copy(self.paragraph)
        inner.opens_story = False
        return inner

    def plain(self, font: int | None) -> None:
        """`\\plain`: the default look."""
        self.bold = self.hidden = self.deleted = self.shaded = False
        self.color, self.half_points, self.font = 0, _DEFAULT_HALF_POINTS, font

    def flags(self, colors: list[str], *, on_white: bool) -> tuple[Flag, ...]:
        """Why a reader does not see the text."""
        if self.deleted:
            return (Flag.DELETED,)
        color = colors[self.color] if 0 <= self.color < len(colors) else ""
        look = RunLook(hidden=self.hidden, color=color, shaded=self.shaded, half_points=self.half_points)
        return look.flags(on_white=on_white)


@dataclass(frozen=True, slots=True, kw_only=True)
class RtfStyle:
    """What paragraphs of a style are. `outline`: from 0."""

    kind: ElementKind | None = None
    level: int | None = None
    outline: int | None = None
