"""Golden outlines of generated ODS files.

After a wanted change run `python -m tests.golden.ods.test_golden.ods`, and look at the difference.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.golden.ods.sources import SOURCES
from tests.golden.sheet_outline import sheet_outline
from tests.support.in_process import parse_in_process
from tests.support.office_packages import ODS

EXPECTED = Path(__file__).parent / "expected"


def outline_of(name: str, folder: Path) -> str:
    path = folder / f"{name}.ods"
    path.write_bytes(SOURCES[name]())
    return sheet_outline(parse_in_process(path, ODS).document)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_outline_is_the_expected_one(name: str, tmp_path: Path) -> None:
    assert outline_of(name, tmp_path) == (EXPECTED / f"{name}.json").read_text(encoding="utf-8")


def test_the_sources_are_the_same_bytes_every_time() -> None:
    assert {name: make() for name, make in SOURCES.items()} == {name: make() for name, make in SOURCES.items()}


if __name__ == "__main__":
    EXPECTED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for source in SOURCES:
            (EXPECTED / f"{source}.json").write_text(outline_of(source, Path(scratch)), encoding="utf-8")
