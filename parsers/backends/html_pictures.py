"""Pictures of a page: what it says they show, and the bytes of those that lie in the file. Nothing is fetched."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping

from parsers.model import Derivation
from parsers.plain_text import clean_text
from parsers.reading import FigureReading, ImageReading

_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[\w.+-]*)*)(;base64)?,", re.I)
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_TINY = 8  # pixels: a spacer or a tracking dot
LARGEST_PICTURE = 32 * 1024**2


def picture_of(
    attributes: Mapping[str, str], find_image: Callable[[str], bytes | None], derivation: Derivation
) -> FigureReading | None:
    """The picture of an `img`: its text and its bytes where they are at hand. None where there is neither."""
    alt = clean_text(attributes.get("alt") or attributes.get("title") or "")
    source = attributes.get("src") or attributes.get("xlink:href") or attributes.get("href") or ""
    data = data_of_uri(source) if source[:5].lower() == "data:" else find_image(source)
    image = _read_image(data) if data else None
    if image is not None and (image.width < _TINY or image.height < _TINY):
        image = None
    if not alt and image is None:
        return None
    return FigureReading(bbox=None, derivation=derivation, alt=alt, image=image)


def data_of_uri(uri: str) -> bytes | None:
    """The bytes of a `data:` URI (RFC 2397); None when they cannot be decoded."""
    match = _DATA_URI.match(uri)
    if match is None or len(uri) > 2 * LARGEST_PICTURE:
        return None
    content = _unescape(uri[match.end() :])
    if match[3] is None:
        return content
    try:
        return base64.b64decode(b"".join(content.split()), validate=False)
    except (binascii.Error, ValueError):
        return None


def percent_decoded(reference: str) -> str:
    """`a%20b` → `a b`, as UTF-8; what is none becomes U+FFFD."""
    return _unescape(reference).decode("utf-8", errors="replace")


def _unescape(text: str) -> bytes:
    return _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), text.encode("utf-8", errors="replace"))


def _read_image(data: bytes) -> ImageReading | None:
    from parsers.backends.pictures import picture  # noqa: PLC0415  (50 ms that pages without pictures need not pay)

    return picture(data) if len(data) <= LARGEST_PICTURE else None
