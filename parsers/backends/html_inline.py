"""Text as a browser flows it: white space collapsed across tags, line breaks kept, links remembered by their place."""

from __future__ import annotations

from dataclasses import dataclass, field

from parsers.plain_text import clean_word
from parsers.reading import LinkReading

_SPACE = " \t\n\r\f\v\u00a0\u2002\u2003\u2009\u202f\u3000"
_SOFT_HYPHEN = "\u00ad"  # marks a place to break a word; it is not seen unless the browser breaks there


@dataclass(slots=True)
class _OpenLink:
    target: str
    start: int | None = None


@dataclass(slots=True)
class InlineText:
    """Collects the text of one block. Links may stay open from one block to the next, as in `<a><div>…</div></a>`."""

    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _space: bool = False
    _links: list[LinkReading] = field(default_factory=list)
    _open: list[_OpenLink] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return self._length == 0

    def add(self, data: str) -> None:
        """Append characters of the source, white space collapsed."""
        words = clean_word(data.replace(_SOFT_HYPHEN, "")).split()
        if not words:
            self._space = self._space or bool(data)
            return
        if self._space or data[0] in _SPACE or data[0].isspace():
            self._write_space()
        for link in self._open:
            if link.start is None:
                link.start = self._length
        self._write(" ".join(words))
        self._space = data[-1] in _SPACE or data[-1].isspace()

    def space(self) -> None:
        """What comes next is another word."""
        self._space = True

    def break_line(self) -> None:
        """Begin a new line, if there is one to end."""
        if self._length and self._parts[-1] != "\n":
            self._write("\n")
        self._space = False

    def open_link(self, target: str) -> None:
        self._open.append(_OpenLink(target=target))

    def close_link(self) -> None:
        if self._open:
            self._keep(self._open.pop())

    def take(self) -> tuple[str, tuple[LinkReading, ...]]:
        """The text so far and its links, in the order of the text; the next block begins empty."""
        if self.empty:
            self._space = False
            return "", ()
        for link in self._open:
            self._keep(link)
        if self._parts and self._parts[-1] == "\n":
            self._parts.pop()
        text = "".join(self._parts)
        links = tuple(
            LinkReading(start=link.start, end=min(link.end, len(text)), target=link.target)
            for link in sorted(self._links, key=lambda link: (link.start, link.end))
        )
        self._parts, self._links, self._length, self._space = [], [], 0, False
        return text, links

    def _keep(self, link: _OpenLink) -> None:
        if link.start is not None and self._length > link.start:
            self._links.append(LinkReading(start=link.start, end=self._length, target=link.target))
        link.start = None

    def _write_space(self) -> None:
        if self._length and self._parts[-1] != "\n":
            self._write(" ")

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def code_text(data: str) -> str:
    """Preformatted text as it is kept: lines and indents as they are, no blank lines at its ends."""
    return "\n".join(clean_word(line).rstrip() for line in data.split("\n")).strip("\n")
