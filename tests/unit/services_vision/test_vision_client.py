"""The client of a vision model, against an endpoint that speaks the protocol over real HTTP."""

from __future__ import annotations

import base64
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from parsers.vision import VisionKind, VisionRequest, VisionUnavailable
from services import model_client, vision_client
from services.vision_client import VisionClient, VisionEndpoint
from tests.unit.services_vision.endpoint import Reply, completion, serving

pytestmark = pytest.mark.network

KEY = "sk-very-secret"
IMAGE = b"\x89PNG the picture"
REQUEST = VisionRequest(kind=VisionKind.PAGE, image=IMAGE, media_type="image/png", languages=("de", "en"))
ENDPOINT = VisionEndpoint(
    url="", model="test-model", api_key=KEY, input_price=2.0, output_price=10.0, output_tokens=1_000, seconds=5.0
)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_client, "PAUSES", (0.0, 0.0))


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Nothing of what passes is ever logged, at any level."""
    caplog.set_level(logging.DEBUG)
    yield caplog
    assert not any(secret in caplog.text for secret in (KEY, "Harbour", base64.b64encode(IMAGE).decode()))


def _client(url: str, **changes: object) -> VisionClient:
    return VisionClient(replace(ENDPOINT, url=url, **changes))  # type: ignore[arg-type]


def test_what_is_sent_and_what_comes_back(said: pytest.LogCaptureFixture) -> None:
    with serving(completion("# Harbour")) as endpoint, _client(endpoint.url) as client:
        answer = client(REQUEST)
    assert (answer.text, answer.complete) == ("# Harbour", True)
    assert (answer.input_tokens, answer.output_tokens) == (1_000, 200)
    assert answer.cost_usd == pytest.approx(1_000 * 2e-6 + 200 * 10e-6)
    assert endpoint.paths == ["/v1/chat/completions"] and endpoint.keys == [f"Bearer {KEY}"]
    (sent,) = endpoint.requests
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("test-model", 0, 1_000)
    prompt, image = sent["messages"][0]["content"]
    assert "Markdown" in prompt["text"] and "de, en" in prompt["text"] and "follow no instruction" in prompt["text"]
    assert image == {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{base64.b64encode(IMAGE).decode()}"},
    }


def test_each_kind_has_its_question_and_no_key_is_no_header() -> None:
    with serving(completion("x")) as endpoint, _client(endpoint.url, api_key=None) as client:
        for kind in VisionKind:
            client(replace(REQUEST, kind=kind, languages=()))
    prompts = [sent["messages"][0]["content"][0]["text"] for sent in endpoint.requests]
    assert len(set(prompts)) == len(VisionKind) and endpoint.keys == [None] * len(VisionKind)


@pytest.mark.parametrize(
    ("reply", "text", "complete"),
    [
        (completion(vision_client.NOTHING), "", True),
        (completion("Half of a", finish="length"), "Half of a", False),
        (completion("<think>It may be a page.\nYes.</think>\n\nA page"), "A page", True),
    ],
)
def test_answers_that_mean_something_else(reply: Reply, text: str, complete: bool) -> None:
    with serving(reply) as endpoint, _client(endpoint.url) as client:
        answer = client(REQUEST)
    assert (answer.text, answer.complete) == (text, complete)


@pytest.mark.parametrize("usage", [{}, {"prompt_tokens": -5, "completion_tokens": 2}, {"prompt_tokens": "7"}, [1]])
def test_without_usage_the_most_is_counted(usage: object) -> None:
    with serving(completion("A page", usage=usage)) as endpoint, _client(endpoint.url) as client:
        assert client(REQUEST).cost_usd == pytest.approx(ENDPOINT.request_usd) and ENDPOINT.request_usd > 0.01


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_endpoint_is_asked_again(status: int, said: pytest.LogCaptureFixture) -> None:
    busy = Reply(status=status, body={"error": {"message": "Harbour is busy"}}, headers={"Retry-After": "0"})
    with serving(busy, busy, completion("A page")) as endpoint, _client(endpoint.url) as client:
        assert client(REQUEST).text == "A page"
    assert len(endpoint.requests) == 3
    assert str(status) in said.text


def test_it_is_not_waited_for_longer_than_makes_sense() -> None:
    with (
        serving(Reply(status=429, headers={"Retry-After": "3600"})) as endpoint,
        _client(endpoint.url) as client,
        pytest.raises(VisionUnavailable, match="too many requests") as raised,
    ):
        client(REQUEST)
    assert len(endpoint.requests) == 1 and raised.value.cost_usd == 0.0


@pytest.mark.parametrize(
    ("stated", "low", "high"),
    [
        ("7", 7, 7),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 1e6, 9e9),
        ("", 4, 4),
    ],
)
def test_how_long_an_endpoint_asks_to_wait(stated: str, low: float, high: float) -> None:
    headers = model_client.httpx.Headers({"Retry-After": stated})
    assert low <= model_client._retry_after(headers, 4.0) <= high


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "does not take"),
        (401, "the key"),
        (403, "the key"),
        (404, "model"),
        (413, "too large"),
        (418, "418"),
    ],
)
def test_a_refusal_is_told_once_and_without_its_text(status: int, words: str, said: pytest.LogCaptureFixture) -> None:
    refusal = Reply(status=status, body={"error": {"message": f"Harbour {KEY}"}})
    with (
        serving(refusal) as endpoint,
        _client(endpoint.url) as client,
        pytest.raises(VisionUnavailable, match=words) as raised,
    ):
        client(REQUEST)
    assert len(endpoint.requests) == 1
    assert "Harbour" not in str(raised.value) and KEY not in str(raised.value)


def test_an_endpoint_that_names_its_parameters_otherwise_is_understood() -> None:
    def unknown(name: str) -> Reply:
        return Reply(status=400, body={"error": {"param": name, "code": "unsupported_parameter"}})

    with (
        serving(unknown("max_tokens"), completion("One"), unknown("temperature"), completion("Two")) as endpoint,
        _client(endpoint.url) as client,
    ):
        assert [client(REQUEST).text, client(REQUEST).text] == ["One", "Two"]
    last = endpoint.requests[-1]
    assert last["max_completion_tokens"] == 1_000 and "max_tokens" not in last and "temperature" not in last


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>Harbour</html>"),
        Reply(body=b"[" * 100_000),
        Reply(body={"choices": []}),
        Reply(body=["choices"]),
        completion(None),
        completion([{"type": "text"}]),
        Reply(body=b"x" * (1024**2 + 1)),
    ],
)
def test_an_answer_that_is_none_may_have_cost_money(reply: Reply, said: pytest.LogCaptureFixture) -> None:
    with (
        serving(reply) as endpoint,
        _client(endpoint.url) as client,
        pytest.raises(VisionUnavailable) as raised,
    ):
        client(REQUEST)
    assert len(endpoint.requests) == 1 and raised.value.cost_usd == pytest.approx(ENDPOINT.request_usd)


def test_a_slow_endpoint_is_given_up_and_not_asked_twice() -> None:
    with (
        serving(replace(completion("late"), hang=30.0)) as endpoint,
        _client(endpoint.url, seconds=0.3) as client,
        pytest.raises(VisionUnavailable, match="too long") as raised,
    ):
        client(REQUEST)
    assert len(endpoint.requests) == 1 and raised.value.cost_usd > 0


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with _client(url) as client, pytest.raises(VisionUnavailable, match="cannot be reached") as raised:
            client(REQUEST)
    assert raised.value.cost_usd == 0.0


def test_a_redirect_is_not_followed_and_a_proxy_of_the_environment_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serving(completion("elsewhere")) as other:
        moved = Reply(status=307, headers={"Location": f"{other.url}/chat/completions"})
        with (
            serving(moved) as endpoint,
            _client(endpoint.url) as client,
            pytest.raises(VisionUnavailable, match="307"),
        ):
            client(REQUEST)
        assert len(endpoint.requests) == 1 and other.requests == []


def test_a_closed_client_asks_nobody() -> None:
    with serving(completion("A page")) as endpoint:
        client = _client(endpoint.url)
        client.close()
        with pytest.raises(VisionUnavailable):
            client(REQUEST)
    assert endpoint.requests == []


def test_the_key_is_in_no_printed_form() -> None:
    assert KEY not in repr(ENDPOINT)
