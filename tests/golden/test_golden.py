"""Golden outlines of generated files, format by format: `FORMAT/sources.py` makes them, `FORMAT/expected/` holds them.

After a wanted change run `python -m tests.golden.test_golden`, and look at the difference.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from parsers.formats import PDF
from parsers.media_types import EML
from parsers.model import Document
from tests.golden.pdf.outline import outline
from tests.golden.sheet_outline import sheet_outline
from tests.golden.typed_outline import typed_outline
from tests.support.in_process import parse_in_process
from tests.support.office_packages import DOCX, ODP, ODS, ODT, RTF
from tests.support.sheets_and_slides import CSV, JSON, PPTX, XLS, XLSX

HERE = Path(__file__).parent

# The folder, which is also the ending of its files; their media type; what of a parse is kept.
FORMATS: Mapping[str, tuple[str, Callable[[Document], str]]] = {
    "csv": (CSV, typed_outline),
    "docx": (DOCX, typed_outline),
    "eml": (EML, typed_outline),
    "json": (JSON, typed_outline),
    "odp": (ODP, sheet_outline),
    "ods": (ODS, sheet_outline),
    "odt": (ODT, typed_outline),
    "pdf": (PDF, outline),
    "pptx": (PPTX, sheet_outline),
    "rtf": (RTF, typed_outline),
    "xls": (XLS, sheet_outline),
    "xlsx": (XLSX, sheet_outline),
}


def sources_of(ending: str) -> Mapping[str, Callable[[], bytes]]:
    sources: Mapping[str, Callable[[], bytes]] = importlib.import_module(f"tests.golden.{ending}.sources").SOURCES
    return sources


CASES = [(ending, name) for ending in FORMATS for name in sorted(sources_of(ending))]


def outline_of(ending: str, name: str, folder: Path) -> str:
    media_type, outline_as = FORMATS[ending]
    path = folder / f"{name}.{ending}"
    path.write_bytes(sources_of(ending)[name]())
    return outline_as(parse_in_process(path, media_type).document)


def expected_of(ending: str, name: str) -> Path:
    return HERE / ending / "expected" / f"{name}.json"


@pytest.mark.parametrize(("ending", "name"), CASES)
def test_the_outline_is_the_expected_one(ending: str, name: str, tmp_path: Path) -> None:
    assert outline_of(ending, name, tmp_path) == expected_of(ending, name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("ending", "name"), CASES)
def test_a_source_is_the_same_bytes_every_time(ending: str, name: str) -> None:
    make = sources_of(ending)[name]
    assert make() == make()


@pytest.mark.parametrize("ending", FORMATS)
def test_nothing_is_expected_of_a_source_that_is_gone(ending: str) -> None:
    assert {path.stem for path in (HERE / ending / "expected").iterdir()} == set(sources_of(ending))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for one, source in CASES:
            expected_of(one, source).parent.mkdir(exist_ok=True)
            expected_of(one, source).write_text(outline_of(one, source, Path(scratch)), encoding="utf-8")
