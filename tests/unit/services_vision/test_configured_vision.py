"""A vision model that an operator configures, from the settings to the document and to what a job has cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from ingestion.model import JobState
from parsers.isolation import IsolatedParser
from parsers.policy import ParseOptions
from services.api.multipart import ReceivedFile
from services.api.parse_form import parse_form
from services.settings import Settings, child_environment
from services.vision import open_vision
from tests.support import pdfs
from tests.support.bench import Bench
from tests.unit.services_vision.endpoint import completion, serving

KEY = "sk-very-secret"
PRICED = {"vision_model": "test-model", "vision_input_price": 2.0, "vision_output_price": 10.0}


def _environment(url: str) -> Mapping[str, str]:
    settings = {**PRICED, "vision_url": url, "vision_api_key": KEY}
    return {f"SOURCESPAN_{name.upper()}": str(value) for name, value in settings.items()}


@pytest.mark.network
def test_the_command_asks_the_configured_endpoint(tmp_path: Path) -> None:
    path = tmp_path / "picture.pdf"
    path.write_bytes(pdfs.picture())
    command = [sys.executable, "-m", "services.cli.main", "parse", str(path), "--trace"]
    with serving(completion("A note by hand")) as endpoint:
        environment = {**os.environ, **_environment(endpoint.url), "COLUMNS": "200"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["document"]["text"] == "A note by hand"
    assert document["policy"] == "balanced+vision:test-model"
    assert {element["derivation"]["extractor"] for element in document["elements"]} >= {"vision:test-model"}
    assert "$0.0040" in done.stderr and KEY not in done.stdout + done.stderr
    assert endpoint.keys == [f"Bearer {KEY}"]


@pytest.mark.network
def test_a_job_counts_the_money(tmp_path: Path) -> None:
    with serving(completion("A note by hand")) as endpoint:
        settings = Settings(vision_url=endpoint.url, **PRICED)  # type: ignore[arg-type]
        with open_vision(settings) as vision, IsolatedParser(vision=vision) as parser:
            bench = Bench(tmp_path, parser)
            accepted = bench.upload(pdfs.picture())
            bench.work(replace(bench.parts, options=settings.parse_options))
            job = bench.job(accepted)
    assert job.state is JobState.PARTIAL, "nothing could be compared with the answer"
    assert bench.searchable(accepted) == ["A note by hand"]
    assert job.cost.money == pytest.approx(0.004)
    assert len(endpoint.requests) == 1


def test_nothing_configured_is_nobody_to_ask() -> None:
    settings = Settings()
    with open_vision(settings) as vision:
        assert vision is None
    assert settings.parse_options.vision_model is None
    assert Settings(vision_model="test-model").parse_options.vision_model is None, "a name alone is no endpoint"


def test_the_budget_comes_from_the_settings() -> None:
    settings = Settings(vision_url="http://127.0.0.1:9/v1", vision_budget_usd=0.1, vision_requests=7, **PRICED)  # type: ignore[arg-type]
    with open_vision(settings) as vision:
        assert vision is not None
        assert (vision.name, vision.budget_usd, vision.requests) == ("test-model", 0.1, 7)
        assert 0.04 < vision.request_usd < 0.06
    assert settings.parse_options.vision_model == "test-model"


@pytest.mark.parametrize("missing", sorted(PRICED))
def test_an_endpoint_needs_a_model_and_prices(missing: str) -> None:
    given = {name: value for name, value in PRICED.items() if name != missing}
    with pytest.raises(ValidationError, match=missing) as raised:
        Settings(vision_url="http://127.0.0.1:9/v1", vision_api_key=KEY, **given)  # type: ignore[arg-type]
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("url", ["ftp://host/v1", "https://user:pass@host/v1", "https://host/v1?key=1", "host/v1"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValidationError, match="https://host/v1"):
        Settings(vision_url=url, **PRICED)  # type: ignore[arg-type]


def test_the_processes_of_a_service_agree_and_the_key_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(vision_url="https://host/v1", vision_api_key=KEY, **PRICED)  # type: ignore[arg-type]
    assert KEY not in repr(settings)
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_a_request_with_a_policy_of_its_own_keeps_the_model(tmp_path: Path) -> None:
    received = ReceivedFile(name="a.pdf", path=tmp_path / "a.pdf", size=1, sha256="0" * 64)
    form = parse_form({"policy": "best"}, [received], ParseOptions(vision_model="test-model"))
    assert form.options.name == "best+vision:test-model"
