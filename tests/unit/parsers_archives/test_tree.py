"""A file with everything inside it: each child apart, and all of them bounded."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parsers.contract import encode_tree
from parsers.detection import detect_media_type
from parsers.errors import EmptyFile, ParseCancelled
from parsers.export_tree import tree_to_csv, tree_to_html, tree_to_markdown, tree_to_text
from parsers.formats import open_document
from parsers.isolation import IsolatedParser
from parsers.model import Child, ParseOutcome
from parsers.parse import assemble, inspect, read_pages
from parsers.policy import ParseOptions
from parsers.trace import trace_tree
from parsers.tree import ParseTree, TreeLimits, parse_tree
from tests.support.in_process import FAST
from tests.unit.parsers_archives.test_archive_guard import make_zip


class InProcess:
    """What `IsolatedParser` does, in this process."""

    def __init__(self) -> None:
        self.parsed: list[str] = []

    def parse(
        self,
        path: Path,
        *,
        sha256: str,
        media_type: str,
        options: ParseOptions,
        on_progress: Callable[[int, int], None] | None = None,
        on_child: Callable[[Child, bytes], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
        **_: Any,
    ) -> ParseOutcome:
        if should_stop is not None and should_stop():
            raise ParseCancelled("The parse was cancelled.")
        self.parsed.append(sha256)
        children: list[Child] = []
        with open_document(path, media_type, options) as document:
            for index, entry in enumerate(document.children):
                data = document.read_child(index)
                try:
                    kind = detect_media_type(io.BytesIO(data), entry.name)
                except EmptyFile:
                    continue
                child = Child(name=entry.name, media_type=kind, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
                children.append(child)
                if on_child is not None:
                    on_child(child, data)
            inspection = inspect(document)
            readings = read_pages(document, 1, inspection.page_count, options)
        if on_progress is not None:
            on_progress(1, 1)
        return assemble(
            inspection, readings, [], sha256=sha256, media_type=media_type, options=options, children=children
        )


def read(content: bytes, tmp_path: Path, parser: Any = None, **asked: Any) -> ParseTree:
    path = tmp_path / "set.zip"
    path.write_bytes(content)
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    try:
        return parse_tree(
            parser or InProcess(),
            path,
            name="set.zip",
            sha256=hashlib.sha256(content).hexdigest(),
            media_type="application/zip",
            options=FAST,
            **{"scratch": scratch, **asked},
        )
    finally:
        assert list(scratch.iterdir()) == []


def outline(tree: ParseTree) -> dict[str, Any]:
    """Names of what is inside, with theirs, or the code of the error."""
    return {
        parsed.child.name: parsed.error.code if parsed.error is not None else outline(parsed.tree)
        for parsed in tree.children or ()
        if parsed.error is not None or parsed.tree is not None
    }


MAIL = (
    b"From: a@b\nSubject: prices\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nsee\n"
    b"--x\nContent-Type: text/csv\nContent-Disposition: attachment; filename=p.csv\n\nitem,price\n=1+1,2\n--x--\n"
)


@pytest.fixture
def nested() -> bytes:
    return make_zip({"mail.eml": MAIL, "deep/inner.zip": make_zip({"a.txt": b"words"}), "x.exe": b"\x7fELF\x02\x01"})


def test_everything_inside_is_read_and_what_cannot_be_is_told(nested: bytes, tmp_path: Path) -> None:
    seen: list[str] = []
    tree = read(nested, tmp_path, on_progress=lambda name, done, total: seen.append(name))
    assert outline(tree) == {
        "mail.eml": {"p.csv": {}},
        "deep/inner.zip": {"a.txt": {}},
        "x.exe": "unsupported_media_type",
    }
    assert "set.zip!/mail.eml!/p.csv" in seen


def test_the_contract_has_every_parse_in_its_place(nested: bytes, tmp_path: Path) -> None:
    contract = json.loads(b"".join(encode_tree(read(nested, tmp_path))))
    mail, inner, program = contract["children"]
    assert mail["parse"]["children"][0]["parse"]["elements"][0]["table"]["rows"] == 2
    assert inner["parse"]["children"][0]["parse"]["document"]["text"] == "words"
    assert program["error"]["code"] == "unsupported_media_type" and "parse" not in program


def test_exports_name_every_file(nested: bytes, tmp_path: Path) -> None:
    tree = read(nested, tmp_path)
    for export in (tree_to_text, tree_to_markdown, tree_to_html):
        assert "set.zip!/deep/inner.zip!/a.txt" in export(tree, "set.zip")
        assert "words" in export(tree, "set.zip")
    assert tree_to_csv(tree, "set.zip") == "item,price\r\n'=1+1,2\r\n"
    told = trace_tree(tree, "set.zip")
    assert "== set.zip!/mail.eml" in told and "! unsupported_media_type" in told


def test_without_a_scratch_folder_children_are_only_listed(nested: bytes, tmp_path: Path) -> None:
    tree = read(nested, tmp_path, scratch=None)
    assert tree.children is None and len(tree.outcome.document.children) == 3
    assert "parse" not in json.loads(b"".join(encode_tree(tree)))["children"][0]


def test_depth_number_and_size_are_bounded_for_the_whole_tree(tmp_path: Path) -> None:
    content = b"words"
    for _ in range(6):
        content = make_zip({"in.zip" if content[:2] == b"PK" else "a.txt": content})
    assert outline(read(content, tmp_path, limits=TreeLimits(depth=2))) == {
        "in.zip": {"in.zip": {"in.zip": "limit_exceeded"}}
    }
    wide = make_zip({f"{n}.txt": b"text %d" % n for n in range(10)})
    assert list(outline(read(wide, tmp_path, limits=TreeLimits(files=4))).values()) == [{}] * 4 + ["limit_exceeded"] * 6
    assert (
        list(outline(read(wide, tmp_path, limits=TreeLimits(bytes=13))).values()) == [{}] * 2 + ["limit_exceeded"] * 8
    )


def test_the_same_bytes_are_parsed_once_and_stand_in_every_place(tmp_path: Path) -> None:
    parser = InProcess()
    tree = read(make_zip({"a.txt": b"same", "b/a.txt": b"same"}), tmp_path, parser)
    assert outline(tree) == {"a.txt": {}, "b/a.txt": {}} and len(parser.parsed) == 2


def test_stopping_ends_all_of_it(nested: bytes, tmp_path: Path) -> None:
    parser = InProcess()
    with pytest.raises(ParseCancelled):
        read(nested, tmp_path, parser, should_stop=lambda: len(parser.parsed) == 2)


def test_the_same_in_sealed_processes(nested: bytes, tmp_path: Path) -> None:
    with IsolatedParser() as parser:
        sealed = read(nested, tmp_path, parser)
    assert outline(sealed) == outline(read(nested, tmp_path))
    mails = [tree.children[0].tree for tree in (sealed, read(nested, tmp_path)) if tree.children]
    assert mails[0] is not None and mails[1] is not None
    assert mails[0].outcome.document == mails[1].outcome.document
