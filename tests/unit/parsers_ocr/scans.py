"""Scans made on the spot: a page drawn by MuPDF, then turned, skewed, coarsened or made noisy. Always the same."""

from __future__ import annotations

import io
import random
from collections import Counter

import numpy as np
from PIL import Image, ImageFilter

from parsers.backends.mupdf import pymupdf
from parsers.content import PageContent, Pixels
from parsers.model import Box

WIDTH, HEIGHT = 460.0, 300.0
PROSE = (
    "The harbour office keeps the ferry to the outer",
    "islands running through the winter months.",
    "Its pilots reported 1,204 arrivals and 877 departures",
    "before the channel was dredged last year.",
)
LETTER = tuple(
    f"{line} {PROSE[(index + 1) % len(PROSE)].lower()}" for index, line in enumerate((*PROSE, *PROSE, *PROSE))
)
ROWS = (("Berth", "2025", "2024"), ("North quay", "12,340", "11,905"), ("South quay", "8,771", "9,016"))
COLUMNS = (60.0, 240.0, 340.0)
TEXT = " ".join((*PROSE, *(cell for row in ROWS for cell in row)))


def page_pdf() -> bytes:
    """One page with a paragraph and a table without lines."""
    document = pymupdf.open()
    page = document.new_page(width=WIDTH, height=HEIGHT)
    for index, line in enumerate(PROSE):
        page.insert_text((60, 60 + 18 * index), line, fontsize=12, fontname="tiro")
    for index, row in enumerate(ROWS):
        for left, cell in zip(COLUMNS, row, strict=True):
            page.insert_text((left, 170 + 20 * index), cell, fontsize=12, fontname="tiro")
    data: bytes = document.tobytes(no_new_id=True)
    return data


def prose_scan() -> Image.Image:
    """A scan of a letter: long lines from side to side."""
    with pymupdf.open() as document:
        page = document.new_page(width=WIDTH, height=HEIGHT)
        for index, line in enumerate(LETTER):
            page.insert_text((30, 40 + 20 * index), line, fontsize=9, fontname="tiro")
        pixmap = page.get_pixmap(dpi=200)
    return Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)


def scan(*, dpi: int = 200, quarter_turns: int = 0, skew: float = 0.0, noise: float = 0.0) -> Image.Image:
    """The page as a scanner sees it: turned clockwise, then falling to the right by `skew` degrees, then noisy."""
    with pymupdf.open("pdf", page_pdf()) as document:
        pixmap = document[0].get_pixmap(dpi=dpi)
    return spoiled(
        Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples),
        quarter_turns=quarter_turns,
        skew=skew,
        noise=noise,
    )


def spoiled(image: Image.Image, *, quarter_turns: int = 0, skew: float = 0.0, noise: float = 0.0) -> Image.Image:
    """The picture turned clockwise, then falling to the right by `skew` degrees, then noisy."""
    for _ in range(quarter_turns % 4):
        image = image.transpose(Image.Transpose.ROTATE_270)
    if skew:
        image = image.rotate(-skew, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    if noise:
        generator = np.random.default_rng(7)
        spread = generator.normal(0, noise, (image.height, image.width, 1))
        grainy = np.clip(np.asarray(image.filter(ImageFilter.GaussianBlur(0.6))) + spread, 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(grainy).save(buffer, "JPEG", quality=70)
        image = Image.open(buffer).convert("RGB")
    return image


def encoded(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def pixels_of(image: Image.Image) -> Pixels:
    return Pixels(width=image.width, height=image.height, channels=3, samples=image.convert("RGB").tobytes())


class Drawn:
    """A page source that only knows one picture of the page."""

    native = None

    def __init__(self, image: Image.Image, dpi: float) -> None:
        self.image, self.dpi = image, dpi

    def render(self, *, dpi: float, clip: Box | None = None, grey: bool = False) -> Pixels:
        left, top, right, bottom = clip or (0, 0, self.image.width * 72 / self.dpi, self.image.height * 72 / self.dpi)
        scale = self.dpi / 72
        image = self.image.crop((int(left * scale), int(top * scale), round(right * scale), round(bottom * scale)))
        zoom = dpi / self.dpi
        return pixels_of(image.resize((max(round(image.width * zoom), 1), max(round(image.height * zoom), 1))))


def page_of(image: Image.Image, dpi: float = 200.0) -> PageContent:
    """A page that is nothing but this picture."""
    width, height = image.width * 72 / dpi, image.height * 72 / dpi
    return PageContent(
        number=1,
        width=width,
        height=height,
        rotation=0,
        lines=(),
        images=((0.0, 0.0, width, height),),
        scan_dpi=dpi,
        source=Drawn(image, dpi),
    )


def word_f1(read: str, truth: str = TEXT) -> float:
    """Share of words in common, without regard to order."""
    one, other = Counter(read.split()), Counter(truth.split())
    return 2 * sum((one & other).values()) / max(sum(one.values()) + sum(other.values()), 1)


def scrambled(text: str) -> str:
    """The text as a font with a wrong map gives it."""
    letters = list("abcdefghijklmnopqrstuvwxyz")
    other = letters[:]
    random.Random(3).shuffle(other)
    return text.lower().translate(str.maketrans("".join(letters), "".join(other)))
