from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.ingest_files import BATCH_BYTES, BATCH_FILES, LocalFile, batches, find_files
from services.failures import WrongUsage


def _write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_a_folder_gives_names_below_it_and_no_hidden_files(tmp_path: Path) -> None:
    _write(tmp_path, "b.pdf", "sub/a.pdf", ".git/x.pdf", "sub/.hidden.pdf")
    assert [file.name for file in find_files([str(tmp_path)], [])] == ["b.pdf", "sub/a.pdf"]


def test_include_matches_the_last_part_or_the_whole_name(tmp_path: Path) -> None:
    _write(tmp_path, "a.pdf", "a.txt", "sub/b.pdf")
    assert [file.name for file in find_files([str(tmp_path)], ["*.pdf"])] == ["a.pdf", "sub/b.pdf"]
    assert [file.name for file in find_files([str(tmp_path)], ["sub/*"])] == ["sub/b.pdf"]


def test_a_glob_pattern_gives_its_files_and_each_file_counts_once(tmp_path: Path) -> None:
    _write(tmp_path, "a.pdf", "b.pdf")
    found = find_files([str(tmp_path / "*.pdf"), str(tmp_path / "a.pdf")], [])
    assert [file.name for file in found] == ["a.pdf", "b.pdf"]


def test_two_files_of_one_name_are_refused_instead_of_one_hiding_the_other(tmp_path: Path) -> None:
    _write(tmp_path, "2023/report.pdf", "2024/report.pdf")
    with pytest.raises(WrongUsage, match=r"both be called report\.pdf"):
        find_files([str(tmp_path / "2023"), str(tmp_path / "2024")], [])


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="nowhere"):
        find_files([str(tmp_path / "nowhere")], [])


@given(st.lists(st.integers(0, 3 * BATCH_BYTES), max_size=60))
def test_batches_keep_every_file_in_order_and_within_the_limits(sizes: list[int]) -> None:
    files = [LocalFile(name=str(number), path=Path(str(number)), size=size) for number, size in enumerate(sizes)]
    groups = list(batches(files))
    assert [file for group in groups for file in group] == files
    for group in groups:
        assert 1 <= len(group) <= BATCH_FILES
        assert len(group) == 1 or sum(file.size for file in group) <= BATCH_BYTES
