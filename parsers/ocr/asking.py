"""Which engine reads an upright raster, and what is done where it is not sure of what it read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parsers.model import Attempt, Derivation
from parsers.ocr.base import OcrEngine, OcrLine
from parsers.ocr.detection import TextPlace
from parsers.ocr.judging import confidence_of, is_lost
from parsers.ocr.models import Image
from parsers.ocr.rapid import RapidEngine
from parsers.ocr.raster import pixels_of
from parsers.ocr.second_reading import read_again
from parsers.policy import ParseOptions, ParsePolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An upright, straight raster and the places of text in it; whether it is free of noise and its letters are large.

    `engines` are those that may be asked, cheapest first, at least one; `budget` is what they may cost together.
    """

    image: Image
    places: Sequence[TextPlace]
    clean: bool
    engines: Sequence[OcrEngine]
    budget: float


def ask(question: Question, options: ParseOptions, reason: str) -> tuple[tuple[OcrLine, ...], Derivation]:
    """The lines, and how they came to be: the reason given, and what was decided here."""
    cheap, robust = question.engines[0], question.engines[-1]
    why = _why_robust(cheap, robust, options, question)
    if why:
        answer = _whole(robust, question, options, ())
    else:
        why = f"The picture is clean: {cheap.name} is asked first." if cheap is not robust else ""
        why = why or f"{cheap.name} is the engine at hand."
        answer = _cheaply(cheap, robust, question, options)
    lines, engine, price, attempts = answer
    return lines, Derivation(
        extractor=engine.name,
        version=engine.version,
        confidence=attempts[-1].confidence,
        reason=f"{reason} {why}",
        price=price,
        attempts=attempts,
    )


def _why_robust(cheap: OcrEngine, robust: OcrEngine, options: ParseOptions, question: Question) -> str:
    """Why the cheap engine is not even asked; "" where it is."""
    if cheap is robust:
        return ""
    if options.policy is ParsePolicy.BEST and options.page_budget is None:
        return f"The policy asks for the robust engine, {robust.name}."
    if not question.clean:
        return f"The picture is noisy or coarse: {robust.name} is robust to that."
    return ""


_Answer = tuple[tuple[OcrLine, ...], OcrEngine, float, tuple[Attempt, ...]]


def _whole(engine: OcrEngine, question: Question, options: ParseOptions, before: tuple[Attempt, ...]) -> _Answer:
    lines = engine.read(pixels_of(question.image), options.languages)
    return lines, engine, engine.price, (*before, _attempt(engine, lines, "accepted"))


def _cheaply(cheap: OcrEngine, robust: OcrEngine, question: Question, options: ParseOptions) -> _Answer:
    """The cheap engine's reading, what it is unsure of read again; the robust engine's where the cheap one is lost."""
    lines, _, price, attempts = _whole(cheap, question, options, ())
    if cheap is robust:
        return lines, cheap, price, attempts
    if is_lost(lines) and price + robust.price <= question.budget:
        lost = _attempt(cheap, lines, "too many words are uncertain")
        read, _, more, attempts = _whole(robust, question, options, (lost,))
        if attempts[-1].confidence >= lost.confidence:
            return read, robust, price + more, attempts
        return lines, cheap, price + more, (attempts[-1], lost)
    if isinstance(robust, RapidEngine):
        again = read_again(question.image, lines, question.places, options.languages, question.budget - price)
        lines, price = again.lines, round(price + again.price, 4)
        if again.places:
            outcome = f"accepted; {robust.name} read {again.places} uncertain places again"
            attempts = (_attempt(cheap, lines, outcome),)
    return lines, cheap, price, attempts


def _attempt(engine: OcrEngine, lines: Sequence[OcrLine], outcome: str) -> Attempt:
    return Attempt(extractor=engine.name, version=engine.version, confidence=confidence_of(lines), outcome=outcome)
