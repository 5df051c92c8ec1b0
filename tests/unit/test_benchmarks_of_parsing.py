"""What the benchmarks of parsing compute, on pages and tables that can be checked by hand."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

pytest.importorskip("rapidfuzz", reason="rapidfuzz is not installed: pip install -e '.[bench]'")

from benchmarks import parse_cost, text_fidelity
from benchmarks.independent_text import comparable, likeness, read_by_mupdf, read_printed, word_f1
from benchmarks.page_sample import choose_pages, cut_pages
from benchmarks.parse_strategies import Read, ours, parse_here, text_of_page
from benchmarks.table_truth import table_f1, tables_of, tables_of_html, true_tables
from parsers.policy import parse_policy
from tests.support import pdfs

FAST = parse_policy("fast")
TRUTH = """<document><table id="1"><region id="0" page="1">
<cell start-row="0" start-col="0" end-col="1"><content>Both</content></cell>
<cell start-row="1" start-col="0"><content>a</content></cell>
<cell start-row="1" start-col="1"><content>b</content></cell></region></table></document>"""


def numbered_pages(count: int) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    for number in range(1, count + 1):
        canvas.drawString(72, 700, f"Page {number} tells of the ferry, of the lighthouse, and of little else.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "papers"
    target.mkdir()
    for name, count in {"a.pdf": 4, "b.pdf": 2, "c.pdf": 6}.items():
        (target / name).write_bytes(numbered_pages(count))
    (target / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    return target


def test_a_sample_is_spread_over_all_pages_and_cut_out(folder: Path, tmp_path: Path) -> None:
    everything = choose_pages(folder)
    assert [(document.path.name, len(document.pages), document.whole) for document in everything] == [
        ("a.pdf", 4, True),
        ("b.pdf", 2, True),
        ("c.pdf", 6, True),
    ]
    some = choose_pages(folder, 4)
    assert [(document.path.name, document.pages) for document in some] == [
        ("a.pdf", (2,)),
        ("b.pdf", (1,)),
        ("c.pdf", (2, 5)),
    ]
    pieces = [path for _, path in cut_pages(some, tmp_path)]
    assert [len(read_printed(path)) for path in pieces] == [1, 1, 2]
    assert read_printed(pieces[2])[1].text == read_printed(folder / "c.pdf")[4].text


def test_images_are_taken_where_asked_but_not_beside_their_pdf(folder: Path) -> None:
    for name in ("a.png", "scan.png"):
        (folder / name).write_bytes(pdfs.SAMPLES["two_columns"]())  # what is in it does not matter here
    assert [one.path.name for one in choose_pages(folder, images=True) if one.path.suffix != ".pdf"] == ["scan.png"]


def test_a_folder_may_have_a_limit_of_its_own(folder: Path) -> None:
    assert parse_cost.folder_and_limit(f"{folder}:4", 9) == (folder, 4)
    assert parse_cost.folder_and_limit(str(folder), 9) == (folder, 9)
    named = folder.with_name("year:2024")
    named.mkdir()
    assert parse_cost.folder_and_limit(str(named), None) == (named, None)


def test_likeness_counts_characters_in_order_and_in_any_order() -> None:
    assert comparable("o\ufb03ce\u2010 \u00ad\n1\u20132") == "office-1-2"
    moved = likeness("abcdef", "defabc")
    assert (moved.in_order, moved.in_any_order, moved.surplus) == (0.5, 1.0, 0.0)
    assert likeness("abcd", "ab cdxxxx").surplus == 0.5
    assert likeness("", "x").in_order == 1.0
    assert word_f1("one two three", "three one four") == pytest.approx(2 / 3)


def test_tables_are_compared_with_the_truth_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x-001.pdf"
    assert true_tables(path) == []
    (tmp_path / "x-001-str.xml").write_text(TRUTH, encoding="utf-8")
    truths = true_tables(path)
    right = "<table><tr><th colspan=2>BOTH</th></tr><tr><td>a</td><td> b</td></tr></table>"
    assert table_f1(truths, tables_of_html(right)) == 1.0
    assert table_f1(truths, tables_of_html(right.replace("colspan=2", ""))) == pytest.approx(4 / 5)
    assert table_f1(truths, tables_of_html(right) * 2) == pytest.approx(2 / 3)
    assert table_f1(truths, tables_of_html("")) == 0.0


def test_spans_in_html_reserve_their_places() -> None:
    (cells,) = tables_of_html("<table><tr><td rowspan=2>a</td><td>b</td></tr><tr><td>c</td></tr></table>")
    assert [(cell.text, cell.row, cell.column, cell.row_span) for cell in cells] == [
        ("a", 0, 0, 2),
        ("b", 0, 1, 1),
        ("c", 1, 1, 1),
    ]


def test_our_own_tables_and_pages_are_read_from_the_document(tmp_path: Path) -> None:
    path = tmp_path / "ruled.pdf"
    path.write_bytes(pdfs.SAMPLES["ruled_table"]())
    document = parse_here(path, FAST)
    rows = "".join(f"<tr>{''.join(f'<td>{text}</td>' for text in row)}</tr>" for row in pdfs.RULED_ROWS)
    assert table_f1([tables_of_html(f"<table>{rows}</table>")], tables_of(document)) == 1.0
    assert "Stainless steel" in text_of_page(document, 1)
    assert text_of_page(document, 2) == ""


def test_text_and_boxes_that_are_right_are_found_right(folder: Path) -> None:
    (folder / "two.pdf").write_bytes(pdfs.SAMPLES["two_columns"]())
    for sampled in choose_pages(folder):
        document, printed = parse_here(sampled.path, FAST), read_printed(sampled.path)
        pages, spans = text_fidelity.measure_document(sampled, document, printed, read_by_mupdf(sampled.path))
        assert pages and all(page.likeness.in_order > 0.99 for page in pages)
        assert spans and all(span.same and span.offsets for span in spans)


def test_a_wrong_box_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    path.write_bytes(pdfs.SAMPLES["two_columns"]())
    (printed,) = read_printed(path)
    box = parse_here(path, FAST).elements[1].regions[0].boxes[0]
    below = (box[0], box[1] + 14, box[2], box[3] + 14)
    (second,) = read_by_mupdf(path)
    assert comparable(second.under([box])) == printed.under([box])
    assert printed.under([box]) and printed.under([box]) != printed.under([below])


def test_a_strategy_that_fails_has_read_nothing(folder: Path) -> None:
    def broken(path: Path) -> Read:
        raise RuntimeError("no")

    (sampled, *_) = choose_pages(folder)
    result = parse_cost.measure(sampled, sampled.path, "broken", broken)
    assert result.failure == "RuntimeError: no"
    assert result.texts == (0.0,) * 4
    result = parse_cost.measure(sampled, sampled.path, "fast", ours("fast"))
    assert result.failure is None and min(result.texts) > 0.99 and result.cpu_seconds > 0


def _result(strategy: str, seconds: float, kind: str = "papers", tables: float | None = None) -> parse_cost.Result:
    return parse_cost.Result(
        kind=kind,
        file="a.pdf",
        strategy=strategy,
        pages=2,
        cpu_seconds=seconds,
        texts=(1.0, 0.5),
        words=(),
        tables=tables,
    )


def test_ratios_and_table_are_by_page_over_all_kinds() -> None:
    results = [_result("balanced", 1.0), _result("everything", 4.0, tables=0.5), _result("balanced", 2.0, "scans")]
    results.append(_result("everything", 6.0, "scans"))
    assert parse_cost.ratios(results) == {
        "papers": {"everything": pytest.approx(1 / 4)},
        "scans": {"everything": pytest.approx(1 / 3)},
        "all": {"everything": pytest.approx(0.3)},
    }
    assert parse_cost.ratios(results[1:2]) == {"papers": {}}
    rows = parse_cost.table(results).splitlines()
    assert "| all | balanced | 4 | 0.750 | 0.7500 | – | – | 0 |" in rows
    assert "| papers | everything | 2 | 2.000 | 0.7500 | – | 0.5000 | 0 |" in rows


def test_the_commands_print_their_tables(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.json"
    assert text_fidelity.main([str(folder), "--policy", "fast", "--limit-pages", "3", "--output", str(output)]) == 0
    assert "| papers | 3 | 1.0000 |" in capsys.readouterr().out
    assert len(json.loads(output.read_text())["pages"]) == 3
    assert parse_cost.main([str(folder), "--strategies", "fast", "--limit-pages", "2", "--output", str(output)]) == 0
    assert "| papers | fast | 2 |" in capsys.readouterr().out
    assert {result["strategy"] for result in json.loads(output.read_text())["results"]} == {"fast"}
