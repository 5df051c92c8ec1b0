"""/v1/evaluations: stored whole, listed without outcomes, seen by its tenant only; `sourcespan eval` on top of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from retrieval.options import CandidateList, StageOptions
from services.api.app import ApiParts
from services.api.schemas.evaluations import EvaluationCreate
from services.cli import eval as command
from services.cli import eval_sets
from services.client import Client
from services.evaluation.ablation import variants

EXAMPLE: dict[str, Any] = EvaluationCreate.model_config["json_schema_extra"]["examples"][0]  # type: ignore[index,call-overload]


def test_an_evaluation_is_stored_listed_read_and_deleted(client: TestClient) -> None:
    made = client.post("/v1/evaluations", json=EXAMPLE)
    assert made.status_code == 201, made.text
    identity = made.json()["id"]
    assert made.headers["location"] == f"/v1/evaluations/{identity}"
    (listed,) = client.get("/v1/evaluations").json()["items"]
    assert listed == made.json()
    assert "outcomes" not in listed
    whole = client.get(f"/v1/evaluations/{identity}").json()
    assert {name: whole[name] for name in EXAMPLE} == EXAMPLE
    assert client.delete(f"/v1/evaluations/{identity}").status_code == 204
    assert client.get(f"/v1/evaluations/{identity}").status_code == 404
    assert client.delete(f"/v1/evaluations/{identity}").status_code == 404
    assert client.get("/v1/evaluations").json() == {"items": [], "next": None}


def test_listings_are_paged_newest_first(client: TestClient) -> None:
    made = [client.post("/v1/evaluations", json=EXAMPLE | {"name": str(n)}).json()["id"] for n in range(5)]
    found, after = [], None
    while True:
        page = client.get("/v1/evaluations", params={"limit": 2} | ({"after": after} if after else {})).json()
        found += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert found == made[::-1]
    assert client.get("/v1/evaluations", params={"after": "x"}).status_code == 422


def test_another_tenant_sees_nothing(client: TestClient, key: Callable[..., dict[str, str]]) -> None:
    identity = client.post("/v1/evaluations", json=EXAMPLE).json()["id"]
    other = key("admin", tenant="other")
    assert client.get("/v1/evaluations", headers=other).json()["items"] == []
    assert client.get(f"/v1/evaluations/{identity}", headers=other).status_code == 404
    assert client.delete(f"/v1/evaluations/{identity}", headers=other).status_code == 404
    assert client.get(f"/v1/evaluations/{identity}").status_code == 200


def test_reading_and_writing_need_their_scopes(client: TestClient, key: Callable[..., dict[str, str]]) -> None:
    assert client.post("/v1/evaluations", json=EXAMPLE, headers=key("read")).status_code == 403
    identity = client.post("/v1/evaluations", json=EXAMPLE, headers=key("write")).json()["id"]
    assert client.get(f"/v1/evaluations/{identity}", headers=key("write")).status_code == 403
    assert client.delete(f"/v1/evaluations/{identity}", headers=key("read")).status_code == 403


def test_the_same_request_stores_once(client: TestClient) -> None:
    twice = [client.post("/v1/evaluations", json=EXAMPLE, headers={"Idempotency-Key": "k"}).json() for _ in range(2)]
    assert twice[0] == twice[1]
    assert len(client.get("/v1/evaluations").json()["items"]) == 1


@pytest.mark.parametrize(
    "outcomes",
    [
        {"errors": [None]},
        {"measures": {"hit@5": [1.0]}},
        {"ids": ["q1", "q1"]},
        {"measures": {"hit@5": ["high", 1]}},
        {"queries": ["a", "b"]},
    ],
)
def test_columns_that_do_not_fit_are_refused(client: TestClient, outcomes: dict[str, Any]) -> None:
    refused = client.post("/v1/evaluations", json=EXAMPLE | {"outcomes": EXAMPLE["outcomes"] | outcomes})
    assert refused.status_code == 422


def test_ten_thousand_questions_fit(client: TestClient) -> None:
    count = 10_000
    columns = {
        name: [f"question-{row}" for row in range(count)] if name == "ids" else column[:1] * count
        for name, column in EXAMPLE["outcomes"].items()
        if name != "measures"
    }
    measures = {f"measure {number}": [0.12345] * count for number in range(18)}
    made = client.post("/v1/evaluations", json=EXAMPLE | {"outcomes": columns | {"measures": measures}})
    assert made.status_code == 201, made.text


# ---- the command ----


@pytest.fixture
def sourcespan_eval(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Runs `sourcespan eval …` against the API under test."""

    def forward(request: httpx.Request) -> httpx.Response:
        headers = {
            name: value for name, value in request.headers.items() if name in ("content-type", "idempotency-key")
        }
        answer = client.request(request.method, str(request.url), content=request.content, headers=headers)
        return httpx.Response(answer.status_code, content=answer.content, headers={"content-type": "application/json"})

    def client_of(*_: object) -> Client:
        return Client("http://testserver", "unused", transport=httpx.MockTransport(forward))

    for module in (command, eval_sets):
        monkeypatch.setattr(module, "client_of", client_of)
    yield lambda *arguments: CliRunner().invoke(command.app, list(arguments))


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """The retriever under test always finds page 1 of report.pdf."""
    rows = [
        {"id": "found", "query": "What fell?", "gold": [{"document": "report.pdf", "page": 1}], "type": "text"},
        {"id": "missed", "query": "What rose?", "gold": [{"document": "report.pdf", "page": 9}], "type": "table"},
        {"id": "nothing", "query": "What else?"},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_a_set_is_run_stored_shown_and_compared(sourcespan_eval: Callable[..., Result], questions: Path) -> None:
    ran = sourcespan_eval(str(questions), "-c", "demo", "--json", "--name", "first")
    assert ran.exit_code == 0, ran.output
    document = json.loads(ran.stdout)
    assert document["summary"]["overall"]["hit@5"]["mean"] == 0.5
    assert document["summary"]["by_type"]["table"]["hit@5"]["mean"] == 0
    (listed,) = json.loads(sourcespan_eval("list", "--json").stdout)
    assert (listed["id"], listed["name"], listed["complete"]) == (document["id"], "first", True)
    shown = sourcespan_eval("show", document["id"])
    assert "hit@5" in shown.stdout
    assert "0.5000" in shown.stdout
    again = sourcespan_eval(str(questions), "-c", "demo", "--json", "--compare", document["id"])
    comparison = json.loads(again.stdout)["comparison"]
    assert comparison["differences"]["hit@5"]["difference"] == 0
    both = sourcespan_eval("compare", document["id"], json.loads(again.stdout)["id"], "--json")
    assert json.loads(both.stdout) == comparison
    assert sourcespan_eval("delete", document["id"], "--yes").exit_code == 0
    assert len(json.loads(sourcespan_eval("list", "--json").stdout)) == 1


def test_two_requests_an_ablation_and_files(
    sourcespan_eval: Callable[..., Result], questions: Path, tmp_path: Path
) -> None:
    arguments = ["--compare", '{"mode": "dense"}', "--ablate", "--no-store"]
    files = ["--out", str(tmp_path / "out.json"), "--write-run", str(tmp_path / "run")]
    ran = sourcespan_eval("run", str(questions), *arguments, *files)
    assert ran.exit_code == 0, ran.output
    assert "contribution of" in ran.stdout
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["compared"]["request"] == {"top_k": 20, "mode": "dense"}
    assert "the list dense" in document["ablation"]
    assert (tmp_path / "run").read_text().splitlines()[0] == "found Q0 upload:///report.pdf 1 1.000000 sourcespan"
    assert json.loads(sourcespan_eval("list", "--json").stdout) == []


def test_a_gate_decides_the_exit_code(sourcespan_eval: Callable[..., Result], questions: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate.yaml"
    for required, code in ((0.5, 0), (0.6, 1)):
        gate.write_text(f"scores: {{hit@5: {required}}}")
        ran = sourcespan_eval(str(questions), "--gate", str(gate), "--no-store")
        assert ran.exit_code == code, ran.output
    assert "Below the gate: hit@5 is 0.5000" in ran.stderr


def test_documents_that_are_not_there_are_told(sourcespan_eval: Callable[..., Result], questions: Path) -> None:
    ran = sourcespan_eval(str(questions), "--no-store")
    assert "1 gold documents are not in what is searched: report.pdf" in ran.stderr


def test_a_run_and_judgements_need_no_service(tmp_path: Path) -> None:
    (tmp_path / "qrels").write_text("1 0 a 1\n2 0 b 1\n")
    (tmp_path / "one").write_text("1 Q0 a 1 2.0 t\n2 Q0 x 1 2.0 t\n")
    (tmp_path / "two").write_text("1 Q0 a 1 2.0 t\n2 Q0 b 1 2.0 t\n")
    arguments = ["trec", "--run", str(tmp_path / "one"), "--qrels", str(tmp_path / "qrels"), "--json"]
    assert json.loads(CliRunner().invoke(command.app, arguments).stdout)["summary"]["overall"]["map"]["mean"] == 0.5
    compared = json.loads(CliRunner().invoke(command.app, [*arguments, "--compare", str(tmp_path / "two")]).stdout)
    assert compared["comparison"]["won"] == ["2"]


def test_a_beir_corpus_is_ingested_once(
    sourcespan_eval: Callable[..., Result], parts: ApiParts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "corpus.jsonl").write_text('{"_id": "report", "title": "T", "text": "x"}\n{"_id": "b", "text": "y"}\n')
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "?"}\n')
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\treport.pdf\t1\n")
    sent: list[list[str]] = []

    class Ingested:
        failed = False

    def ingest(_client: Client, files: list[Any], collection: str, _attributes: None) -> Ingested:
        sent.append([file.name for file in files])
        for file in files:
            assert file.path.read_bytes()
        return Ingested()

    monkeypatch.setattr(eval_sets.ingest, "run", ingest)
    ran = sourcespan_eval("beir", str(tmp_path), "--collection", "demo", "--json")
    assert ran.exit_code == 0, ran.output
    assert sent == [["report.txt", "b.txt"]]
    (document,) = json.loads(ran.stdout)
    assert document["summary"]["overall"]["ndcg@10"]["mean"] == 1
    assert document["request"] == {"top_k": 100, "group_by": "document"}


def test_every_list_and_every_stage_of_this_service_can_be_switched_off(client: TestClient) -> None:
    """`--ablate` finds them in the description, and the service takes each switch."""
    found = variants(client.get("/openapi.json").json(), {})
    stages = {field.name for field in dataclasses.fields(StageOptions)}
    assert {f"without the stage {name}" for name in stages} <= {variant.name for variant in found}
    assert {f"without the list {name}" for name in CandidateList} <= {variant.name for variant in found}
    for variant in found:
        answer = client.post("/v1/retrieve", json={"query": "What fell?", **variant.options})
        assert answer.status_code == 200, answer.text
