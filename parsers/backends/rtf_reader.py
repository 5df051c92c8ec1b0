"""Reads the groups and control words of an RTF file into stories."""

from __future__ import annotations

import locale
from collections import Counter
from typing import Final

from parsers.backends.docx_symbols import symbol
from parsers.backends.pictures import picture
from parsers.backends.rtf_definitions import Definitions
from parsers.backends.rtf_state import Field, Goal, Paragraph, State
from parsers.backends.rtf_story import Story
from parsers.backends.rtf_tables import RowPlan
from parsers.backends.rtf_tokens import Kind, Token, code_page, decode, tokenize
from parsers.backends.typed_texts import Piece, in_running_text, join_texts
from parsers.errors import LimitExceeded
from parsers.model import Derivation, ElementKind, Role
from parsers.plain_text import clean_text
from parsers.reading import Block, FigureReading

_DEEPEST_GROUP: Final = 2_000
_TINY: Final = 8
_MOST_PICTURE_DIGITS: Final = 2 * 32 * 1024**2

_HEADERS: Final = frozenset(("header", "headerl", "headerr", "headerf"))
_FOOTERS: Final = frozenset(("footer", "footerl", "footerr", "footerf"))
_STORIES: Final = _HEADERS | _FOOTERS | {"footnote", "annotation", "shptxt"}
_GOALS: Final = {
    "fonttbl": Goal.FONT, "colortbl": Goal.COLOR, "stylesheet": Goal.STYLE, "listtext": Goal.MARK, "pntext": Goal.MARK,
    "fldinst": Goal.INSTRUCTION, "title": Goal.TITLE, "atnauthor": Goal.AUTHOR, "pict": Goal.PICTURE,
}  # fmt: skip
# Groups that hold no text of the document though they lack the mark `\*` of groups to be passed over.
_SILENT: Final = frozenset(
    ("info", "nonshppict", "nonesttables", "sp", "sn", "sv", "listtable", "listoverridetable", "revtbl", "rsidtbl",
     "objdata", "objclass", "filetbl", "xe", "tc", "txe", "rxe", "bkmkstart", "bkmkend", "mmathPr", "datafield",
     "formfield", "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "pnseclvl", "themedata", "private",
     "footnotesep", "macpict", "falt", "panose", "do", "atnref", "atnid", "atndate", "atntime", "atnicn", "template")
)  # fmt: skip
# Groups with that mark which are read all the same.
_KNOWN: Final = frozenset(
    ("fldinst", "annotation", "atnauthor", "shppict", "shpinst", "nesttableprops", "ud", "shptxt", "cs", "ts", "ds",
     "listtext", "pntext", "moMath", "moMathPara")
)  # fmt: skip
_CHARACTERS: Final = {
    "tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip


class RtfReader:
    """Reads one file; afterwards its `blocks`, `title`, `language`. Every group is closed at the end of the file."""

    def __init__(self, derivation: Derivation) -> None:
        self._derivation = derivation
        self._state = State()
        self._states: list[State] = []
        self._definitions = Definitions()
        self._default_font: int | None = None
        self._codec = "cp1252"
        self._story = Story(self._definitions.styles, derivation)
        self._outer: list[tuple[str, Story, str]] = []  # name of a story's group, the story around it, its note's mark
        self._plan = RowPlan()
        self._bytes: list[str] = []
        self._to_skip = 0
        self._starred = False
        self._opening = False  # directly after the brace that opens a group
        self._notes = 0
        self._mark = ""
        self._author = ""
        self._title = ""
        self._picture: list[str] = []
        self._languages: Counter[int] = Counter()
        self._running: dict[ElementKind, dict[str, Block]] = {ElementKind.HEADER: {}, ElementKind.FOOTER: {}}
        self.blocks: list[Block] = []

    def read(self, data: bytes) -> None:
        """Read the whole file. Raises `LimitExceeded`."""
        for token in tokenize(data):
            self._take(token)
        while self._states:
            self._end_group()
        self._flush()
        body = self._story.finish(self._state.paragraph)
        headers, footers = (list(found.values()) for found in self._running.values())
        self.blocks = [*headers, *body, *footers]

    @property
    def title(self) -> str | None:
        return clean_text(self._title) or None

    @property
    def language(self) -> str | None:
        """The language that most of the text is marked with."""
        if not self._languages:
            return None
        most = max(self._languages.items(), key=lambda item: (item[1], item[0]))[0]
        name = locale.windows_locale.get(most)
        return name.replace("_", "-") if name else None

    def _take(self, token: Token) -> None:
        kind, opening = token.kind, self._opening
        self._opening = False
        if kind is Kind.TEXT:
            self._text(token.text)
        elif kind is Kind.BYTE:
            self._byte(token.text)
        elif kind is Kind.BEGIN:
            self._begin_group()
        elif kind is Kind.END:
            self._end_group()
        elif kind is Kind.SYMBOL:
            self._symbol(token.text)
            self._opening = opening and token.text == "*"
        else:
            self._word(token.text, token.number, opening=opening)

    def _begin_group(self) -> None:
        self._flush()
        if len(self._states) >= _DEEPEST_GROUP:
            raise LimitExceeded("The file's groups are nested too deeply to be read.")
        self._states.append(self._state)
        self._state = self._state.inherit()
        self._opening, self._starred, self._to_skip = True, False, 0

    def _end_group(self) -> None:
        self._flush()
        self._to_skip = 0
        if not self._states:
            return
        ended, self._state = self._state, self._states.pop()
        if ended.goal is Goal.STYLE:
            self._definitions.end_style()
        if ended.goal is Goal.PICTURE and self._state.goal is not Goal.PICTURE:
            self._end_picture()
        if ended.opens_story:
            self._end_story(ended.paragraph)

    # Text

    def _text(self, text: str) -> None:
        if self._to_skip:
            skipped = min(self._to_skip, len(text))
            self._to_skip -= skipped
            text = text[skipped:]
        if text:
            self._bytes.append(text)

    def _byte(self, character: str) -> None:
        if self._to_skip:
            self._to_skip -= 1
        else:
            self._bytes.append(character)

    def _symbol(self, text: str) -> None:
        if text == "*":
            self._starred = True
        elif text in "\\{}":
            self._text(text)
        elif text == "~":
            self._write("\u00a0")
        elif text == "_":
            self._write("-")
        elif text in "\r\n":
            self._end_paragraph()

    def _flush(self) -> None:
        """Turn the bytes since the last flush into text: an encoding may use several for one character."""
        if not self._bytes:
            return
        raw = "".join(self._bytes)
        self._bytes = []
        goal = self._state.goal
        if goal is Goal.NOWHERE:
            return
        if goal is Goal.PICTURE:
            self._picture.append(raw)
            return
        font = self._definitions.font(self._state.font)
        if font.symbols and goal in (Goal.BODY, Goal.MARK):
            self._write("".join(symbol(font.name, ord(character)) or character for character in raw))
        else:
            self._write(decode(raw, font.codec or self._codec))

    def _write(self, text: str) -> None:
        """Append text where text goes to now."""
        self._flush()
        goal, state = self._state.goal, self._state
        if goal is Goal.BODY:
            if state.around is not None and not state.in_result:
                return
            flags = state.flags(self._definitions.colors, on_white=not state.paragraph.depth and not self._outer)
            target = state.around.target if state.around is not None else ""
            self._story.pieces.append(Piece(text=text, target=target, flags=flags))
            if text.strip() and not flags:
                self._story.bold = self._story.bold and state.bold
                if state.language is not None:
                    self._languages[state.language] += len(text)
        elif goal is Goal.MARK:
            self._story.mark += text
        elif goal is Goal.INSTRUCTION and state.around is not None:
            state.around.instruction += text
        elif goal is Goal.TITLE:
            self._title += text
        elif goal is Goal.AUTHOR:
            self._author += text
        else:
            self._definitions.text(goal, text)

    # Control words

    def _word(self, word: str, number: int | None, *, opening: bool) -> None:
        if word == "u" and number is not None:
            self._unicode(number)
            return
        self._flush()
        self._to_skip = 0
        if opening and self._destination(word):
            return
        if word in _CHARACTERS:
            self._write(_CHARACTERS[word])
        elif self._state.goal in (Goal.FONT, Goal.COLOR, Goal.STYLE):
            self._definitions.word(self._state.goal, word, number or 0)
        elif not (self._structure(word) or self._row_word(word, number or 0)):
            self._property(word, number)

    def _unicode(self, number: int) -> None:
        self._flush()
        self._to_skip = 0
        code = number + 0x10000 if number < 0 else number
        if 0xD800 <= code < 0xE000:
            # Half of a pair: kept aside in the text as it is, and joined with the other half.
            self._write(chr(code))
            self._join_surrogates()
        elif 0xF000 <= code <= 0xF0FF:
            self._write(symbol(self._definitions.font(self._state.font).name, code) or chr(code))
        elif 0 <= code <= 0x10FFFF:
            self._write(chr(code))
        self._to_skip = self._state.skip

    def _join_surrogates(self) -> None:
        pieces = self._story.pieces
        if len(pieces) < 2 or self._state.goal is not Goal.BODY:
            return
        first, second = pieces[-2].text, pieces[-1].text
        if "\ud800" <= first[-1:] < "\udc00" and "\udc00" <= second[:1] < "\ue000":
            pair = (first[-1] + second[0]).encode("utf-16", "surrogatepass").decode("utf-16")
            last = pieces.pop()
            before = pieces.pop()
            pieces.append(Piece(text=first[:-1] + pair, target=before.target, flags=last.flags))

    def _destination(self, word: str) -> bool:
        """The first word of a group may say where its text goes to. True: that was all it says."""
        starred, self._starred = self._starred, False
        state = self._state
        if state.goal is Goal.NOWHERE and word not in ("title", "ud"):
            return True
        if word in _STORIES:
            self._begin_story(word)
        elif word in _GOALS and (word != "title" or state.goal is Goal.NOWHERE):  # a title stands in \info
            state.goal = _GOALS[word]
        elif word == "field":
            state.around, state.in_result = Field(), False
        elif word == "fldrslt":
            state.in_result = True
        elif word == "upr":
            state.goal = Goal.NOWHERE  # what follows is once in a code page, and again, after \ud, in Unicode
        elif word == "ud":
            state.goal = self._states[-2].goal if len(self._states) > 1 else Goal.BODY
        elif word in _SILENT or (starred and word not in _KNOWN):
            state.goal = Goal.NOWHERE
        else:
            return False
        return True

    def _structure(self, word: str) -> bool:
        state = self._state
        if state.goal is not Goal.BODY:
            return False
        if word in ("par", "sect"):
            self._end_paragraph()
        elif word == "pard":
            state.paragraph = Paragraph()
        elif word == "cell":
            self._story.end_cell(_copy(state.paragraph), 1)
        elif word == "nestcell":
            self._story.end_cell(_copy(state.paragraph), max(state.paragraph.depth, 2))
        elif word == "row":
            self._story.end_row(self._plan, 1)
        elif word == "nestrow":
            self._story.end_row(self._plan, max(state.paragraph.depth, 2))
        elif word in ("chftn", "chatn"):
            self._note_mark(word)
        else:
            return False
        return True

    def _end_paragraph(self) -> None:
        self._flush()
        if self._state.goal is Goal.BODY:
            self._story.end_paragraph(self._state.paragraph)

    def _note_mark(self, word: str) -> None:
        """A number that is counted. Inside the note it is left out: it is put there when the note ends."""
        if word == "chftn" and not self._outer:
            self._notes += 1
            self._mark = f"[{self._notes}]"
            self._write(self._mark)

    def _row_word(self, word: str, number: int) -> bool:
        plan = self._plan
        if word == "trowd":
            self._plan = RowPlan()
        elif word == "trleft":
            plan.left = number
        elif word == "trhdr":
            plan.header = True
        elif word == "cellx":
            plan.end_cell(number)
        elif word == "clmrg":
            plan.merged_left = True
        elif word == "clvmrg":
            plan.merged_up = True
        else:
            return False
        return True

    def _property(self, word: str, number: int | None) -> None:
        state, paragraph = self._state, self._state.paragraph
        on = number != 0
        value = number or 0
        if word == "b":
            state.bold = on
        elif word == "v":
            state.hidden = on
        elif word == "deleted":
            state.deleted = on
        elif word == "plain":
            state.plain(self._default_font)
        elif word == "f":
            state.font = value
        elif word == "fs":
            state.half_points = value
        elif word == "cf":
            state.color = value
        elif word in ("highlight", "cb", "chcbpat"):
            state.shaded = value > 0
        elif word == "lang":
            state.language = value
        elif word == "uc":
            state.skip = max(value, 0)
        elif word == "s":
            paragraph.style = value
        elif word == "outlinelevel":
            paragraph.outline = value
        elif word == "intbl":
            paragraph.depth = max(paragraph.depth, 1) if on else 0
        elif word == "itap":
            paragraph.depth = max(value, 0)
        elif word == "ls":
            paragraph.in_list = value > 0
        elif word == "ilvl":
            paragraph.list_level = min(max(value, 0), 8)
        elif word == "ansicpg":
            self._codec = code_page(value)
        elif word in ("mac", "pc", "pca"):
            self._codec = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word == "deff":
            self._default_font = state.font = value

    # Stories and pictures

    def _begin_story(self, name: str) -> None:
        self._outer.append((name, self._story, self._mark))
        self._story = Story(self._definitions.styles, self._derivation)
        self._mark = ""
        state = self._state
        state.opens_story, state.around, state.in_result = True, None, False
        state.paragraph = Paragraph()
        state.plain(self._default_font)

    def _end_story(self, paragraph: Paragraph) -> None:
        blocks = self._story.finish(paragraph)
        name, self._story, mark = self._outer.pop()
        if name == "shptxt":
            self._story.hanging += blocks
            return
        texts = [block.typed for block in blocks if block.typed is not None and in_running_text(block)]
        if name in _HEADERS or name in _FOOTERS:
            kind = ElementKind.HEADER if name in _HEADERS else ElementKind.FOOTER
            if texts:
                joined = join_texts(texts, kind=kind, derivation=self._derivation)
                self._running[kind].setdefault(joined.text, Block(typed=joined))
            return
        kind, role, prefix = ElementKind.FOOTNOTE, None, f"{mark} " if mark else ""
        if name == "annotation":
            author, self._author = clean_text(self._author), ""
            kind, role, prefix = ElementKind.PARAGRAPH, Role.COMMENT, f"{author}: " if author else ""
        if texts:
            note = join_texts(texts, kind=kind, derivation=self._derivation, prefix=prefix, role=role)
            self._story.hanging.append(Block(typed=note))
        self._story.hanging += [block for block in blocks if not in_running_text(block)]

    def _end_picture(self) -> None:
        digits, self._picture = "".join(self._picture), []
        if self._state.goal is Goal.NOWHERE:
            return
        digits = "".join(digits.split())
        image = None
        if len(digits) <= _MOST_PICTURE_DIGITS:
            try:
                image = picture(bytes.fromhex(digits[: len(digits) // 2 * 2]))
            except ValueError:
                image = None
        if image is None or min(image.width, image.height) >= _TINY:
            figure = FigureReading(bbox=None, derivation=self._derivation, image=image)
            self._story.hanging.append(Block(figure=figure))


def _copy(paragraph: Paragraph) -> Paragraph:
    return Paragraph(
        style=paragraph.style,
        outline=paragraph.outline,
        depth=paragraph.depth,
        in_list=paragraph.in_list,
        list_level=paragraph.list_level,
    )
