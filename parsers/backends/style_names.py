"""What word processors call their own styles, and so what paragraphs of such a style are."""

from __future__ import annotations

import re
from typing import Final

from parsers.model import ElementKind

# Word stores the names of its own styles in English whatever its language is; other programs write them translated.
_HEADING_NAME: Final = re.compile(
    r"(?:heading|überschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|címsor|başlık"
    r"|заголовок|επικεφαλίδα|标题|標題|見出し|제목) ?([1-9])"
)
_CAPTION_NAMES: Final = frozenset(("caption", "table caption", "image caption", "figure caption"))
_CODE_NAME: Final = re.compile(
    r"code|source code|code block|html preformatted|html code|macro text|preformatted text|verbatim|listing"
)


def kind_by_name(name: str) -> tuple[ElementKind, int | None] | None:
    """The kind and level of paragraphs of a style, by its name in small letters; None for a style of another name.

    >>> kind_by_name("heading 2")
    (<ElementKind.HEADING: 'heading'>, 2)
    """
    if name == "title":
        return ElementKind.TITLE, 0
    if heading := _HEADING_NAME.fullmatch(name):
        return ElementKind.HEADING, int(heading[1])
    if name == "subtitle":
        return ElementKind.HEADING, 1
    if name in _CAPTION_NAMES:
        return ElementKind.CAPTION, None
    if _CODE_NAME.fullmatch(name):
        return ElementKind.CODE, None
    return None
