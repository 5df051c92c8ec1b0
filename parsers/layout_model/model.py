"""What the layout model sees on a page. See the package for how it works."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from parsers.content import PageContent, PageSource
from parsers.layout_model.grouping import LineGroup, group_lines
from parsers.layout_model.line_graph import PAIR_FEATURES, box_features, neighbours, pair_features
from parsers.layout_model.networks import Array, GridNetwork, ImageNetwork, LineNetwork
from parsers.layout_model.page_inputs import PageInputs, grey_picture, page_pixmap, read_page_inputs
from parsers.layout_model.picture_areas import picture_areas
from parsers.layout_model.pooling import cells_of, image_features
from parsers.layout_model.scan_page import scan_page
from parsers.layout_model.table_lines import divide_table
from parsers.model import Box

MOST_LINES: Final = 1500
"""Lines on a page that is looked at: memory and time grow with their square. A dense page of figures has 400."""

_NEAREST_LINES: Final = 20
_TABLE: Final = "table"
_PICTURE: Final = "picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRegion:
    """A region by the name of its class; `rows` and `columns` part a table, in points (outer edges not included)."""

    kind: str
    bbox: Box
    confidence: float
    rows: tuple[float, ...] = ()
    columns: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Networks:
    image: ImageNetwork
    line: LineNetwork
    grid: GridNetwork


@cache
def _networks() -> _Networks:
    return _Networks(image=ImageNetwork(), line=LineNetwork(), grid=GridNetwork())


def preload() -> None:
    """Load the networks: some 60 MB, and no threads."""
    _networks()


def predict(page: Any) -> list[SeenRegion] | None:
    """Regions of a `pymupdf.Page`, boxes in points as a reader sees it; None if it is too dense to be looked at.

    Groups of text lines come first, in the order of the file, then pictures. On a page without text only pictures are
    seen.
    """
    networks = _networks()
    display_list = page.get_displaylist(annots=1)
    inputs = read_page_inputs(page, display_list, networks.line.config.features)
    if len(inputs.boxes) > MOST_LINES:
        return None
    pixels = page_pixmap(page, display_list)
    maps, logits = networks.image.run(grey_picture(pixels, networks.image.width, networks.image.height))
    seen: list[SeenRegion] = []
    if len(inputs.boxes):
        for group in _groups(networks.line, inputs, maps, logits):
            rows: list[float] = []
            columns: list[float] = []
            if group.kind == _TABLE:
                rows, columns = divide_table(networks.grid, pixels, group.bbox, inputs.boxes[list(group.members)])
            seen.append(
                SeenRegion(
                    kind=group.kind,
                    bbox=group.bbox,
                    confidence=group.confidence,
                    rows=tuple(rows),
                    columns=tuple(columns),
                )
            )
    pictures = picture_areas(logits, inputs.width, inputs.height)
    return seen + [SeenRegion(kind=_PICTURE, bbox=box, confidence=purity) for box, purity in pictures]


def predict_scan(page: PageContent, source: PageSource, skew: float) -> list[SeenRegion] | None:
    """The same of a page that OCR read, whose lines fall by `skew` degrees in its picture."""
    with scan_page(page, source, skew) as printed:
        return predict(printed)


def _groups(network: LineNetwork, inputs: PageInputs, maps: list[Array], logits: Array) -> list[LineGroup]:
    boxes = inputs.boxes
    count = len(boxes)
    if count == 1:
        pairs = np.zeros((2, 1), dtype=np.int64)
        relations = np.zeros((1, PAIR_FEATURES), dtype=np.float32)
    else:
        pairs = neighbours(boxes)
        relations = pair_features(boxes, pairs)
    cells = cells_of(boxes, inputs.width, inputs.height, logits.shape[1])
    node_logits, pair_logits = network.run(
        {
            "x": box_features(boxes),
            "edge_index": pairs,
            "edge_attr": relations,
            "k": np.array(min(count, _NEAREST_LINES), dtype=np.int64),
            "batch": np.zeros(count, dtype=np.int64),
            "rf_features": inputs.features,
            "text_patterns": inputs.patterns,
            "image_features": image_features(maps, logits, cells),
        }
    )
    config = network.config
    return group_lines(boxes, pairs, node_logits, pair_logits, config.classes, config.priority)
