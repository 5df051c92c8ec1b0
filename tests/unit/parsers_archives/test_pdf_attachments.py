"""Files embedded in a PDF are its children."""

from __future__ import annotations

from pathlib import Path

import pymupdf

from parsers.backends.pdf import open_document
from tests.support.in_process import FAST


def test_embedded_files_are_children(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with pymupdf.open() as document:
        document.new_page()
        document.embfile_add("one", b"a,b\n1,2\n", filename="folder/data.csv")
        document.embfile_add("two", b"words", filename="two.txt")
        document.save(path)
    with open_document(path, FAST) as pages:
        assert [child.name for child in pages.children] == ["folder data.csv", "two.txt"]
        assert [pages.read_child(0), pages.read_child(1)] == [b"a,b\n1,2\n", b"words"]
