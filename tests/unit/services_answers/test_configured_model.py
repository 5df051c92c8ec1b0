"""The model that an operator configured, against an endpoint that speaks the protocol over real HTTP."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pydantic import ValidationError

from retrieval.answers.answerer import ModelUnavailable
from services import model_client
from services.answers import open_answer_model
from services.failures import Failure
from services.settings import Settings
from tests.unit.services_vision.endpoint import Endpoint, Reply, completion, serving

pytestmark = pytest.mark.network

KEY = "sk-very-secret"
MESSAGES = [{"role": "system", "content": "Rules."}, {"role": "user", "content": "Harbour?"}]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_client, "PAUSES", (0.0, 0.0))


def _settings(endpoint: Endpoint, **changes: object) -> Settings:
    configured = {
        "answer_url": endpoint.url,
        "answer_model": "test-model",
        "answer_input_price": 2.0,
        "answer_output_price": 10.0,
        "answer_seconds": 5.0,
    }
    return Settings.model_validate(configured | changes)


def test_what_is_sent_and_what_it_costs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = tmp_path / "key"
    key.write_text(f"{KEY}\n")
    with (
        serving(completion("<think>Hm.</think>It is so. [1]")) as endpoint,
        open_answer_model(_settings(endpoint, answer_api_key_file=key)) as model,
    ):
        assert model is not None and model.name == "test-model"
        written = model.write(MESSAGES)
    assert written.text == "It is so. [1]"
    assert (written.usage.input_tokens, written.usage.output_tokens) == (1_000, 200)
    assert written.usage.cost_usd == pytest.approx(1_000 * 2e-6 + 200 * 10e-6)
    (sent,) = endpoint.requests
    assert sent["messages"] == MESSAGES and sent["max_tokens"] == 1024 and sent["temperature"] == 0
    assert endpoint.keys == [f"Bearer {KEY}"]
    assert KEY not in caplog.text and "Harbour" not in caplog.text


def test_nothing_is_sent_that_could_cost_more_than_the_budget() -> None:
    with (
        serving(completion("x")) as endpoint,
        open_answer_model(_settings(endpoint, answer_budget_usd=0.01)) as model,
    ):
        assert model is not None
        with pytest.raises(ModelUnavailable, match="budget") as raised:
            model.write(MESSAGES)
    assert raised.value.code == "model_budget" and endpoint.requests == []


def test_a_failure_tells_no_text_and_what_it_may_have_cost() -> None:
    with (
        serving(Reply(body={"choices": ["Harbour"]})) as endpoint,
        open_answer_model(_settings(endpoint)) as model,
    ):
        assert model is not None
        with pytest.raises(ModelUnavailable) as raised:
            model.write(MESSAGES)
    assert "Harbour" not in str(raised.value) and raised.value.usage.cost_usd > 0


def test_a_busy_endpoint_is_asked_again_and_then_given_up() -> None:
    with serving(Reply(status=503)) as endpoint, open_answer_model(_settings(endpoint)) as model:
        assert model is not None
        with pytest.raises(ModelUnavailable, match="503") as raised:
            model.write(MESSAGES)
    assert len(endpoint.requests) == 3 and raised.value.usage.cost_usd == 0


def test_nothing_configured_is_nobody_to_ask(tmp_path: Path) -> None:
    with open_answer_model(Settings()) as model:
        assert model is None
    for changes in ({"answer_input_price": None}, {"answer_model": None}, {"answer_url": "ftp://host/v1"}):
        with pytest.raises(ValidationError):
            _settings(Endpoint(replies=[], url="http://127.0.0.1:9/v1"), **changes)


def test_a_key_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    settings = _settings(Endpoint(replies=[], url="http://127.0.0.1:9/v1"), answer_api_key_file=tmp_path / "none")
    with pytest.raises(Failure, match="key"), open_answer_model(settings):
        pass
