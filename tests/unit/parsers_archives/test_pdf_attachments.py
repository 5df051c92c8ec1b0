"""Files embedded in a PDF, and files pinned to its pages, are its children."""

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


def test_files_pinned_to_pages_are_children_too_each_once(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with pymupdf.open() as document:
        document.new_page()
        document.new_page()
        first, second = document[0], document[1]
        document.embfile_add("one", b"embedded and pinned", filename="one.txt")
        first.add_file_annot((72, 72), b"embedded and pinned", "one.txt")
        first.add_text_annot((90, 90), "a remark")
        second.add_file_annot((72, 72), b"a,b\n1,2\n", "data.csv", ufilename="folder/data.csv")
        second.add_file_annot((72, 99), b"another", "one.txt")
        document.save(path)
    with open_document(path, FAST) as pages:
        assert [child.name for child in pages.children] == ["one.txt", "folder data.csv", "one.txt"]
        contents = [pages.read_child(number) for number in range(3)]
    assert contents == [b"embedded and pinned", b"a,b\n1,2\n", b"another"]


def test_an_annotation_whose_file_is_missing_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    with pymupdf.open() as document:
        page = document.new_page()
        annotation = page.add_file_annot((72, 72), b"gone", "gone.txt")
        document.xref_set_key(annotation.xref, "FS/EF", "null")
        document.save(path)
    with open_document(path, FAST) as pages:
        assert list(pages.children) == []
