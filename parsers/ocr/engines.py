"""The OCR engines that are installed, and which of them reads a picture: the place to register a new one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from parsers.ocr.base import OcrEngine
from parsers.ocr.models import models, models_installed
from parsers.ocr.rapid import RapidEngine
from parsers.ocr.tessdata import tesseract_languages
from parsers.ocr.tesseract import TesseractEngine, load_default_language


@cache
def installed_engines() -> tuple[OcrEngine, ...]:
    """What is installed, cheapest first."""
    engines: list[OcrEngine] = []
    if tesseract_languages():
        engines.append(TesseractEngine())
    if models_installed():
        engines.append(RapidEngine())
    return tuple(sorted(engines, key=lambda engine: engine.price))


def preload_engines() -> None:
    """Load what the engines installed need."""
    if models_installed():
        models()
    if tesseract_languages():
        load_default_language()


def engines_for(languages: Sequence[str], engines: Sequence[OcrEngine]) -> tuple[OcrEngine, ...]:
    """Those of `engines` that know one of the languages; all where none does, or none is given."""
    knowing = tuple(engine for engine in engines if any(engine.knows(language) for language in languages))
    return knowing or tuple(engines)
