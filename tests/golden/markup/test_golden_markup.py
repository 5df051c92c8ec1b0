"""Golden outlines of generated pages, texts, XML files and books.

After a wanted change run `python -m tests.golden.markup.test_golden_markup`, and look at the difference.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.golden.markup.sources import SOURCES
from tests.golden.typed_outline import typed_outline
from tests.support.in_process import parse_in_process

EXPECTED = Path(__file__).parent / "expected"


def outline_of(name: str, folder: Path) -> str:
    media_type, data = SOURCES[name]
    path = folder / name
    path.write_bytes(data)
    return typed_outline(parse_in_process(path, media_type).document)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_the_outline_is_the_expected_one(name: str, tmp_path: Path) -> None:
    assert outline_of(name, tmp_path) == (EXPECTED / f"{name}.json").read_text(encoding="utf-8")


if __name__ == "__main__":
    EXPECTED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        for source in SOURCES:
            (EXPECTED / f"{source}.json").write_text(outline_of(source, Path(scratch)), encoding="utf-8")
