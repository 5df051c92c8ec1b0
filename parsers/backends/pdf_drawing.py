"""Drawn lines and images of a PDF page, from MuPDF's structured text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from parsers.backends.mupdf import pymupdf
from parsers.content import Ruling
from parsers.model import Box

_VECTOR_BLOCK = 3
_IMAGE_BLOCK = 1
_WHITE = 0xFFFFFF
# A path thinner than this is a line; what is shorter than the length is a tick, a dot or part of a glyph.
_LINE_THICKNESS = 3.0
_LINE_LENGTH = 4.0
# A page of a map or a chart can have a hundred thousand paths; no table has this many lines.
_MOST_RULINGS = 4_000


def rulings_of(blocks: Sequence[dict[str, Any]], width: float, height: float) -> tuple[Ruling, ...]:
    """The axis-aligned lines among the page's vectors, each once, sorted from top to bottom; at most 4,000."""
    found: set[Ruling] = set()
    for block in blocks:
        if block["type"] != _VECTOR_BLOCK:
            continue
        found.update(_rulings_of_path(block, width, height))
        if len(found) > _MOST_RULINGS:
            break
    return tuple(sorted(found, key=lambda line: (line.y0, line.x0, line.y1, line.x1, line.thickness, line.edge)))


def count_paths(blocks: Sequence[dict[str, Any]]) -> int:
    """How many paths the page draws."""
    return sum(1 for block in blocks if block["type"] == _VECTOR_BLOCK)


def _rulings_of_path(block: dict[str, Any], width: float, height: float) -> Iterator[Ruling]:
    left, top, right, bottom = block["bbox"]
    stroked = bool(block["stroked"])
    if block["alpha"] == 0 or (block["color"] == _WHITE and not stroked):
        return
    left, right = max(left, 0.0), min(right, width)
    top, bottom = max(top, 0.0), min(bottom, height)
    across, down = right - left, bottom - top
    if across < 0 or down < 0:
        return
    if down <= _LINE_THICKNESS and across >= _LINE_LENGTH and across > 2 * down:
        middle = round((top + bottom) / 2, 2)
        yield Ruling(x0=round(left, 2), y0=middle, x1=round(right, 2), y1=middle, thickness=round(down, 2))
    elif across <= _LINE_THICKNESS and down >= _LINE_LENGTH and down > 2 * across:
        middle = round((left + right) / 2, 2)
        yield Ruling(x0=middle, y0=round(top, 2), x1=middle, y1=round(bottom, 2), thickness=round(across, 2))
    elif block["isrect"] and across >= _LINE_LENGTH and down >= _LINE_LENGTH:
        yield from _sides((round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)), edge=not stroked)


def _sides(box: Box, *, edge: bool) -> Iterator[Ruling]:
    left, top, right, bottom = box
    yield Ruling(x0=left, y0=top, x1=right, y1=top, edge=edge)
    yield Ruling(x0=left, y0=bottom, x1=right, y1=bottom, edge=edge)
    yield Ruling(x0=left, y0=top, x1=left, y1=bottom, edge=edge)
    yield Ruling(x0=right, y0=top, x1=right, y1=bottom, edge=edge)


def images_of(page: Any, display_list: Any, width: float, height: float) -> tuple[Box, ...]:
    """Where raster images are shown, clipped to the page, largest first; empty and duplicate places left out.

    Only the page's resources are looked at first: most pages have no image, and the walk over blocks is slow.
    """
    if not page.parent.get_page_images(page.number):
        return ()
    places: set[Box] = set()
    # Named, so that it outlives the walk: a block does not keep the page that owns its memory.
    text_page = display_list.get_textpage(pymupdf.TEXT_PRESERVE_IMAGES)
    for block in text_page:
        if block.m_internal.type != _IMAGE_BLOCK:
            continue
        box = block.m_internal.bbox
        left, top, right, bottom = max(box.x0, 0.0), max(box.y0, 0.0), min(box.x1, width), min(box.y1, height)
        if right - left > 1 and bottom - top > 1:
            places.add((round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)))
    return tuple(sorted(places, key=lambda place: (-(place[2] - place[0]) * (place[3] - place[1]), place)))


def scan_resolution(page: Any) -> float:
    """The resolution of the page's largest image, in its own pixels per inch; 0 without one."""
    best, largest = 0.0, 0.0
    for image in page.get_image_info():
        left, top, right, bottom = image["bbox"]
        area = (right - left) * (bottom - top)
        if area > largest:
            # An image may be drawn turned by a quarter: the ratio of areas does not care.
            largest, best = area, 72.0 * (image["width"] * image["height"] / area) ** 0.5
    return round(best, 1)
