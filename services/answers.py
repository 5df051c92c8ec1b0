"""What answers are made with: the documents as they were parsed, and the model that the settings name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ingestion.artefacts import Artefacts
from ingestion.errors import BlobMissing
from parsers.model import Document
from retrieval.answers.answerer import AnswerModel, ModelUnavailable, Written
from retrieval.answers.model import AnswerUsage
from services.failures import Failure
from services.model_client import ChatClient, ChatEndpoint, ChatUnavailable
from services.settings import Settings

CHARACTERS_OF_A_TOKEN: Final = 3
"""Fewer than in prose of any European language, and in tables: the estimate before the request is the higher one."""


class StoredDocuments:
    """Implements `retrieval.answers.units.Documents`."""

    def __init__(self, artefacts: Artefacts) -> None:
        self._artefacts = artefacts

    def read(self, tenant: str, parse_id: str) -> Document | None:
        try:
            return self._artefacts.read_document(tenant, parse_id)
        except BlobMissing:
            return None


class ConfiguredModel:
    """Implements `retrieval.answers.answerer.AnswerModel` on an endpoint; thread-safe. What a request may cost is
    estimated before it is sent, and nothing is sent that could cost more than the budget."""

    def __init__(self, client: ChatClient, *, budget_usd: float) -> None:
        self._client = client
        self._budget_usd = budget_usd

    @property
    def name(self) -> str:
        return self._client.endpoint.model

    @property
    def most_characters(self) -> int:
        return self._client.endpoint.input_tokens * CHARACTERS_OF_A_TOKEN

    def write(self, messages: Sequence[Mapping[str, str]]) -> Written:
        endpoint = self._client.endpoint
        size = sum(len(message["content"].encode()) for message in messages)
        if endpoint.cost(size // CHARACTERS_OF_A_TOKEN, endpoint.output_tokens) > self._budget_usd:
            raise ModelUnavailable("The answer would cost more than its budget.", code="model_budget")
        try:
            answer = self._client.complete(messages)
        except ChatUnavailable as error:
            raise ModelUnavailable(str(error), usage=AnswerUsage(cost_usd=error.cost_usd)) from None
        return Written(
            text=answer.text,
            usage=AnswerUsage(
                input_tokens=answer.input_tokens, output_tokens=answer.output_tokens, cost_usd=answer.cost_usd
            ),
        )


@contextmanager
def open_answer_model(settings: Settings) -> Iterator[AnswerModel | None]:
    """The model as the settings have it; None where none is configured. Raises `Failure` for a key that cannot be
    read."""
    if settings.answer_url is None or settings.answer_model is None:
        yield None
        return
    endpoint = ChatEndpoint(
        url=settings.answer_url,
        model=settings.answer_model,
        api_key=settings.answer_api_key or _key_of(settings.answer_api_key_file),
        input_price=settings.answer_input_price or 0.0,
        output_price=settings.answer_output_price or 0.0,
        input_tokens=settings.answer_input_tokens,
        output_tokens=settings.answer_output_tokens,
        seconds=settings.answer_seconds,
        name="answer endpoint",
    )
    with ChatClient(endpoint) as client:
        yield ConfiguredModel(client, budget_usd=settings.answer_budget_usd)


def _key_of(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        raise Failure(f"The key of the answer model cannot be read from {file}.") from None
