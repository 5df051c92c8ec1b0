"""Pages read from their pixels: any way up, skewed, noisy, coarse; by each engine."""

from __future__ import annotations

import pytest
from PIL import Image

from parsers.ocr.base import OcrEngine
from parsers.ocr.engines import engines_for, installed_engines
from parsers.ocr.first_look import look_at
from parsers.ocr.rapid import RapidEngine
from parsers.ocr.raster import image_of
from parsers.ocr.reading import read_page, read_region
from parsers.policy import ParseOptions, ParsePolicy
from tests.unit.parsers_ocr.scans import HEIGHT, PROSE, WIDTH, page_of, pixels_of, scan, word_f1

OPTIONS = ParseOptions()
RAPID: tuple[OcrEngine, ...] = (RapidEngine(),)


def words_of(image: Image.Image, dpi: float = 200.0, engines: tuple[OcrEngine, ...] | None = None) -> str:
    reading = read_page(page_of(image, dpi), OPTIONS, reason="", engines=engines)
    return "" if reading is None else " ".join(line.text for line in reading.lines)


@pytest.mark.parametrize("engine", installed_engines(), ids=lambda engine: engine.name)
def test_each_engine_reads_a_clean_page(engine: OcrEngine) -> None:
    assert word_f1(words_of(scan(), engines=(engine,))) >= 0.95


@pytest.mark.parametrize(
    ("condition", "least"),
    [({"noise": 18.0, "skew": 1.3}, 0.95), ({"dpi": 100}, 0.95), ({"quarter_turns": 2, "skew": -2.0}, 0.95)],
)
def test_the_default_engine_reads_poor_scans(condition: dict[str, float], least: float) -> None:
    image = scan(**condition)  # type: ignore[arg-type]
    assert word_f1(words_of(image, condition.get("dpi", 200), RAPID)) >= least


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
@pytest.mark.parametrize("skew", [0.0, 3.0])
def test_a_look_tells_the_way_up_and_the_skew(quarter_turns: int, skew: float) -> None:
    look = look_at(image_of(pixels_of(scan(quarter_turns=quarter_turns, skew=skew))))
    assert look is not None
    assert look.quarter_turns == -quarter_turns % 4
    assert look.skew == pytest.approx(skew, abs=0.4)


def test_a_picture_without_text_is_not_read() -> None:
    assert read_page(page_of(Image.new("RGB", (600, 400), (120, 160, 90))), OPTIONS, reason="") is None


def test_words_stand_where_they_are_printed() -> None:
    reading = read_page(page_of(scan()), OPTIONS, reason="", engines=RAPID)
    assert reading is not None
    line = next(line for line in reading.lines if line.text.startswith("The harbour"))
    assert line.bbox[0] == pytest.approx(60, abs=2)
    assert line.baseline == pytest.approx(60, abs=1.5)
    assert line.style.size == pytest.approx(12, rel=0.2)
    assert all(left.bbox[2] <= right.bbox[0] for left, right in zip(line.words, line.words[1:], strict=False))
    figure = next(line for line in reading.lines if line.text == "9,016")
    assert figure.bbox[0] == pytest.approx(340, abs=2)


def test_a_turned_page_is_told_upright() -> None:
    reading = read_page(page_of(scan(quarter_turns=1)), OPTIONS, reason="", engines=RAPID)
    assert reading is not None and reading.quarter_turns == 3
    line = next(line for line in reading.lines if line.text.startswith("The harbour"))
    assert line.bbox[0] == pytest.approx(60, abs=2)
    assert all(0 <= line.bbox[0] < line.bbox[2] <= WIDTH and line.bbox[3] <= HEIGHT for line in reading.lines)


def test_a_region_is_read_where_it_stands() -> None:
    read = read_region(page_of(scan(quarter_turns=1)), (180.0, 0.0, HEIGHT, WIDTH), OPTIONS, engines=RAPID)
    assert read is not None
    lines, derivation = read
    assert [line.text for line in lines if line.text == PROSE[1]] == [PROSE[1]]
    line = next(line for line in lines if line.text == PROSE[1])
    assert line.direction == (0.0, 1.0)
    # Turned clockwise, what stood 78 points below the top now stands 78 points left of the right edge.
    assert line.baseline == pytest.approx(HEIGHT - 78, abs=2)
    assert line.bbox[1] == pytest.approx(60, abs=2)
    assert derivation.extractor == "rapidocr"


def test_the_same_picture_gives_the_same_reading() -> None:
    page = page_of(scan(noise=10.0))
    assert read_page(page, OPTIONS, reason="", engines=RAPID) == read_page(page, OPTIONS, reason="", engines=RAPID)


class Fake:
    """An engine that reads nothing, and is so sure of it."""

    version = "1"

    def __init__(self, name: str, price: float, languages: str = "en") -> None:
        self.name, self.price, self.languages = name, price, languages

    def knows(self, language: str) -> bool:
        return language in self.languages.split()

    def read(self, pixels: object, languages: object) -> tuple[()]:
        return ()


def asked(image: Image.Image, options: ParseOptions, dpi: float = 200.0) -> list[str]:
    engines = (Fake("cheap", 2.0), Fake("robust", 4.0))
    reading = read_page(page_of(image, dpi), options, reason="", engines=engines)
    return [] if reading is None else [attempt.extractor for attempt in reading.derivation.attempts]


def test_the_cheap_engine_goes_first_and_the_robust_one_when_it_is_unsure() -> None:
    assert asked(scan(), OPTIONS) == ["cheap", "robust"]
    assert asked(scan(), ParseOptions(policy=ParsePolicy.FAST)) == ["cheap"]


def test_poor_pictures_and_the_best_policy_go_to_the_robust_engine() -> None:
    assert asked(scan(noise=18.0), OPTIONS) == ["robust"]
    assert asked(scan(dpi=90), OPTIONS, dpi=90) == ["robust"]
    assert asked(scan(), ParseOptions(policy=ParsePolicy.BEST)) == ["robust"]


def test_a_budget_bounds_what_is_asked() -> None:
    assert asked(scan(noise=18.0), ParseOptions(policy=ParsePolicy.BEST, page_budget=3.0)) == ["cheap"]
    assert asked(scan(), ParseOptions(policy=ParsePolicy.BEST, page_budget=1.0)) == []


def test_a_language_goes_to_an_engine_that_knows_it() -> None:
    engines = (Fake("cheap", 2.0, "en ru"), Fake("robust", 4.0, "en"))
    assert [engine.name for engine in engines_for(("ru",), engines)] == ["cheap"]
    assert len(engines_for((), engines)) == len(engines_for(("xx",), engines)) == 2
