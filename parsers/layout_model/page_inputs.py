"""A page as the networks want it: its text lines with their features, and a small grey picture."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Any, Final

import numpy as np

from parsers.backends.mupdf import pymupdf
from parsers.layout_model.networks import Array
from parsers.model import Box

mupdf = pymupdf.mupdf
features = importlib.import_module("pymupdf.features")  # only now: it must not bring PyMuPDF's own layout model

# How pages were read for the network's training.
_FLAGS: Final = (
    pymupdf.TEXT_PRESERVE_IMAGES
    | pymupdf.TEXT_PRESERVE_WHITESPACE
    | pymupdf.TEXT_PRESERVE_LIGATURES
    | pymupdf.TEXT_ACCURATE_BBOXES
    | pymupdf.TEXT_COLLECT_VECTORS
    | pymupdf.TEXT_COLLECT_STYLES
    | pymupdf.TEXT_SEGMENT
    | pymupdf.TEXT_PARAGRAPH_BREAK
    | pymupdf.TEXT_COLLECT_STRUCTURE
    | pymupdf.TEXT_TABLE_HUNT
    | pymupdf.TEXT_LAZY_VECTORS
    | pymupdf.TEXT_CLIP
    | pymupdf.TEXT_FUZZY_VECTORS
)
_STRUCTURE_BLOCK: Final = 2
_TEXT_BLOCK: Final = 0

_PATTERN_LENGTH: Final = 40
_SYMBOLS: Final = "•-*+<>()→✓#□■‣◦▪.:※"
_FIRST_SYMBOL: Final = 14
_KINDS: Final = {"C": 10, "D": 11, "S": 12, "W": 13}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInputs:
    """`boxes`: (lines, 4) in points as a reader sees the page; `features`, `patterns`: a row for each line."""

    width: float
    height: float
    boxes: Array
    features: Array
    patterns: Array


def read_page_inputs(page: Any, display_list: Any, names: Sequence[str]) -> PageInputs:
    """Read the lines of a `pymupdf.Page`. `names`: the text features, in the network's order.

    Invisible lines are left out where there are visible ones.
    """
    width, height = page.rect.width, page.rect.height
    text_page = pymupdf.TextPage(mupdf.FzStextPage(display_list.this, mupdf.FzStextOptions(_FLAGS)))
    lines: dict[Box, str] = {}
    for box, text in _lines(text_page.extractDICT()["blocks"], width, height):
        lines.setdefault(box, text)
    stats = [features.fz_features_for_region(text_page, mupdf.FzRect(*box), 0) for box in lines]
    keep = [not item.invisible for item in stats]
    if not any(
        shown and item.num_numerals + item.num_non_numerals > 0 for item, shown in zip(stats, keep, strict=True)
    ):
        keep = [True] * len(stats)
    rows = [_text_features(item, text, names) for item, text in zip(stats, lines.values(), strict=True)]
    patterns = [_pattern(text) for text in lines.values()]
    return PageInputs(
        width=width,
        height=height,
        boxes=np.array(list(compress(lines, keep)), dtype=np.float32).reshape(-1, 4),
        features=np.array(list(compress(rows, keep)), dtype=np.float32).reshape(-1, len(names)),
        patterns=np.array(list(compress(patterns, keep)), dtype=np.float32).reshape(-1, _PATTERN_LENGTH),
    )


def _lines(blocks: Sequence[Mapping[str, Any]], width: float, height: float) -> Iterator[tuple[Box, str]]:
    for block in blocks:
        if block["type"] == _STRUCTURE_BLOCK:
            yield from _lines(block["blocks"], width, height)
        elif block["type"] == _TEXT_BLOCK:
            for line in block["lines"]:
                left, top, right, bottom = line["bbox"]
                text = " ".join(span["text"] for span in line["spans"]).strip()
                if text and right >= max(left, 0) and bottom >= max(top, 0) and left <= width and top <= height:
                    yield (left, top, right, bottom), text


def _text_features(stats: Any, text: str, names: Sequence[str]) -> list[float]:
    """The C++ statistics of a line's surroundings by name; and the six that the network's authors compute aside."""
    digits = sum(1 for character in text if character.isdigit())
    own = {
        "num_ratio": digits / len(text),
        "is_text": 1.0,
        "is_vector": 0.0,
        "is_image": 0.0,
        "is_hline_vector": 0.0,
        "is_vline_vector": 0.0,
    }
    return [own[name] if name in own else float(getattr(stats, name)) for name in names]


def _pattern(text: str) -> list[float]:
    """The shape of the text, run by run (`C3W1D4` for `Tab 2019`), as octal digits by eight, padded to 40 numbers."""
    digits: list[int] = []
    for symbol, run in _runs(text):
        code = _KINDS.get(symbol)
        digits += divmod(_FIRST_SYMBOL + _SYMBOLS.index(symbol) if code is None else code, 8)
        for figure in str(run):
            digits += divmod(int(figure), 8)
        if len(digits) >= _PATTERN_LENGTH:
            break
    vector = [digit / 8 for digit in digits[:_PATTERN_LENGTH]]
    return vector + [0.0] * (_PATTERN_LENGTH - len(vector))


def _runs(text: str) -> Iterator[tuple[str, int]]:
    before, run = "", 0
    for character in text:
        symbol = _symbol(character)
        if symbol == before:
            run += 1
            continue
        if run:
            yield before, run
        before, run = symbol, 1
    yield before, run


@lru_cache(maxsize=4096)
def _symbol(character: str) -> str:
    if character in _SYMBOLS:
        return character
    if character.isspace():
        return "W"
    if character.isdigit():
        return "D"
    return "C" if character.isalnum() else "S"


def grey_picture(pixels: Array, width: int, height: int) -> Array:
    """The page as (height, width) float32 from 0 to 1: sampled bilinearly, contrast stretched."""
    grey = pixels @ np.array([0.114, 0.587, 0.299], dtype=np.float32)  # the network was trained on red as blue
    small = np.floor(sample(grey, width, height))
    low, high = small.min(), small.max()
    stretched: Array = (small - low) / (high - low) if high > low else np.zeros_like(small)
    return stretched.astype(np.float32)


def page_pixmap(page: Any, display_list: Any) -> Array:
    """The page at 72 dpi: (height, width, 3) of bytes."""
    pixmap = display_list.get_pixmap(matrix=pymupdf.Identity, colorspace=pymupdf.csRGB, alpha=0, clip=page.rect)
    return np.frombuffer(pixmap.samples, dtype=np.uint8).reshape(pixmap.height, pixmap.width, 3)


def sample(image: Array, width: int, height: int) -> Array:
    """An image (rows, columns, …) of another size, sampled bilinearly without smoothing, as the networks learned it."""
    rows, row_share = _positions(image.shape[0], height)
    columns, column_share = _positions(image.shape[1], width)
    row_share = row_share.reshape(-1, *[1] * (image.ndim - 1))
    column_share = column_share.reshape(-1, *[1] * (image.ndim - 2))
    lines = image[rows[0]] * (1 - row_share) + image[rows[1]] * row_share
    result: Array = lines[:, columns[0]] * (1 - column_share) + lines[:, columns[1]] * column_share
    return result


def _positions(large: int, small: int) -> tuple[tuple[Array, Array], Array]:
    position = ((np.arange(small) + 0.5) * large / small - 0.5).clip(0, large - 1)
    low = np.floor(position).astype(np.intp)
    return (low, np.minimum(low + 1, large - 1)), (position - low).astype(np.float32)
