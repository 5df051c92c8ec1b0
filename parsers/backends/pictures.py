"""Pictures as they lie in a document: their kind and size, by their own bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

from PIL import Image, UnidentifiedImageError

from parsers.reading import ImageReading

# What a browser shows and OCR reads. Drawings (EMF, WMF, SVG) have no pixels and are not among them.
_TYPES: Final[Mapping[str, str]] = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}


def picture(data: bytes) -> ImageReading | None:
    """The picture, or None where the bytes are of no such kind. Only the header is read, no pixel is unpacked."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_TYPES)) as image:
            width, height = image.size
            media_type = _TYPES.get(image.format or "", "")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return ImageReading(media_type=media_type, width=width, height=height, data=data) if media_type else None
