"""How long /v1/retrieve takes: closed loops of one and of eight clients, on an idle service and while it indexes."""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.service_run import COLLECTION, RunningService
from services.client import Client, ClientError

Ask = Callable[[str], bool]
"""Ask a question; whether it was answered."""

CLIENTS = (1, 8)
WINDOW_SECONDS = 5.0
WORDS_OF_A_QUESTION = (5, 14)


@dataclass(slots=True, kw_only=True)
class Sample:
    """Seconds each request took, by the clock, and how many failed."""

    clients: int
    seconds: list[float] = field(default_factory=list)
    failures: int = 0

    def add(self, other: Sample) -> None:
        self.seconds += other.seconds
        self.failures += other.failures

    def percentile(self, share: float) -> float | None:
        """In milliseconds, by the nearest rank."""
        if not self.seconds:
            return None
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def as_json(self) -> dict[str, Any]:
        return {
            "clients": self.clients,
            "requests": len(self.seconds),
            "failures": self.failures,
            "p50_ms": self.percentile(0.50),
            "p95_ms": self.percentile(0.95),
        }


def questions_from(texts: Sequence[str], seed: int = 11) -> Iterator[str]:
    """Endless different questions made of words that stand together in the indexed text, so that no cache helps."""
    generator = random.Random(seed)
    while True:
        words = re.findall(r"\S+", generator.choice(texts))
        length = generator.randint(*WORDS_OF_A_QUESTION)
        begin = generator.randrange(max(1, len(words) - length))
        question = " ".join(words[begin : begin + length])
        if question:
            yield question


def measure(
    service: RunningService, questions: Iterator[str], *, rounds: int, go_on: Callable[[], bool] = lambda: True
) -> list[Sample]:
    """One Sample for each number of clients, taken in turns of a few seconds, for `rounds` turns or while `go_on()`."""
    samples = {clients: Sample(clients=clients) for clients in CLIENTS}
    for _ in itertools.takewhile(lambda _: go_on(), range(rounds)):
        for clients in CLIENTS:
            samples[clients].add(closed_loop(questions, clients, lambda: _asking(service)))
    return list(samples.values())


def closed_loop(questions: Iterator[str], clients: int, connect: Callable[[], AbstractContextManager[Ask]]) -> Sample:
    """One turn: each client asks its next question as soon as it has the answer to the last."""
    deadline = time.monotonic() + WINDOW_SECONDS
    lock = threading.Lock()
    parts = [Sample(clients=clients) for _ in range(clients)]

    def run(part: Sample) -> None:
        with connect() as ask:
            ask("warm up the connection")
            while time.monotonic() < deadline:
                with lock:
                    question = next(questions)
                begin = time.perf_counter()
                if ask(question):
                    part.seconds.append(time.perf_counter() - begin)
                else:
                    part.failures += 1

    threads = [threading.Thread(target=run, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Sample(clients=clients)
    for part in parts:
        whole.add(part)
    return whole


@contextmanager
def _asking(service: RunningService) -> Iterator[Ask]:
    with service.another_client() as client:
        yield lambda question: _is_answered(client, question)


def _is_answered(client: Client, question: str) -> bool:
    try:
        client.retrieve({"query": question, "collections": [COLLECTION], "top_k": 10})
    except ClientError:
        return False
    return True
