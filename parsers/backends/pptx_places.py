"""Where the shapes of a slide stand: transforms of groups, and places that placeholders take from layout and master."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from parsers.backends.docx_names import A, Element, local_name, number
from parsers.model import Box

_EMU_PER_POINT: Final = 12_700
_FULL_TURN: Final = 360 * 60_000
_SAME_ROW: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """From the coordinates that a group gives its shapes (EMU) to points on the slide."""

    x_scale: float = 1 / _EMU_PER_POINT
    y_scale: float = 1 / _EMU_PER_POINT
    x_shift: float = 0.0
    y_shift: float = 0.0

    def box(self, xfrm: Element | None) -> Box | None:
        """The box of a shape, turned ones as they stand; None where the file gives no place."""
        offset, extent = (None, None) if xfrm is None else (xfrm.find(f"{A}off"), xfrm.find(f"{A}ext"))
        if xfrm is None or offset is None or extent is None:
            return None
        left = number(offset.get("x")) * self.x_scale + self.x_shift
        top = number(offset.get("y")) * self.y_scale + self.y_shift
        width = number(extent.get("cx")) * self.x_scale
        height = number(extent.get("cy")) * self.y_scale
        turned = number(xfrm.get("rot")) % (_FULL_TURN // 2)
        if _FULL_TURN // 8 <= turned < 3 * _FULL_TURN // 8:
            left, top = left + (width - height) / 2, top + (height - width) / 2
            width, height = height, width
        return round(left, 2), round(top, 2), round(left + width, 2), round(top + height, 2)

    def inside(self, group: Element) -> Transform:
        """The transform of the shapes in a group (`p:grpSp`)."""
        xfrm = group.find(f"{{*}}grpSpPr/{A}xfrm")
        parts = {} if xfrm is None else {local_name(item): item for item in xfrm}
        if not {"off", "ext", "chOff", "chExt"} <= parts.keys():
            return self
        own_width, own_height = number(parts["chExt"].get("cx")), number(parts["chExt"].get("cy"))
        x_ratio = number(parts["ext"].get("cx")) / own_width if own_width else 1.0
        y_ratio = number(parts["ext"].get("cy")) / own_height if own_height else 1.0
        x = number(parts["off"].get("x")) - number(parts["chOff"].get("x")) * x_ratio
        y = number(parts["off"].get("y")) - number(parts["chOff"].get("y")) * y_ratio
        return Transform(
            x_scale=self.x_scale * x_ratio,
            y_scale=self.y_scale * y_ratio,
            x_shift=self.x_shift + x * self.x_scale,
            y_shift=self.y_shift + y * self.y_scale,
        )


def placeholder(shape: Element) -> tuple[str, str] | None:
    """The type (`body` where none is written) and the index of a placeholder; None for other shapes."""
    found = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    if found is None:
        found = shape.find("{*}nvPicPr/{*}nvPr/{*}ph")
    if found is None:
        found = shape.find("{*}nvGraphicFramePr/{*}nvPr/{*}ph")
    return None if found is None else (found.get("type") or "body", found.get("idx") or "0")


class Placeholders:
    """The placeholders that those of a slide go by: of its layout first, then of its master."""

    def __init__(self, layout: Element | None, master: Element | None) -> None:
        self._layout = _shapes_with_placeholder(layout)
        self._master = _shapes_with_placeholder(master)

    def models(self, shape: Element) -> list[Element]:
        """The shapes that `shape` takes from what it does not say itself, nearest first."""
        own = placeholder(shape)
        if own is None:
            return []
        kind, index = own
        found = [item for (_, at), item in self._layout if at == index] or [
            item for (other, _), item in self._layout if _alike(other, kind)
        ]
        inherited = placeholder(found[0]) if found else None
        kind = inherited[0] if inherited else kind
        return found[:1] + [item for (other, _), item in self._master if _alike(other, kind)][:1]


def _shapes_with_placeholder(root: Element | None) -> list[tuple[tuple[str, str], Element]]:
    shapes = () if root is None else root.iter("{*}sp")
    return [(own, shape) for shape in shapes if (own := placeholder(shape)) is not None]


def _alike(first: str, second: str) -> bool:
    def plain(kind: str) -> str:
        return {"ctrTitle": "title", "subTitle": "body", "obj": "body"}.get(kind, kind)

    return plain(first) == plain(second)


def own_or_inherited_xfrm(shape: Element, models: Iterable[Element]) -> Element | None:
    """The `a:xfrm` that places a shape."""
    for candidate in (shape, *models):
        found = candidate.find(f"{{*}}spPr/{A}xfrm")
        if found is None:
            found = candidate.find("{*}xfrm")
        if found is not None:
            return found
    return None


def reading_order(boxes: Sequence[Box | None]) -> list[int]:
    """The order in which a reader takes the boxes: rows from the top, each from the left; without a place, last.

    A box belongs to the row of the topmost one left when at least half of the lower of the two stands beside the other.
    """
    left = [at for at, box in enumerate(boxes) if box is not None]
    unplaced = [at for at, box in enumerate(boxes) if box is None]
    left.sort(key=lambda at: (_box(boxes, at)[1], _box(boxes, at)[0], at))
    order: list[int] = []
    while left:
        first = _box(boxes, left[0])
        row = [left[0], *(at for at in left[1:] if _beside(first, _box(boxes, at)))]
        order += sorted(row, key=lambda at: (_box(boxes, at)[0], _box(boxes, at)[1], at))
        taken = set(row)
        left = [at for at in left if at not in taken]
    return order + unplaced


def _box(boxes: Sequence[Box | None], at: int) -> Box:
    box = boxes[at]
    return box if box is not None else (0.0, 0.0, 0.0, 0.0)


def _beside(first: Box, other: Box) -> bool:
    if min(first[2], other[2]) - max(first[0], other[0]) > 0.25 * min(first[2] - first[0], other[2] - other[0]):
        return False
    shared = min(first[3], other[3]) - max(first[1], other[1])
    return shared >= _SAME_ROW * min(first[3] - first[1], other[3] - other[1]) and shared >= 0
