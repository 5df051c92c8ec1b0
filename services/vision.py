"""The vision model that the settings name, with its budget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from parsers.vision import Vision
from services.settings import Settings


@contextmanager
def open_vision(settings: Settings) -> Iterator[Vision | None]:
    """The model with its budget, as the settings have it; None where none is configured."""
    if settings.vision_url is None or settings.vision_model is None:
        yield None
        return
    # Costs a tenth of a second to import, which `sourcespan parse` need not spend without a model.
    from services.vision_client import VisionClient, VisionEndpoint  # noqa: PLC0415

    endpoint = VisionEndpoint(
        url=settings.vision_url,
        model=settings.vision_model,
        api_key=settings.vision_api_key,
        input_price=settings.vision_input_price or 0.0,
        output_price=settings.vision_output_price or 0.0,
        image_tokens=settings.vision_image_tokens,
        output_tokens=settings.vision_output_tokens,
        seconds=settings.vision_seconds,
    )
    with VisionClient(endpoint) as client:
        yield Vision(
            name=endpoint.model,
            model=client,
            request_usd=endpoint.request_usd,
            budget_usd=settings.vision_budget_usd,
            requests=settings.vision_requests,
        )
