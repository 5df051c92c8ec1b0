"""TREC runs and judgements, BEIR folders and gates, as they are read and written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.attributes import check_document_name
from retrieval.evaluation.beir import CorpusDocument, corpus_id, read_beir
from retrieval.evaluation.errors import UnreadableSet
from retrieval.evaluation.gate import read_gate
from retrieval.evaluation.outcomes import Outcome, compare, percentile, summarise
from retrieval.evaluation.trec import read_qrels, read_run, run_lines

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=8)


@pytest.mark.parametrize(
    "text",
    [
        "1 0 a 1\n1 0 b 0\n2 0 c 2\n",
        "query-id\tcorpus-id\tscore\n1\ta\t1\n1\tb\t0\n\n2\tc\t2\n",
        "1\ta\t1\r\n1\tb\t0\r\n2\tc\t2",
    ],
)
def test_judgements_of_trec_and_beir(text: str, tmp_path: Path) -> None:
    path = tmp_path / "qrels"
    path.write_text(text, newline="")
    assert read_qrels(path) == {"1": {"a": 1, "b": 0}, "2": {"c": 2}}


@pytest.mark.parametrize(
    ("text", "said"), [("1 a\n", "line 1"), ("1 0 a 1\n1 0 b x\n", "line 2"), ("", "no judgement")]
)
def test_faults_of_judgements(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "qrels").write_text(text)
    with pytest.raises(UnreadableSet, match=said):
        read_qrels(tmp_path / "qrels")


def test_a_run_is_ordered_by_score_and_then_by_rank(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("1 Q0 b 2 0.5 t\n1 Q0 a 1 0.5 t\n1 Q0 c 3 0.9 t\n1 Q0 c 4 0.1 t\n")
    assert read_run(path) == {"1": ("c", "a", "b")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 Q0 a 1 0.5\n", "line 1"),
        ("1 Q0 a x 1 t\n", "whole number"),
        ("1 Q0 a 1 nan t\n", "no number"),
        ("", "no ranking"),
    ],
)
def test_faults_of_runs(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "run").write_text(text)
    with pytest.raises(UnreadableSet, match=said):
        read_run(tmp_path / "run")


@given(
    rankings=st.dictionaries(
        WORDS, st.lists(WORDS, unique=True, min_size=1, max_size=6).map(tuple), min_size=1, max_size=4
    )
)
def test_what_is_written_is_read_again(
    rankings: dict[str, tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("runs") / "run"
    path.write_text("".join(run_lines(rankings)), encoding="utf-8")
    assert read_run(path) == rankings


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.strip))
def test_an_id_of_a_corpus_comes_back_from_the_name_of_its_document(identity: str) -> None:
    from urllib.parse import quote

    document = CorpusDocument(id=identity, title="", text="x")
    assert check_document_name(document.name) == document.name
    assert "/" not in document.name
    assert corpus_id("upload:///" + quote(document.name)) == identity


def beir_folder(folder: Path) -> Path:
    (folder / "qrels").mkdir()
    documents = [
        {"_id": "d1", "title": "T", "text": "one"},
        {"_id": "d2", "text": "two"},
        {"_id": "d3", "title": "", "text": " "},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)))
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "?"}\n{"_id": "q2", "text": "not judged"}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq3\td1\t0\n")
    return folder


def test_a_beir_folder(tmp_path: Path) -> None:
    found = read_beir(beir_folder(tmp_path))
    assert found.queries == {"q1": "?"}
    assert [(document.name, document.content) for document in found.corpus()] == [
        ("d1.txt", b"T\n\none\n"),
        ("d2.txt", b"two\n"),
    ]


def test_faults_of_beir_folders(tmp_path: Path) -> None:
    folder = beir_folder(tmp_path)
    with pytest.raises(UnreadableSet, match="there are: test"):
        read_beir(folder, "dev")
    (folder / "corpus.jsonl").write_text('{"_id": "d1", "text": "x"}\n{"_id": 2, "text": "x"}')
    with pytest.raises(UnreadableSet, match="line 2"):
        list(read_beir(folder).corpus())
    (folder / "queries.jsonl").write_text('{"_id": "q9", "text": "?"}')
    with pytest.raises(UnreadableSet, match="'q1'"):
        read_beir(folder)


def outcome(identity: str, value: float, *, kind: str = "table", answerable: bool = True) -> Outcome:
    measures = {"hit@5": value, "mrr": value / 2} if answerable else {}
    return Outcome(id=identity, type=kind, answerable=answerable, measures=measures, answerability=value)


def test_a_gate_names_what_falls_short(tmp_path: Path) -> None:
    path = tmp_path / "expected.yaml"
    path.write_text(
        "retrieval:\n tolerance: 0.1\n scores: {hit@5: 0.6, mrr: 0.4, answerability: 1, ndcg@10: 0.1}\n"
        " by_type:\n  list: {hit@5: 1}\n"
    )
    summary = summarise([outcome("1", 1.0), outcome("2", 0.0), outcome("3", 0.1, answerable=False)])
    said = read_gate(path).shortfalls(summary)
    assert [sentence.split(" ")[0] for sentence in said] == ["mrr", "answerability", "ndcg@10", "hit@5"]
    assert "was not measured" in said[2]
    path.write_text("scores: {hit@5: 0.5}")
    assert read_gate(path).shortfalls(summary) == []


@pytest.mark.parametrize(
    "text", ["[1]", "scores: {hit@5: high}", "tolerance: 1", "scores: {}\nlimits: {}", "a: [", "scores: 3"]
)
def test_faults_of_gates(text: str, tmp_path: Path) -> None:
    (tmp_path / "gate.yaml").write_text(text)
    with pytest.raises(UnreadableSet, match=r"gate\.yaml"):
        read_gate(tmp_path / "gate.yaml")


def test_a_summary_tells_types_and_failures_apart() -> None:
    failed = Outcome(id="4", type="list", answerable=True, measures={"hit@5": 0.0}, error="internal")
    summary = summarise([outcome("1", 1.0), outcome("2", 0.0), outcome("3", 0.1, answerable=False), failed])
    assert (summary.questions, summary.answerable, summary.failed) == (4, 3, 1)
    assert summary.overall["hit@5"].mean == pytest.approx(1 / 3)
    assert (summary.by_type["list"]["hit@5"].mean, summary.by_type["table"]["hit@5"].mean) == (0, 0.5)
    assert "mrr" not in summary.by_type["list"]
    assert summary.answerability is not None
    assert summary.answerability.mean == 0.5
    assert summary.latency is None


def test_two_runs_are_compared_on_the_questions_that_both_have() -> None:
    before = [outcome("1", 1.0), outcome("2", 0.0), outcome("3", 0.0), outcome("only", 1.0)]
    after = [outcome("2", 1.0), outcome("1", 0.0), outcome("3", 0.0), outcome("new", 1.0)]
    found = compare(before, after)
    assert (found.won, found.lost, found.left_out, found.decided_by) == (("2",), ("1",), 2, "hit@5")
    assert (found.differences["hit@5"].count, found.differences["hit@5"].difference) == (3, 0)
    assert compare(before, []).differences == {}


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile([3, 1, 2, 4], share) for share in (50, 95, 1)] == [2, 4, 1]
