"""A client of an OpenAI-compatible `/v1/chat/completions` that an operator configured.

Nothing of what is sent, answered or of the key is ever logged or told in an error. Redirects are not followed and
proxies of the environment are not used: the key and the texts go to the configured address only.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self

import httpx

log = logging.getLogger(__name__)

SECONDS_TO_CONNECT: Final = 10.0
PAUSES = (1.0, 4.0)
"""Seconds before the second and the third try, where the endpoint does not say how long."""
_LONGEST_PAUSE: Final = 30.0
_TRY_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504, 529})
_MOST_BYTES: Final = 1024**2
_THOUGHTS: Final = re.compile(r"\s*<think>.*?</think>", re.S)
_REFUSALS: Final[Mapping[int, str]] = {
    400: "does not take the request",
    401: "does not accept the key",
    402: "wants to be paid first",
    403: "does not accept the key",
    404: "does not know the address or the model",
    413: "finds the request too large",
    429: "has too many requests",
}

Message = Mapping[str, Any]
"""A message of the protocol: `role` and `content`."""


class ChatUnavailable(Exception):
    """The endpoint gave no answer that could be used; `cost_usd`: what that may have cost all the same."""

    def __init__(self, message: str, *, cost_usd: float = 0.0) -> None:
        super().__init__(message)
        self.cost_usd = cost_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEndpoint:
    """Where the model is and what it costs. Prices in US dollars per million tokens.

    input_tokens   the most that a request may have; output_tokens: the most that an answer may have
    seconds        for one answer
    name           what the endpoint is called in errors and logs
    """

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    input_price: float
    output_price: float
    input_tokens: int
    output_tokens: int = 4_096
    seconds: float = 60.0
    name: str = "model endpoint"

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for so many tokens."""
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1e6

    @property
    def request_usd(self) -> float:
        """The most that one request can cost."""
        return self.cost(self.input_tokens, self.output_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer:
    """`complete`: not cut off at the limit of tokens. Tokens are 0 where the endpoint does not count them; `cost_usd`
    is then the most that the request can have cost."""

    text: str
    complete: bool
    input_tokens: int
    output_tokens: int
    cost_usd: float


class ChatClient:
    """Asks the model; thread-safe. `complete` raises `ChatUnavailable` only."""

    def __init__(self, endpoint: ChatEndpoint) -> None:
        self._endpoint = endpoint
        self._closed = threading.Event()
        self._limit_name, self._temperature = "max_tokens", True
        headers = {} if endpoint.api_key is None else {"Authorization": f"Bearer {endpoint.api_key}"}
        self._http = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(endpoint.seconds, connect=SECONDS_TO_CONNECT),
            verify=ssl.create_default_context() if endpoint.url.startswith("https:") else True,
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def endpoint(self) -> ChatEndpoint:
        return self._endpoint

    def close(self) -> None:
        """No request is tried again from here on."""
        self._closed.set()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def complete(self, messages: Sequence[Message]) -> ChatAnswer:
        """Ask, and ask again where the endpoint is busy. A request that may have been worked on is not repeated."""
        for pause in (*PAUSES, None):
            status, headers, body = self._try(messages)
            if status == 400 and self._adapt(body):
                status, headers, body = self._try(messages)
            if status == 200:
                return self._answer(body)
            if status is not None:
                log.warning("The %s answered with status %d.", self._endpoint.name, status)
                if status not in _TRY_AGAIN:
                    break
            wait = _retry_after(headers, pause) if pause is not None else None
            if wait is None or wait > _LONGEST_PAUSE or self._closed.wait(wait):
                break
        if status is None:
            raise ChatUnavailable(f"The {self._endpoint.name} cannot be reached.")
        raise ChatUnavailable(f"The {self._endpoint.name} {_REFUSALS.get(status, f'answered with status {status}')}.")

    def _try(self, messages: Sequence[Message]) -> tuple[int | None, httpx.Headers, bytes]:
        """Status, headers and body; no status where there was no connection."""
        deadline = time.monotonic() + self._endpoint.seconds
        url = f"{self._endpoint.url.rstrip('/')}/chat/completions"
        body = bytearray()
        try:
            with self._http.stream("POST", url, json=self._body(messages)) as response:
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        raise self._spent("'s answer is too long")
                    if time.monotonic() > deadline:
                        raise self._spent(" took too long to answer")
                return response.status_code, response.headers, bytes(body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return None, httpx.Headers(), b""
        except httpx.TimeoutException:
            raise self._spent(" took too long to answer") from None
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as error:
            raise self._spent(f" broke the connection ({type(error).__name__})") from None

    def _spent(self, what: str) -> ChatUnavailable:
        """It may have been worked on, and so be paid for."""
        return ChatUnavailable(f"The {self._endpoint.name}{what}.", cost_usd=self._endpoint.request_usd)

    def _body(self, messages: Sequence[Message]) -> dict[str, Any]:
        return {
            "model": self._endpoint.model,
            "messages": list(messages),
            self._limit_name: self._endpoint.output_tokens,
            **({"temperature": 0} if self._temperature else {}),
        }

    def _adapt(self, body: bytes) -> bool:
        """Whether the endpoint named a parameter that it knows by another name, or not: it is not sent again."""
        try:
            parameter = json.loads(body)["error"]["param"]
        except (ValueError, LookupError, TypeError):
            return False
        if parameter == "max_tokens" and self._limit_name == parameter:
            self._limit_name = "max_completion_tokens"
        elif parameter == "temperature" and self._temperature:
            self._temperature = False
        else:
            return False
        return True

    def _answer(self, body: bytes) -> ChatAnswer:
        try:
            answer = json.loads(body)
            choice = answer["choices"][0]
            text = choice["message"]["content"]
            if not isinstance(text, str):
                raise TypeError
        except (ValueError, LookupError, TypeError, RecursionError):
            raise self._spent(" answered in a form that is not known") from None
        usage = answer.get("usage") or {}
        tokens = [usage.get("prompt_tokens"), usage.get("completion_tokens")] if isinstance(usage, dict) else []
        known = [count for count in tokens if isinstance(count, int) and count >= 0]
        whole = len(known) == 2
        return ChatAnswer(
            text=_THOUGHTS.sub("", text, count=1).strip(),
            complete=choice.get("finish_reason") != "length",
            input_tokens=known[0] if whole else 0,
            output_tokens=known[1] if whole else 0,
            cost_usd=self._endpoint.cost(*known) if whole else self._endpoint.request_usd,
        )


def _retry_after(headers: httpx.Headers, otherwise: float) -> float:
    """Seconds that the endpoint asks to wait: a number, or a date."""
    stated = headers.get("Retry-After", "").strip()
    if stated.isdecimal() and len(stated) < 10:
        return float(stated)
    try:
        return max(0.0, (parsedate_to_datetime(stated) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return otherwise
