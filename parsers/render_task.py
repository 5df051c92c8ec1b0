"""What a render worker is asked: apart from the drawing itself, so that callers do not load a PDF library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from parsers.model import Box

RENDER_PAGE: Final = "render_page"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderArguments:
    """Draw page `page` of the file at `path`; see `parsers.rasterize.rasterize_page`."""

    path: str
    media_type: str
    page: int
    boxes: tuple[Box, ...]
    clip: Box | None
    dpi: int
    pixels: int
    password: str | None
