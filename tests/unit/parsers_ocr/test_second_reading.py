"""What the cheap engine is unsure of is read again place by place; numbers of the processor are left as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from parsers.ocr.base import OcrLine, OcrWord
from parsers.ocr.detection import TextPlace
from parsers.ocr.first_look import look_at
from parsers.ocr.float_mode import denormals_as_zero
from parsers.ocr.judging import is_grainy, noise_of
from parsers.ocr.models import Image
from parsers.ocr.rapid import RapidEngine
from parsers.ocr.raster import image_of, smooth
from parsers.ocr.reading import read_page
from parsers.ocr.second_reading import SecondReading, read_again
from parsers.policy import ParseOptions, ParsePolicy
from tests.unit.parsers_ocr.scans import PROSE, page_of, pixels_of, scan


@pytest.fixture(scope="module")
def image() -> Image:
    return image_of(pixels_of(scan()))


@pytest.fixture(scope="module")
def places(image: Image) -> tuple[TextPlace, ...]:
    look = look_at(image)
    assert look is not None
    return look.places


@pytest.fixture(scope="module")
def sure() -> tuple[OcrLine, ...]:
    """The lines of the page, with nothing to doubt."""
    lines = RapidEngine().read(pixels_of(scan()), ("en",))
    return tuple(with_confidence(line, 0.97) for line in lines)


def with_confidence(line: OcrLine, confidence: float) -> OcrLine:
    return replace(line, words=tuple(replace(word, confidence=confidence) for word in line.words))


def again(image: Image, lines: list[OcrLine], places: tuple[TextPlace, ...], price_limit: float = 4.0) -> SecondReading:
    return read_again(image, lines, places, (), price_limit)


def texts(reading: SecondReading) -> list[str]:
    return sorted(line.text for line in reading.lines)


def test_what_is_sure_stays_and_costs_nothing(
    image: Image, places: tuple[TextPlace, ...], sure: tuple[OcrLine, ...]
) -> None:
    reading = again(image, list(sure), places)
    assert (reading.places, reading.price) == (0, 0.0)
    assert texts(reading) == sorted(line.text for line in sure)


def test_a_doubtful_line_is_read_again_and_stands_where_it_stood(
    image: Image, places: tuple[TextPlace, ...], sure: tuple[OcrLine, ...]
) -> None:
    before = next(line for line in sure if line.text == PROSE[2])
    nonsense = tuple(OcrWord(text="x", bbox=word.bbox, confidence=0.5) for word in before.words)
    wrong = [replace(line, words=nonsense) if line is before else line for line in sure]
    reading = again(image, wrong, places)
    assert reading.places == 1 and reading.price > 0
    assert texts(reading) == sorted(line.text for line in sure)
    after = next(line for line in reading.lines if line.text == PROSE[2])
    assert (after.baseline, after.size) == (before.baseline, before.size)


def test_a_place_with_nothing_read_is_read(
    image: Image, places: tuple[TextPlace, ...], sure: tuple[OcrLine, ...]
) -> None:
    reading = again(image, [line for line in sure if line.text != "9,016"], places)
    assert reading.places == 1
    assert texts(reading) == sorted(line.text for line in sure)


def test_the_price_bounds_it(image: Image, places: tuple[TextPlace, ...], sure: tuple[OcrLine, ...]) -> None:
    doubtful = [with_confidence(line, 0.5) for line in sure]
    everything = again(image, doubtful, places)
    assert everything.places == len(places)
    bounded = again(image, doubtful, places, everything.price / 2)
    assert 0 < bounded.places < len(places) and bounded.price <= everything.price / 2
    assert len(bounded.lines) == len(everything.lines)


def test_a_sign_of_currency_apart_from_its_figure_is_a_word() -> None:
    drawn = np.full((60, 300, 3), 255, dtype=np.uint8)
    for stroke in (20, 29, 60, 69, 76, 85):
        drawn[15:45, stroke : stroke + 3] = 0

    def line(text: str, left: float, right: float) -> OcrLine:
        word = OcrWord(text=text, bbox=(left, 15.0, right, 45.0), confidence=0.97)
        return OcrLine(words=(word,), bbox=word.bbox, baseline=45.0, size=40.0, confidence=0.97)

    apart = read_again(drawn, [line("$50", 20.0, 88.0)], (), (), 0.0).lines
    assert [word.text for word in apart[0].words] == ["$", "50"]
    assert apart[0].words[0].bbox[2] == pytest.approx(32, abs=1)
    assert apart[0].words[1].bbox[0] == pytest.approx(60, abs=1)
    together = read_again(drawn[:, 56:], [line("€50", 4.0, 32.0)], (), (), 0.0).lines
    assert [word.text for word in together[0].words] == ["€50"]


def test_a_flat_stroke_is_a_dash() -> None:
    word = OcrWord(text="_", bbox=(20.0, 28.0, 50.0, 31.0), confidence=0.9)
    line = OcrLine(words=(word,), bbox=word.bbox, baseline=45.0, size=40.0, confidence=0.9)
    blank = np.full((60, 100, 3), 255, dtype=np.uint8)
    assert [line.text for line in read_again(blank, [line], (), (), 0.0).lines] == ["—"]


def test_fast_reads_again_within_its_budget() -> None:
    class Unsure:
        """Reads one wrong line, and says so."""

        name, version, price = "cheap", "1", 2.0

        def knows(self, language: str) -> bool:
            return True

        def read(self, pixels: object, languages: object) -> tuple[OcrLine, ...]:
            sure = OcrWord(text="sure", bbox=(1.0, 1.0, 3.0, 3.0), confidence=0.99)
            words = tuple(OcrWord(text="the", bbox=sure.bbox, confidence=0.99) for _ in range(9))
            return (OcrLine(words=(sure, *words), bbox=sure.bbox, baseline=3.0, size=3.0, confidence=0.99),)

    options = ParseOptions(policy=ParsePolicy.FAST)
    reading = read_page(page_of(scan()), options, reason="", engines=(Unsure(), RapidEngine()))
    assert reading is not None
    assert {PROSE[1], "9,016"} <= {line.text for line in reading.lines}
    assert 2.0 < reading.derivation.price <= 4.1
    assert "read" in reading.derivation.attempts[0].outcome


def test_denormals_are_zero_only_inside() -> None:
    small = np.float32(1e-39)
    with denormals_as_zero():
        inside = np.full(64, small) * np.full(64, np.float32(1.0))
    outside = np.full(64, small) * np.full(64, np.float32(1.0))
    assert not inside.any() and outside.all()


def test_grain_is_smoothed_before_reading() -> None:
    clean = image_of(pixels_of(scan()))
    grain = np.random.default_rng(3).normal(0, 25, clean.shape[:2])[..., None]
    grainy = np.clip(clean + grain, 0, 255).astype(np.uint8)
    assert is_grainy(grainy) and not is_grainy(clean)
    assert noise_of(smooth(grainy)[..., 0])[0] < noise_of(grainy[..., 0])[0] / 2
