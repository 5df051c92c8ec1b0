"""The rows and columns of a table: where the grid network divides its picture.

Decoding follows `_decode_anchors` and `_filter_empty_lines` of PyMuPDF's `layout/onnx/TableGridExtractorV2.py`, with
the thresholds of its default model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from parsers.layout_model.networks import Array, GridNetwork
from parsers.layout_model.page_inputs import sample
from parsers.model import Box

_ROW_CHANCE: Final = 0.2
_COLUMN_CHANCE: Final = 0.25
_NEAREST: Final = 0.01
_SMALLEST_SIDE: Final = 4


@dataclass(frozen=True, slots=True)
class _Line:
    place: float
    chance: float


def divide_table(network: GridNetwork, picture: Array, box: Box, texts: Array) -> tuple[list[float], list[float]]:
    """Where the rows (y) and the columns (x) of the table in `box` are parted, in points; outer edges not included.

    `picture`: the page at one pixel a point, (height, width, 3) bytes. `texts`: (lines, 4), the lines of the table. A
    part without any text is no row or column of its own.
    """
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    right, bottom = min(picture.shape[1], int(box[2])), min(picture.shape[0], int(box[3]))
    if right - left < _SMALLEST_SIDE or bottom - top < _SMALLEST_SIDE:
        return [], []
    small = sample(picture[top:bottom, left:right, ::-1].astype(np.float32), network.width, network.height)
    row_logits, row_offsets, column_logits, column_offsets = network.run(
        np.ascontiguousarray((np.floor(small) / 255).transpose(2, 0, 1), dtype=np.float32)
    )
    middles = (texts[:, :2] + texts[:, 2:]) / 2
    rows = _lines(row_logits, row_offsets, _ROW_CHANCE, top, bottom - top)
    columns = _lines(column_logits, column_offsets, _COLUMN_CHANCE, left, right - left)
    return _with_text_between(rows, middles[:, 1].tolist()), _with_text_between(columns, middles[:, 0].tolist())


def _lines(logits: Array, offsets: Array, least: float, origin: float, length: float) -> list[_Line]:
    """Anchors that are likely enough, moved by their offsets; of several in one place only the likeliest."""
    chances = 1 / (1 + np.exp(-logits.astype(np.float64)))
    places = (np.arange(len(logits)) + offsets) / (len(logits) - 1)
    kept: list[int] = []
    for index in np.argsort(-chances, kind="stable").tolist():
        if chances[index] < least:
            break
        if all(abs(places[index] - places[other]) >= _NEAREST for other in kept):
            kept.append(index)
    lines = [_Line(origin + float(places[index]) * length, float(chances[index])) for index in kept]
    return sorted(lines, key=lambda line: line.place)


def _with_text_between(lines: Sequence[_Line], middles: Sequence[float]) -> list[float]:
    """Of two lines with no text between them only the likelier; none before the first text or behind the last."""
    kept: list[_Line] = []
    for line in lines:
        if kept and not any(kept[-1].place <= middle <= line.place for middle in middles):
            if line.chance >= kept[-1].chance:
                kept[-1] = line
        else:
            kept.append(line)
    first, last = min(middles, default=0.0), max(middles, default=0.0)
    return [line.place for line in kept if first <= line.place <= last]
