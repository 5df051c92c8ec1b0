"""Celery and Redis, as they have to be set so that a lost worker or broker costs seconds.

The catalog knows what is to be done (`ingestion.catalog.outbox`); a message only gives a worker a turn. So Redis may
lose all it holds, and every task may come twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu import Queue
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from ingestion.dispatch import BrokerUnavailable
from ingestion.model import WorkQueue

TASKS_PER_CHILD = 200
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 10.0
_TURN_AGAIN_SECONDS = 3600
"""A task that takes longer is given out twice; the second worker takes another job, or finds none."""


def make_app(redis_url: str) -> Celery:
    """The application without tasks: enough to send messages."""
    app = Celery("sourcespan", broker=redis_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": _TURN_AGAIN_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        task_acks_late=True,
        task_create_missing_queues=False,
        task_default_queue=queue_name(WorkQueue.PARSE),
        task_ignore_result=True,
        task_publish_retry=False,
        task_queues=[Queue(queue_name(queue)) for queue in WorkQueue],
        task_reject_on_worker_lost=True,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_max_tasks_per_child=TASKS_PER_CHILD,
        worker_prefetch_multiplier=1,
        worker_proc_alive_timeout=120.0,
        worker_send_task_events=False,
    )
    return app


def queue_name(queue: WorkQueue) -> str:
    return queue.value


def task_name(queue: WorkQueue) -> str:
    return f"sourcespan.{queue.value}"


class CeleryBroker:
    """An `ingestion.dispatch.MessageBroker`."""

    def __init__(self, redis_url: str) -> None:
        self._app = make_app(redis_url)
        self._redis: Any = Redis.from_url(
            redis_url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=_ANSWER_SECONDS
        )

    def send(self, queue: WorkQueue, job_ids: Sequence[str]) -> None:
        with _broker_errors(), self._app.producer_pool.acquire(block=True) as producer:
            for job_id in job_ids:
                self._app.send_task(task_name(queue), args=[job_id], queue=queue_name(queue), producer=producer)

    def waiting(self, queue: WorkQueue) -> int:
        with _broker_errors():
            return int(self._redis.llen(queue_name(queue)))

    def close(self) -> None:
        self._redis.close()
        self._app.close()


@contextmanager
def _broker_errors() -> Iterator[None]:
    try:
        yield
    except (RedisError, OperationalError, OSError) as error:
        raise BrokerUnavailable(f"Redis does not answer ({type(error).__name__}).") from error
