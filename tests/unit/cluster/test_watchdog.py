"""When a worker has stopped consuming, and when it only has nothing to do, or much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from ingestion.dispatch import BrokerUnavailable
from ingestion.model import WorkQueue
from services.cluster.watchdog import STALLED_SECONDS, Watchdog


@dataclass
class World:
    now: float = 0.0
    messages: int = 1
    idle: bool = True
    away: bool = False

    def send(self, queue: WorkQueue, job_ids: Sequence[str]) -> None:
        raise AssertionError("a watchdog sends nothing")

    def waiting(self, queue: WorkQueue) -> int:
        if self.away:
            raise BrokerUnavailable
        return self.messages


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def watchdog(world: World) -> Watchdog:
    return Watchdog(world, [WorkQueue.PARSE], lambda: world.idle, lambda: None, clock=lambda: world.now)


def test_messages_beside_an_idle_worker_are_a_stall_after_a_while(world: World, watchdog: Watchdog) -> None:
    assert not watchdog.is_stalled()
    world.now = STALLED_SECONDS - 1
    assert not watchdog.is_stalled()
    world.now = STALLED_SECONDS
    assert watchdog.is_stalled()


@pytest.mark.parametrize("well", [{"messages": 0}, {"idle": False}, {"away": True}])
def test_nothing_to_do_much_to_do_and_no_broker_are_none(
    world: World, watchdog: Watchdog, well: dict[str, object]
) -> None:
    for name, value in well.items():
        setattr(world, name, value)
    world.now = 2 * STALLED_SECONDS
    assert not watchdog.is_stalled()
    world.messages, world.idle, world.away = 1, True, False
    world.now += STALLED_SECONDS - 1
    assert not watchdog.is_stalled()


def test_a_turn_begins_the_wait_anew(world: World, watchdog: Watchdog) -> None:
    world.now = STALLED_SECONDS - 1
    watchdog.note_turn()
    world.now = STALLED_SECONDS + 1
    assert not watchdog.is_stalled()
