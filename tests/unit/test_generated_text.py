"""What the corpus looks like in each format, and how much of it a parse has in order."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rapidfuzz", reason="rapidfuzz is not installed: pip install -e '.[bench]'")

from benchmarks.generated_documents import WRITERS
from benchmarks.generated_text import GOAL, main, measure, true_text
from eval_data.generate import SOURCES
from eval_data.markup import read_source
from tests.support.in_process import FAST

SMALL = SOURCES / "tamsin-print-invoice.md"


@pytest.mark.parametrize("kind", sorted(set(WRITERS) - {"scan"}))
def test_every_format_is_read_as_it_was_written(kind: str, tmp_path: Path) -> None:
    result = measure(read_source(SMALL), kind, FAST, tmp_path)
    assert result.likeness.theirs > 300
    assert result.likeness.in_order >= GOAL, result.missed


def test_text_in_another_order_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = read_source(SMALL)
    monkeypatch.setitem(WRITERS, "txt", lambda _: true_text(source, "txt")[::-1].encode())
    result = measure(source, "txt", FAST, tmp_path)
    assert result.likeness.in_any_order == pytest.approx(1.0, abs=0.02)
    assert result.likeness.in_order < GOAL
    assert result.missed


def test_the_command_prints_a_line_for_each_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "small.md").write_text(SMALL.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["--formats", "txt,csv", "--sources", str(tmp_path), "--output", str(tmp_path / "out.json")]) == 0
    printed = capsys.readouterr().out
    assert "| txt | 1 | 1.0000 |" in printed
    assert (tmp_path / "out.json").exists()
