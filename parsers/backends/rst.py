"""reStructuredText: rendered by docutils with everything that reads files switched off, and read as HTML.

Directives and roles that docutils does not know (those of Sphinx, mostly) are read for the text they hold: docutils
itself would put an error message in their place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from docutils import __version__ as docutils_version
from docutils import nodes
from docutils.core import publish_doctree, publish_from_doctree
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.directives.body import CodeBlock
from docutils.parsers.rst.languages import en
from docutils.utils import SystemMessage

from parsers.backends.base import TypedDocument, one_page
from parsers.backends.html import blocks_of_html, title_of, with_title
from parsers.backends.plain import blocks_of_text
from parsers.backends.text_bytes import decode_text
from parsers.model import Derivation, ElementKind, Finding
from parsers.policy import ParseOptions
from parsers.reading import Block

DERIVATION = Derivation(
    extractor="docutils", version=docutils_version, confidence=1.0, reason="The markup says what everything is."
)
_SETTINGS = {
    "_disable_config": True,
    "embed_stylesheet": False,
    "file_insertion_enabled": False,
    "halt_level": 5,
    "line_length_limit": 10**9,
    "math_output": "LaTeX",
    "output_encoding": "unicode",
    "raw_enabled": False,
    "report_level": 3,
    "smart_quotes": False,
    "stylesheet": None,
    "stylesheet_path": None,
    "syntax_highlight": "none",
    "warning_stream": False,
}
_DIRECTIVE = re.compile(r"^[ \t]*\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([\w][\w:+.-]*)::", re.M)
_ROLE = re.compile(r":([\w][\w:+.-]*):`")
_LABELLED = re.compile(r"(.+?)\s*<[^<>]*>", re.S)
_UNREADABLE = "The text is no reStructuredText that can be read; it was read as plain text."


def open_document(path: Path, options: ParseOptions) -> TypedDocument:  # noqa: ARG001  (nothing to choose here)
    """Open a text as one page without geometry. Raises `LimitExceeded` above 128 MiB."""
    text = decode_text(path.read_bytes())
    _learn_unknown_names(text)
    try:
        tree = publish_doctree(text, settings_overrides=_SETTINGS)
        _keep_what_was_refused(tree)
        html = publish_from_doctree(tree, writer="html5", settings_overrides=_SETTINGS)
    except (SystemMessage, RecursionError, ValueError, AttributeError, AssertionError):
        # docutils is a program for its users' own files; it raises all of these on hostile ones.
        finding = Finding(page=None, code="read_as_plain_text", message=_UNREADABLE)
        return one_page(blocks_of_text(text), DERIVATION, findings=(finding,))
    blocks = with_title(_from_level_one(blocks_of_html(html, derivation=DERIVATION).blocks))
    return one_page(blocks, DERIVATION, title=title_of(blocks))


def _from_level_one(blocks: Sequence[Block]) -> list[Block]:
    """The writer keeps the first level for a title, where there is one."""
    headings = [block.typed for block in blocks if block.typed is not None and block.typed.kind is ElementKind.HEADING]
    above = min((typed.level for typed in headings if typed.level is not None), default=1) - 1
    return [
        replace(block, typed=replace(typed, level=typed.level - above))
        if (typed := block.typed) is not None and typed.kind is ElementKind.HEADING and typed.level is not None
        else block
        for block in blocks
    ]


def _keep_what_was_refused(tree: nodes.document) -> None:
    """Put the source of a directive in the place of the message that says why it could not be carried out.

    Only what would read another file or write markup of its own is left out with its message.
    """
    for message in list(tree.findall(nodes.system_message)):
        blocks = [child for child in message.children if isinstance(child, nodes.literal_block)]
        source = [block for block in blocks if block.astext().lstrip().startswith("..")]
        if message.parent is not None:
            message.parent.replace(message, source)
    tree.parse_messages.clear()
    tree.transform_messages.clear()


class _AnyOption(dict[str, Any]):
    """Options of which some are known: the others are taken as they are."""

    def __missing__(self, name: str) -> Any:
        return directives.unchanged


class _AnyCode(CodeBlock):
    """A block of code with the options of Sphinx (line numbers, a caption), which docutils would refuse."""

    option_spec: ClassVar[Any] = _AnyOption(CodeBlock.option_spec or {})


class _UnknownDirective(Directive):
    """What a directive of another program holds: its arguments as a line, its content as text."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _AnyOption(name=directives.unchanged)

    def run(self) -> list[nodes.Node]:
        container = nodes.container()
        if self.arguments:
            container += nodes.paragraph("", self.arguments[0])
        self.state.nested_parse(self.content, self.content_offset, container)
        return list(container.children)


def _unknown_role(*arguments: Any, **_: Any) -> tuple[list[Any], list[Any]]:
    """The text of a role of another program: `label <target>` is shown as its label, `~package.name` in full.

    docutils calls it with name, raw text, text, line number, inliner, options and content.
    """
    rawtext, text = arguments[1], arguments[2]
    labelled = _LABELLED.fullmatch(text)
    shown = labelled[1] if labelled is not None else text.lstrip("~!")
    return [nodes.inline(rawtext, shown)], []


def _learn_unknown_names(text: str) -> None:
    for name in sorted({match[1].lower() for match in _DIRECTIVE.finditer(text)} - set(en.directives)):
        directives.register_directive(name, _UnknownDirective)
    for name in ("code", "code-block", "sourcecode"):
        directives.register_directive(name, _AnyCode)
    # docutils would print today's date, and the same bytes would be another Document tomorrow.
    directives.register_directive("date", _UnknownDirective)
    for name in sorted({match[1].lower() for match in _ROLE.finditer(text)} - set(en.roles)):
        roles.register_local_role(name, _unknown_role)
