"""A vision model asked about whole documents: drawn in the sealed worker, within the budget, and never at any price."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from parsers.detection import PDF
from parsers.isolation import IsolatedParser
from parsers.model import Document, ElementKind, LedgerState, ParseOutcome
from parsers.parse import parse_id
from parsers.policy import ParseOptions, ParsePolicy
from parsers.vision import Vision, VisionAnswer, VisionKind, VisionModel, VisionRequest
from tests.support import pdfs
from tests.unit.parsers_ocr import scans

NAME = "test-model"
OPTIONS = ParseOptions(vision_model=NAME)
PRICE = 0.01
TRUTH = (
    "# Harbour\n\n" + " ".join(scans.PROSE) + "\n\n<table><tr><th>Berth</th><th>2025</th><th>2024</th></tr>"
    "<tr><td>North quay</td><td>12,340</td><td>11,905</td></tr><tr><td>South quay</td><td>8,771</td><td>9,016</td></tr>"
    "</table>\n\n[a link](https://example.org/) ![a picture](x.png)"
)

Make = Callable[..., IsolatedParser]


@pytest.fixture
def parser_with() -> Iterator[Make]:
    made: list[IsolatedParser] = []

    def make(model: VisionModel, **limits: object) -> IsolatedParser:
        given = {"request_usd": PRICE, "budget_usd": 1.0, **limits}
        made.append(IsolatedParser(vision=Vision(name=NAME, model=model, **given)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for parser in made:
        parser.close()


def _parse(
    parser: IsolatedParser, path: Path, media_type: str, options: ParseOptions = OPTIONS, **more: object
) -> ParseOutcome:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return parser.parse(path, sha256=sha256, media_type=media_type, options=options, **more)  # type: ignore[arg-type]


def _codes(document: Document) -> list[str]:
    return [finding.code for finding in document.ledger.findings]


@pytest.fixture(scope="module")
def poor_scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Coarse, noisy, and lying on its side."""
    path = tmp_path_factory.mktemp("vision") / "scan.png"
    path.write_bytes(scans.encoded(scans.scan(dpi=80, noise=45, quarter_turns=1)))
    return path


def test_a_poor_scan_is_read_by_the_model(parser_with: Make, poor_scan: Path) -> None:
    asked: list[VisionRequest] = []

    def model(request: VisionRequest) -> VisionAnswer:
        asked.append(request)
        return VisionAnswer(text=f"```markdown\n{TRUTH}\n```", cost_usd=0.004)

    outcome = _parse(parser_with(model), poor_scan, "image/png")
    document = outcome.document
    (request,) = asked
    picture = Image.open(io.BytesIO(request.image))
    assert request.kind is VisionKind.PAGE and picture.width > picture.height, "it is shown upright"
    assert f"image/{(picture.format or '').lower()}" == request.media_type
    assert [element.kind for element in document.elements[:3]] == [
        ElementKind.HEADING,
        ElementKind.PARAGRAPH,
        ElementKind.TABLE,
    ]
    assert "1,204 arrivals and 877 departures" in document.text and "otfice" not in document.text
    for element in document.elements:
        assert document.text[element.start : element.end] == element.text
        assert element.links == () and element.kind is not ElementKind.FIGURE
        assert element.derivation.extractor == f"vision:{NAME}" and element.derivation.cost_usd == 0.004
        assert element.bbox is not None and not any(region.boxes for region in element.regions), "no invented lines"
        assert element.bbox == (0.0, 0.0, document.pages[0].width, document.pages[0].height)
    table = document.elements[2].table
    assert table is not None and [cell.text for cell in table.cells if cell.header] == ["Berth", "2025", "2024"]
    assert "read_by_vision_model" in _codes(document) and "ocr_uncertain" not in _codes(document)
    assert document.ledger.state is LedgerState.COMPLETE and document.ledger.text_coverage == 1.0
    assert outcome.measurements.cost_usd == pytest.approx(0.004)
    assert (
        document.parse_id
        == parse_id(document.document.sha256, OPTIONS)
        != parse_id(document.document.sha256, ParseOptions())
    )


def test_a_text_made_up_is_not_taken(parser_with: Make, poor_scan: Path) -> None:
    invented = (
        "The minister said that 4,500 new flats and 12 schools would be built by 2031 in the northern districts. " * 2
    )
    outcome = _parse(parser_with(lambda _: VisionAnswer(text=invented, cost_usd=0.004)), poor_scan, "image/png")
    assert "flats" not in outcome.document.text and "harbour" in outcome.document.text
    assert "vision_rejected" in _codes(outcome.document)
    assert outcome.measurements.cost_usd == pytest.approx(0.004), "it was paid for nevertheless"


def _refusing(_: VisionRequest) -> VisionAnswer:
    raise AssertionError("nobody may be asked")


def test_nobody_is_asked_unless_the_options_name_the_model(parser_with: Make, tmp_path: Path) -> None:
    path = tmp_path / "plain.pdf"
    path.write_bytes(pdfs.ruled_table())
    parser = parser_with(_refusing)
    plain = _parse(parser, path, PDF, ParseOptions()).document
    sure = _parse(parser, path, PDF).document
    assert (plain.policy, sure.policy) == ("balanced", f"balanced+vision:{NAME}")
    assert plain.text == sure.text and plain.parse_id != sure.parse_id
    assert not any(code.startswith("vision") for code in _codes(sure)), "sure pages ask nothing"
    with pytest.raises(ValueError, match="another"):
        _parse(parser, path, PDF, ParseOptions(vision_model="another"))


def test_figures_are_described_under_best(parser_with: Make, tmp_path: Path) -> None:
    path = tmp_path / "figure.pdf"
    image = tmp_path / "image.png"
    Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 40).save(image)
    path.write_bytes(_page_with_picture(image))
    options = ParseOptions(policy=ParsePolicy.BEST, vision_model=NAME)
    parser = parser_with(lambda request: VisionAnswer(text=f"A {request.kind} of a set.\n\nIt is black."))
    document = _parse(parser, path, PDF, options).document
    (figure,) = [element for element in document.elements if element.kind is ElementKind.FIGURE]
    assert figure.text == "A figure of a set.\nIt is black."
    assert figure.role == "alt_text" and figure.image is not None
    assert "harbour" in document.text


def _page_with_picture(image: Path) -> bytes:
    import pymupdf

    with pymupdf.open() as document:
        page = document.new_page(width=400, height=500)
        page.insert_text((50, 60), "The harbour office keeps the ferry running.", fontsize=11)
        page.insert_image(pymupdf.Rect(50, 100, 350, 300), filename=image)
        data: bytes = document.tobytes(no_new_id=True)
    return data
