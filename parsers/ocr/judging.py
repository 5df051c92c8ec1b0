"""Is a picture good enough for the cheap engine, and how sure is a reading: both decided by numbers of their own."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from parsers.ocr.base import UNCERTAIN, OcrLine
from parsers.ocr.models import Image

# Noise: the response to Immerkær's operator (1996) per pixel. Paper without noise has none, print is in the upper
# quarter. Measured on pages with Gaussian noise of deviation 3, 6, 10, 20: medians 1.0, 2.0, 3.2, 5.8, and after JPEG
# compression (quality 60) 0, 0, .3, 1.0 with upper quartiles of 1.7, 1.8, 2.2, 4.0; without noise 0 and at most 1.5.
_NOISE_MEDIAN, _NOISE_QUARTILE = 0.7, 2.4
_GRAINY_MEDIAN = 4.0
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6
# Lines lower than this in the picture's own pixels (margins included) are coarse: 10 points at 130 dots per inch.
_COARSE_HEIGHT = 24.0
# With a larger share of uncertain words a picture is beyond an engine.
_LOST_SHARE = 0.2


def clean_enough(image: Image, line_height: float, enlarged: float) -> bool:
    """Whether a picture is free of noise and its letters are large.

    `line_height` is that of its lines in pixels, `enlarged` how many of these a pixel of the scan became.
    """
    if line_height / max(enlarged, 1.0) < _COARSE_HEIGHT:
        return False
    middle, upper = noise_of(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    return middle <= _NOISE_MEDIAN and upper <= _NOISE_QUARTILE


def is_grainy(image: Image) -> bool:
    """Whether a picture is so noisy that it is better read smoothed."""
    return noise_of(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))[0] > _GRAINY_MEDIAN


def noise_of(grey: Image) -> tuple[float, float]:
    """Median and upper quartile of the response to Immerkær's operator, in levels of grey."""
    response = np.abs(cv2.filter2D(grey.astype(np.float32), -1, _NOISE_KERNEL))
    middle, upper = np.percentile(response, (50, 75))
    return float(middle), float(upper)


def confidence_of(lines: Sequence[OcrLine]) -> float:
    """Mean confidence over the characters, to two decimals, so that the last digit of a float decides nothing."""
    weights = [len(word.text) for line in lines for word in line.words]
    total = sum(word.confidence * len(word.text) for line in lines for word in line.words)
    return round(total / sum(weights), 2) if weights else 0.0


def is_lost(lines: Sequence[OcrLine]) -> bool:
    """Whether so many words are uncertain that the whole should be read by another engine, not only their places.

    Measured for tesseract at 200 dpi: up to .13 on clean pages, whose places are worth reading again; .27 on a coarse
    one of which it read .88 of the words.
    """
    words = [word.confidence for line in lines for word in line.words]
    return not words or sum(confidence < UNCERTAIN for confidence in words) > _LOST_SHARE * len(words)
