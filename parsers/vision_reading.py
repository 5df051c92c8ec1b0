"""Ask the vision model about one document: in waves, within its budget, and with nothing lost when it fails.

Which places are asked about, in which waves, and which answer is taken does not depend on which answer comes first.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from parsers.errors import ParseCancelled, ParseError
from parsers.isolated_process import CallLost
from parsers.model import Derivation, Finding
from parsers.policy import ParseOptions
from parsers.reading import Block, ImageReading, PageReading
from parsers.stored_readings import StoredReadings
from parsers.vision import (
    UncertainPlace,
    Vision,
    VisionAnswer,
    VisionKind,
    VisionModel,
    VisionRequest,
    VisionUnavailable,
    uncertain_places,
)
from parsers.vision_answers import Verdict, derivation_of, judge, leave, take

_SECONDS_BETWEEN_LOOKS = 0.1

Reply = VisionAnswer | VisionUnavailable


class SealedWork(Protocol):
    """What the sealed worker does with the document. Both raise a `ParseError` or `CallLost`."""

    def draw_clip(self, page: PageReading, place: UncertainPlace) -> ImageReading: ...

    def read_answer(self, text: str, kind: VisionKind, derivation: Derivation) -> list[Block]: ...


class VisionReading:
    """One document's questions. `run()` once; then `cost_usd` is what was spent, `findings` what was not asked."""

    def __init__(
        self,
        vision: Vision,
        readings: StoredReadings,
        options: ParseOptions,
        sealed: SealedWork,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.cost_usd = 0.0
        self.findings: list[Finding] = []
        self._vision = vision
        self._readings = readings
        self._options = options
        self._sealed = sealed
        self._should_stop = should_stop
        self._asked = 0

    def run(self) -> None:
        """Put answers into `readings`. Raises `ParseCancelled`."""
        places = deque(uncertain_places(self._readings, self._options))
        while places:
            wave = self._next_wave(places)
            if not wave:
                self._say("vision_budget", f"{_left(len(places))} not shown to the vision model: {self._why_no_more()}")
                return
            requests = [self._request(place) for place in wave]
            asked = [(place, request) for place, request in zip(wave, requests, strict=True) if request is not None]
            replies = _ask_all(self._vision.model, [request for _, request in asked], self._should_stop)
            for (place, _), reply in zip(asked, replies, strict=True):
                self._settle(place, reply)
            failures = [reply for reply in replies if isinstance(reply, VisionUnavailable)]
            if failures and len(failures) == len(replies):
                self._say("vision_unavailable", f"{failures[0]} {_left(len(failures) + len(places))} kept as read.")
                return
            if failures:
                self._say("vision_unavailable", f"{failures[0]} {_left(len(failures))} kept as read.")

    def _next_wave(self, places: deque[UncertainPlace]) -> list[UncertainPlace]:
        """As many places as may be asked about side by side, if each of them costs the most that it can."""
        vision = self._vision
        wave: list[UncertainPlace] = []
        while places and len(wave) < vision.parallel and self._asked < vision.requests:
            if self.cost_usd + (len(wave) + 1) * vision.request_usd > vision.budget_usd:
                break
            wave.append(places.popleft())
            self._asked += 1
        return wave

    def _why_no_more(self) -> str:
        if self._asked >= self._vision.requests:
            return f"at most {self._vision.requests} requests are made for a document."
        return (
            f"of the document's budget of ${self._vision.budget_usd:.2f}, ${self.cost_usd:.4f} is spent, "
            f"and the next request may cost ${self._vision.request_usd:.4f}."
        )

    def _request(self, place: UncertainPlace) -> VisionRequest | None:
        try:
            image = self._sealed.draw_clip(self._readings.page(place.page), place)
        except ParseCancelled:
            raise
        except (ParseError, CallLost):
            message = "A part of the page could not be drawn for the vision model."
            self._say("vision_unavailable", message, place.page)
            return None
        return VisionRequest(
            kind=place.kind, image=image.data, media_type=image.media_type, languages=self._options.languages
        )

    def _settle(self, place: UncertainPlace, reply: Reply) -> None:
        self.cost_usd += reply.cost_usd
        if isinstance(reply, VisionUnavailable):
            return
        page = self._readings.page(place.page)
        derivation = derivation_of(self._vision, place, reply, page)
        try:
            blocks = self._sealed.read_answer(reply.text, place.kind, derivation)
        except ParseCancelled:
            raise
        except (ParseError, CallLost):
            verdict = Verdict(taken=False, confidence=0.0, message="The model's answer could not be read.")
            blocks = []
        else:
            verdict = judge(page, place, blocks, reply)
        if verdict.taken:
            self._readings.replace(take(page, place, blocks, derivation, verdict))
        else:
            self._readings.replace(leave(page, place, self._vision, reply.cost_usd, verdict))

    def _say(self, code: str, message: str, page: int | None = None) -> None:
        self.findings.append(Finding(page=page, code=code, message=message))


def _ask_all(
    model: VisionModel, requests: Sequence[VisionRequest], should_stop: Callable[[], bool] | None
) -> list[Reply]:
    """The replies in the order of the requests. Raises `ParseCancelled`; what is under way then ends by itself."""
    done: queue.SimpleQueue[tuple[int, Reply]] = queue.SimpleQueue()
    for number, request in enumerate(requests):
        threading.Thread(target=_ask, args=(model, number, request, done), daemon=True, name="vision").start()
    replies: dict[int, Reply] = {}
    while len(replies) < len(requests):
        try:
            number, reply = done.get(timeout=_SECONDS_BETWEEN_LOOKS)
            replies[number] = reply
        except queue.Empty:
            pass
        if should_stop is not None and should_stop():
            raise ParseCancelled("The parse was cancelled.")
    return [replies[number] for number in range(len(requests))]


def _ask(model: VisionModel, number: int, request: VisionRequest, done: queue.SimpleQueue[tuple[int, Reply]]) -> None:
    try:
        done.put((number, model(request)))
    except VisionUnavailable as error:
        done.put((number, error))
    except Exception as error:  # noqa: BLE001  (whatever goes wrong in the caller's function must not cost the parse)
        done.put((number, VisionUnavailable(f"The vision model failed with {type(error).__name__}.")))


def _left(count: int) -> str:
    return "One page or part of a page was" if count == 1 else f"{count:,} pages or parts of pages were"
