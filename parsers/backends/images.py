"""Reads image files as pages: PNG, JPEG, WEBP, BMP, GIF (its first frame), and TIFF with a page per image.

A page has the image's size on paper, from the resolution that the file states. Where that is missing or cannot be true,
the longer side is taken for that of a sheet of A4, so that sizes of letters mean something. How large an image is, is
read from its header before it is decoded: a file of a few bytes may claim gigabytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image, ImageOps

from parsers.content import PageContent, Pixels
from parsers.errors import DamagedDocument, LimitExceeded, NoPages, PageUnreadable, ParseError
from parsers.model import Box, Finding
from parsers.page_reading import read_page
from parsers.policy import ParseOptions
from parsers.reading import ChildEntry, PageReading

NAME = "pillow"
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF")

# A sheet of A3 at 600 dots per inch has 70 million; three bytes each leave room for a copy or two in a worker.
_MOST_PIXELS = 100_000_000
_MOST_PAGES = 5_000
# Resolutions that a scanner, a camera set for print, or a program may state in earnest; 72 and 96 are defaults.
_LOWEST_DPI, _HIGHEST_DPI = 100.0, 2_400.0
_SHEET_INCHES = 11.7
_LARGEST_POINTS = 14_400.0

# What Pillow raises on damaged files, as its documentation and its decoders have it.
_FAULTS = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, RuntimeError)


class ImagePages:
    """An open image file; close it, or use it in a `with`."""

    title: str | None = None
    language: str | None = None
    children: Sequence[ChildEntry] = ()

    def __init__(self, image: Image.Image, page_count: int, findings: Sequence[Finding]) -> None:
        self._image = image
        self.page_count = page_count
        self.findings = findings

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._image.close()

    def read_page(self, number: int, options: ParseOptions) -> PageReading:
        """Read image `number` (from 1). Raises `PageUnreadable`, and `LimitExceeded` for too many pixels."""
        return read_page(self.read_content(number), options)

    def read_child(self, index: int) -> bytes:
        raise ParseError(f"The image has no file {index} inside it.")

    def read_content(self, number: int) -> PageContent:
        """Image `number` (from 1) as a page without text, wholly covered by a picture."""
        try:
            self._image.seek(number - 1)
            _check_size(self._image.size)
            dpi = _resolution(self._image)
            shown = _opaque(ImageOps.exif_transpose(self._image))
        except _FAULTS as error:
            raise PageUnreadable(f"Image {number} is damaged and cannot be read.") from error
        width, height = shown.width * 72.0 / dpi, shown.height * 72.0 / dpi
        return PageContent(
            number=number,
            width=round(width, 2),
            height=round(height, 2),
            rotation=0,
            lines=(),
            images=((0.0, 0.0, round(width, 2), round(height, 2)),),
            scan_dpi=round(dpi, 1),
            source=PicturePage(shown, dpi),
        )


class PicturePage:
    """A `parsers.content.PageSource` over a decoded image of RGB."""

    native = None

    def __init__(self, image: Image.Image, dpi: float) -> None:
        self._image = image
        self._dpi = dpi

    def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
        image = self._image
        if clip is not None:
            pixel = self._dpi / 72.0
            left, top = max(int(clip[0] * pixel), 0), max(int(clip[1] * pixel), 0)
            right, bottom = min(round(clip[2] * pixel), image.width), min(round(clip[3] * pixel), image.height)
            image = image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
        if abs(dpi / self._dpi - 1) > 0.01:
            zoom = dpi / self._dpi
            size = (max(round(image.width * zoom), 1), max(round(image.height * zoom), 1))
            # Averaging over the pixels that become one is what MuPDF does; enlarging needs a smooth curve.
            method = Image.Resampling.BOX if zoom < 1 else Image.Resampling.BICUBIC
            image = image.resize(size, method)
        if grey:
            image = image.convert("L")
        channels = 1 if grey else 3
        return Pixels(width=image.width, height=image.height, channels=channels, samples=image.tobytes())


def open_document(path: Path, options: ParseOptions) -> ImagePages:  # noqa: ARG001  (an image has no password)
    """Open an image file. Raises `DamagedDocument`, `LimitExceeded` (too many pixels or images) and `NoPages`."""
    # Pillow's own limit warns first and refuses at twice the size; ours is checked before anything is decoded.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(io.BytesIO(path.read_bytes()), formats=_FORMATS)
    except _FAULTS as error:
        raise DamagedDocument("The file cannot be opened as an image: it is damaged or incomplete.") from error
    try:
        _check_size(image.size)
        count = _count(image)
    except _FAULTS as error:
        image.close()
        raise DamagedDocument("The images inside the file cannot be listed: it is damaged.") from error
    findings: list[Finding] = []
    if image.format in ("GIF", "WEBP", "PNG") and count > 1:
        message = f"The file is an animation of {count:,} images; only the first was read."
        findings.append(Finding(page=None, code="animation", message=message))
        count = 1
    if count == 0:
        image.close()
        raise NoPages("The file can be opened as an image, but holds none.")
    return ImagePages(image, count, tuple(findings))


def _count(image: Image.Image) -> int:
    count = int(getattr(image, "n_frames", 1))
    if count > _MOST_PAGES:
        raise LimitExceeded(f"The file holds {count:,} images; at most {_MOST_PAGES:,} are read.")
    return count


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > _MOST_PIXELS:
        raise LimitExceeded(
            f"The image has {size[0]:,} × {size[1]:,} pixels; at most {_MOST_PIXELS // 10**6} million are decoded."
        )


def _resolution(image: Image.Image) -> float:
    """Pixels per inch as the file states them, where that can be true, or so that the image is as long as a sheet."""
    stated = image.info.get("dpi")
    longest: int = max(image.size)
    if stated is not None:
        across: float = float(stated[0])
        down: float = float(stated[1])
        even = min(across, down) > 0 and max(across, down) < 1.05 * min(across, down)
        if even and _LOWEST_DPI <= across <= _HIGHEST_DPI and longest * 72.0 / across <= _LARGEST_POINTS:
            return across
    return max(longest / _SHEET_INCHES, 72.0)


def _opaque(image: Image.Image) -> Image.Image:
    """As RGB, with white where it is transparent."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        paper.alpha_composite(layered)
        return paper.convert("RGB")
    if image.mode in ("I;16", "I;16L", "I;16B", "I"):
        # Sixteen bits of grey: the upper eight are what a screen shows.
        return image.point(lambda value: value / 257.0).convert("L").convert("RGB")
    return image.convert("RGB")
