"""A document with everything inside it: attachments and members are parsed like documents of their own, and theirs too.

Each child is parsed apart, in processes of its own; one that cannot be read costs only itself. How deep this goes, how
many files there are and how large they are together is bounded for the whole tree, since small archives can hold each
other many times over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from parsers.detection import require_supported
from parsers.errors import LimitExceeded, ParseCancelled, ParseError
from parsers.model import Child, ImageReference, ParseOutcome
from parsers.policy import ParseOptions

OnProgress = Callable[[str, int, int], None]
"""Name of the file that is read (with those that it lies in), pages done, pages in all."""

INSIDE: Final = "!/"
"""Between a file and one inside it, as in JAR URLs: `mails.zip!/offer.eml!/prices.xlsx`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLimits:
    """What the files inside a file may be, all together.

    depth  how many files deep: 1 is an attachment, 2 an attachment of an attached mail
    files  how many
    bytes  how large, unpacked
    """

    depth: int = 4
    files: int = 2_000
    bytes: int = 2 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedChild:
    """A file inside a file: its own tree, or why there is none."""

    child: Child
    tree: ParseTree | None = None
    error: ParseError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseTree:
    """A parse, and those of the document's children in their order; none were read where `children` is None."""

    outcome: ParseOutcome
    children: tuple[ParsedChild, ...] | None = None


class Parser(Protocol):
    """What parses one file: `parsers.isolation.IsolatedParser`."""

    def parse(
        self,
        path: Path,
        *,
        sha256: str,
        media_type: str,
        options: ParseOptions,
        on_progress: Callable[[int, int], None] | None = None,
        on_child: Callable[[Child, bytes], None] | None = None,
        on_image: Callable[[ImageReference, bytes], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> ParseOutcome: ...


def parse_tree(
    parser: Parser,
    path: Path,
    *,
    name: str,
    sha256: str,
    media_type: str,
    options: ParseOptions,
    scratch: Path | None,
    limits: TreeLimits | None = None,
    on_progress: OnProgress | None = None,
    on_image: Callable[[ImageReference, bytes], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ParseTree:
    """Parse a file and the files inside it, which lie in the folder `scratch` meanwhile; without it they are listed.

    Pictures go to `on_image`, or nowhere. Raises a `ParseError` when the file itself cannot be parsed, and
    `ParseCancelled` when `should_stop` said so at any point.
    """
    reading = _TreeReading(parser, options, scratch, limits or TreeLimits(), on_progress, on_image, should_stop)
    return reading.parse(path, name, sha256, media_type, ())


class _TreeReading:
    """What is left of the limits, and what was read already: the same bytes are parsed once."""

    def __init__(
        self,
        parser: Parser,
        options: ParseOptions,
        scratch: Path | None,
        limits: TreeLimits,
        on_progress: OnProgress | None,
        on_image: Callable[[ImageReference, bytes], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self._parser = parser
        self._options = options
        self._scratch = scratch
        self._limits = limits
        self._on_progress = on_progress
        self._on_image = on_image
        self._should_stop = should_stop
        self._files = 0
        self._bytes = 0
        self._known: dict[tuple[str, str, int], ParseTree | ParseError] = {}

    def parse(self, path: Path, name: str, sha256: str, media_type: str, above: tuple[str, ...]) -> ParseTree:
        """`above` are the hashes of the files that this one lies in, outermost first."""
        kept: dict[str, Path] = {}
        errors: dict[int, ParseError] = {}
        seen = 0

        def keep(folder: Path, child: Child, data: bytes) -> None:
            nonlocal seen
            try:
                self._admit(child, (*above, sha256))
            except ParseError as error:
                errors[seen] = error
            else:
                if child.sha256 not in kept:
                    kept[child.sha256] = folder / f"{len(above)}-{child.sha256}"
                    kept[child.sha256].write_bytes(data)
            seen += 1

        progress = self._on_progress
        try:
            outcome = self._parser.parse(
                path,
                sha256=sha256,
                media_type=media_type,
                options=self._options,
                on_progress=None if progress is None else lambda done, total: progress(name, done, total),
                on_child=None if self._scratch is None else partial(keep, self._scratch),
                on_image=self._on_image or _leave,
                should_stop=self._should_stop,
            )
            if self._scratch is None:
                return ParseTree(outcome=outcome)
            children = [
                self._child(child, errors.get(index), kept, name, (*above, sha256))
                for index, child in enumerate(outcome.document.children)
            ]
        finally:
            for file in kept.values():
                file.unlink(missing_ok=True)
        return ParseTree(outcome=outcome, children=tuple(children))

    def _admit(self, child: Child, above: tuple[str, ...]) -> None:
        """Count a child in, or say why it is not read. What no parser reads takes nothing of what is left."""
        require_supported(child.media_type)
        if child.sha256 in above:
            raise LimitExceeded("The file contains itself.")
        if len(above) > self._limits.depth:
            raise LimitExceeded(f"The file lies more than {self._limits.depth} files deep.")
        if self._files >= self._limits.files:
            raise LimitExceeded(f"There are more than {self._limits.files:,} files inside the file.")
        if self._bytes + child.size > self._limits.bytes:
            allowed = self._limits.bytes // 1024**2
            raise LimitExceeded(f"The files inside the file are together larger than {allowed:,} MiB.")
        self._files += 1
        self._bytes += child.size

    def _child(
        self, child: Child, error: ParseError | None, kept: dict[str, Path], parent: str, above: tuple[str, ...]
    ) -> ParsedChild:
        if error is not None:
            return ParsedChild(child=child, error=error)
        key = (child.sha256, child.media_type, len(above))
        if key not in self._known:
            try:
                self._known[key] = self.parse(
                    kept[child.sha256], f"{parent}{INSIDE}{child.name}", child.sha256, child.media_type, above
                )
            except ParseCancelled:
                raise
            except ParseError as failed:
                self._known[key] = failed
        known = self._known[key]
        if isinstance(known, ParseError):
            return ParsedChild(child=child, error=known)
        return ParsedChild(child=child, tree=known)


def _leave(image: ImageReference, data: bytes) -> None:
    """Pictures are of no use to the caller."""
