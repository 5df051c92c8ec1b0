"""Questions to a running service, from a generated table to the cell that answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document as WordDocument

from tests.support.serving import Service, serving
from tests.unit.services_vision.endpoint import Endpoint, completion
from tests.unit.services_vision.endpoint import serving as serving_model

QUESTION = "What was the harbour income of Veldmoor in 2022?"
ROWS = (("", "2022", "2021"), ("Ferry income", "5,120", "4,870"), ("Harbour income", "1,577", "(40)"))


def _report(path: Path) -> Path:
    document = WordDocument()
    document.add_heading("Veldmoor annual report 2022", 0)
    document.add_paragraph("Veldmoor runs three ferries. Its new quay opened on 3 May 2022.")
    table = document.add_table(rows=len(ROWS), cols=len(ROWS[0]))
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    document.save(str(path))
    return path


@pytest.fixture(scope="module")
def model() -> Iterator[Endpoint]:
    answer = 'Harbour income was 1,577. [1: "Harbour income 1,577"]\nIt will be 9,999 next year. [1]'
    with serving_model(completion(answer)) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def service(checked_embedding: Path, tmp_path_factory: pytest.TempPathFactory, model: Endpoint) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("answers")
    settings = {
        "answer_url": model.url,
        "answer_model": "test-model",
        "answer_input_price": "1",
        "answer_output_price": "2",
    }
    with serving(folder / "data", "--workers", "1", checked_embedding=checked_embedding, **settings) as service:
        service.client.create_collection("reports")
        service.upload("reports", [_report(folder / "veldmoor-annual-report-2022.docx")])
        service.wait_for("reports")
        yield service


def test_a_question_about_a_cell_is_answered_with_the_cell(service: Service) -> None:
    answer = service.client.answer({"query": QUESTION, "collections": ["reports"], "model": "extractive"})
    assert answer["found"] and answer["model"] is None and answer["answerability"]["score"] > 0.5
    citations = [citation for sentence in answer["sentences"] for citation in sentence["citations"]]
    (cell,) = (one["cell"] for one in citations if one["cell"] and one["cell"]["row_header"] == "Harbour income")
    assert (cell["row"], cell["column"], cell["column_headers"], cell["value"]) == (2, 1, ["2022"], "1,577")
    for citation in citations:
        resolved = service.client.citation(citation["citation_id"])
        assert resolved["quote"] == citation["quote"], "it can be followed"


def test_a_question_of_something_else_is_not_found(service: Service) -> None:
    asked = {"query": "Who chairs the Zorvex Corporation of Bavaria since 1987?", "collections": ["reports"]}
    answer = service.client.answer(asked)
    assert (answer["found"], answer["answer"]) == (False, None)
    assert "Zorvex" in answer["answerability"]["reason"] and answer["answerability"]["score"] < 0.2


def test_a_configured_model_answers_and_is_checked(service: Service, model: Endpoint) -> None:
    answer = service.client.answer({"query": QUESTION, "collections": ["reports"]})
    assert answer["model"] == "test-model" and answer["usage"]["money_usd"] > 0
    assert [sentence["supported"] for sentence in answer["sentences"]] == [True, False]
    assert answer["sentences"][0]["citations"][0]["quote"] == "Harbour income\t1,577"
    assert QUESTION in model.requests[-1]["messages"][1]["content"]


def test_the_command_prints_the_answer_and_says_by_its_exit_code_if_there_is_none(service: Service) -> None:
    environment = os.environ | {"SOURCESPAN_DATA_DIR": str(service.settings.data_dir), "COLUMNS": "200"}
    command = [sys.executable, "-m", "services.cli.main", "ask", "-c", "reports"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], capture_output=True, text=True, env=environment, check=False)

    done = run(QUESTION, "--model", "extractive")
    assert done.returncode == 0, done.stderr
    assert "Harbour income, 2022: 1,577 [" in done.stdout and "cell 2,1 (Harbour income / 2022)" in done.stdout
    missing = run("Who chairs the Zorvex Corporation of Bavaria since 1987?", "--json")
    assert missing.returncode == 3 and json.loads(missing.stdout)["found"] is False
