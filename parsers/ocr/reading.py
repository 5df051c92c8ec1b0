"""Reads a page, or a part of it, from its pixels: draw, look, straighten, choose an engine, judge, escalate.

The cheap engine goes first where the picture is clean and sharp, and the robust one reads again the places it is unsure
of; or the whole, where the picture is poor or the cheap engine is lost in it. All of this is answered by the picture
and the result, never by the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parsers.content import PageContent, PageSource, PrintedLine, Ruling
from parsers.model import Box, Derivation
from parsers.ocr.asking import Question, ask
from parsers.ocr.base import OcrEngine, OcrLine
from parsers.ocr.detection import TextPlace
from parsers.ocr.drawn_lines import find_drawn_lines
from parsers.ocr.engines import engines_for, installed_engines, preload_engines
from parsers.ocr.first_look import FirstLook, look_at
from parsers.ocr.frames import RasterFrame
from parsers.ocr.judging import clean_enough, is_grainy
from parsers.ocr.models import Image
from parsers.ocr.printed import direction_after, printed_lines
from parsers.ocr.raster import image_of, smooth, straighten, turn
from parsers.ocr.weight import with_weights
from parsers.policy import ParseOptions
from parsers.prices import page_budget

_DPI = 200.0
_LOWEST_NATIVE, _HIGHEST_NATIVE = 140.0, 280.0
# The engines read best when lines are about this high (pixels, margins included); no need to draw again in between.
_BEST_HEIGHT = 42.0
_LOWEST, _HIGHEST = 26.0, 70.0
_MOST_PIXELS = 12_000_000
_LEAST_PIXELS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrReading:
    """What was read, and how. `lines` are on the page after `quarter_turns` (clockwise) and straightening by `skew`.

    `rulings` are straight lines that its picture shows, there as well.
    """

    lines: tuple[PrintedLine, ...]
    rulings: tuple[Ruling, ...]
    quarter_turns: int
    skew: float
    derivation: Derivation

    @property
    def confidence(self) -> float:
        return self.derivation.confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The lines of one upright raster, in its pixels."""

    image: Image
    lines: tuple[OcrLine, ...]
    frame: RasterFrame
    derivation: Derivation


def read_page(
    page: PageContent, options: ParseOptions, *, reason: str, engines: Sequence[OcrEngine] | None = None
) -> OcrReading | None:
    """Read a whole page; None when its picture shows no text. `engines` are tried instead of the installed ones."""
    read = _read(page, (0.0, 0.0, page.width, page.height), options, reason, engines)
    if read is None:
        return None
    frame = read.frame
    return OcrReading(
        lines=printed_lines(read.lines, frame.scale, frame.upright_points),
        rulings=find_drawn_lines(read.image, frame.scale, [word.bbox for line in read.lines for word in line.words]),
        quarter_turns=frame.quarter_turns,
        skew=frame.skew,
        derivation=read.derivation,
    )


def read_region(
    page: PageContent,
    bbox: Box,
    options: ParseOptions,
    *,
    least_lines: int = 1,
    price_limit: float | None = None,
    engines: Sequence[OcrEngine] | None = None,
) -> tuple[tuple[PrintedLine, ...], Derivation] | None:
    """Read what stands inside `bbox`, as it stands on the page; None when it shows fewer than `least_lines` of text.

    `price_limit` is what reading it may cost; by default what the options allow for a page.
    """
    reason = "A part of the page has no text layer."
    read = _read(page, bbox, options, reason, engines, least_lines=least_lines, price_limit=price_limit)
    if read is None:
        return None
    direction = direction_after(read.frame.quarter_turns)
    lines = printed_lines(read.lines, read.frame.scale, read.frame.page_points, direction)
    return lines, read.derivation


def _read(
    page: PageContent,
    clip: Box,
    options: ParseOptions,
    reason: str,
    engines: Sequence[OcrEngine] | None,
    *,
    least_lines: int = 1,
    price_limit: float | None = None,
) -> _Read | None:
    if page.source is None:
        return None
    budget = page_budget(options) if price_limit is None else price_limit
    suitable = sorted(engines_for(options.languages, engines or installed_engines()), key=lambda one: one.price)
    usable = [engine for engine in suitable if engine.price <= budget]
    # A scan near the usual resolution is read pixel by pixel: drawing it anew would only blur it.
    native = _LOWEST_NATIVE <= page.scan_dpi <= _HIGHEST_NATIVE
    drawn = _draw(page.source, clip, page.scan_dpi if native else _DPI) if usable else None
    if drawn is None:
        return None
    image, dpi = drawn
    look = look_at(image)
    if look is None or len(look.places) < least_lines:
        return None
    if not _LOWEST <= look.line_height <= _HIGHEST:
        again = _draw(page.source, clip, dpi * _BEST_HEIGHT / look.line_height)
        image, dpi = again or drawn
    frame = RasterFrame(
        left=clip[0],
        top=clip[1],
        scale=72.0 / dpi,
        width=image.shape[1],
        height=image.shape[0],
        quarter_turns=look.quarter_turns,
        skew=look.skew,
    )
    upright = straighten(turn(image, look.quarter_turns), look.skew)
    enlarged = dpi / page.scan_dpi if page.scan_dpi else 1.0
    clean = clean_enough(image, look.line_height * dpi / drawn[1], enlarged)
    if not clean and is_grainy(image):
        upright = smooth(upright)
    places = [_scaled(place, dpi / drawn[1]) for place in look.places]
    question = Question(image=upright, places=places, clean=clean, engines=usable, budget=budget)
    lines, derivation = ask(question, options, f"{reason} {_describe(look)}")
    return _Read(image=upright, lines=with_weights(upright, lines), frame=frame, derivation=derivation)


def _draw(source: PageSource, clip: Box, dpi: float) -> tuple[Image, float] | None:
    """The part of the page as an array, drawn at `dpi` or as near as the limit on pixels allows."""
    width, height = clip[2] - clip[0], clip[3] - clip[1]
    if min(width, height) * dpi / 72.0 < _LEAST_PIXELS:
        return None
    dpi = min(dpi, 72.0 * (_MOST_PIXELS / (width * height)) ** 0.5)
    return image_of(source.render(dpi=dpi, clip=clip)), dpi


def _scaled(place: TextPlace, zoom: float) -> TextPlace:
    left, top, right, bottom = place.bbox
    return replace(place, bbox=(left * zoom, top * zoom, right * zoom, bottom * zoom))


def _describe(look: FirstLook) -> str:
    turned = f"turned by {90 * look.quarter_turns}°" if look.quarter_turns else "upright"
    skewed = f", skewed by {look.skew:.1f}°" if look.skew else ""
    return f"Its text is {turned}{skewed}."


def preload() -> None:
    """Load what the engines need, so that workers forked later share it. Leaves no thread behind."""
    preload_engines()
