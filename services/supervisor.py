"""`sourcespan serve`: starts the processes of the embedded service, keeps them alive and stops them in order.

The supervisor holds the listening socket, so that requests wait in its queue while a killed API is started again. It
holds no state that matters: whatever is killed, the catalog and the blobs know what is left to do.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx

from services.children import Child, ChildSpec, Report
from services.failures import Failure
from services.serve_lock import ServeLock
from services.settings import Settings, child_environment

_TICK_SECONDS = 0.1
_SECONDS_FOR_FORMER_CHILDREN = 20.0
_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes


class ServeError(Failure):
    """The service cannot start."""


class Supervisor:
    """Runs the service of one data folder until it is asked to stop.

    Args:
        settings: what every child gets.
        report: called with each line for the operator's console.
        on_ready: called once with the service's address when it answers; may return a process to end with the service.

    Raises `ServeError` or `AlreadyServing` from `run` when the service cannot start.
    """

    def __init__(
        self,
        settings: Settings,
        report: Report,
        on_ready: Callable[[str], subprocess.Popen[bytes] | None],
    ) -> None:
        self._settings = settings
        self._report = report
        self._on_ready = on_ready
        self._stop_requests = 0
        self._children: list[Child] = []

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        settings = self._settings
        _make_folders(settings)
        with ServeLock(settings.lock_file, settings.run_dir / "children.lock") as lock, self._signals():
            if not lock.wait_for_former_children(
                _SECONDS_FOR_FORMER_CHILDREN,
                lambda: self._report("Waiting for the processes of an earlier run to end…"),
            ):
                raise ServeError("Processes of an earlier run on this data folder do not end; end them and try again.")
            with listen_on(settings.host, settings.port) as listener, _lifeline() as lifeline:
                self._serve(lock, listener, lifeline)

    def _serve(self, lock: ServeLock, listener: socket.socket, lifeline: int) -> None:
        url = _url(listener)
        held = lock.children_descriptor
        demo: subprocess.Popen[bytes] | None = None
        try:
            prepare = self._child("prepare", "preparation", lifeline, held)
            index = self._child("index", "index owner", lifeline, held, seconds_to_stop=30)
            api = self._child("api", "API", lifeline, held, listen=listener.fileno(), seconds_to_stop=15)
            workers = [
                self._child("worker", f"worker {number}", lifeline, held, number=number, seconds_to_stop=20)
                for number in range(1, self._settings.workers + 1)
            ]
            if not self._prepare(prepare):
                return
            if not self._start(index, lambda: _answers_on(self._settings.index_socket)):
                return
            if not self._start(api, lambda: _answers(url)):
                return
            for worker in workers:
                worker.start()
                self._children.append(worker)
            lock.say(url)
            demo = self._on_ready(url)
            self._watch()
        finally:
            if demo is not None and demo.poll() is None:
                demo.terminate()
            self._stop_all()

    def _child(
        self,
        role: str,
        title: str,
        lifeline: int,
        held: int,
        *,
        number: int = 1,
        listen: int | None = None,
        seconds_to_stop: float = 5,
    ) -> Child:
        name = role if role != "worker" else f"worker-{number}"
        command = [sys.executable, "-m", "services.processes", role, "--number", str(number)]
        command += ["--lifeline", str(lifeline), "--held", str(held)]
        descriptors = [lifeline, held]
        if listen is not None:
            command += ["--listen", str(listen)]
            descriptors.append(listen)
        spec = ChildSpec(
            role=role,
            name=name,
            title=title,
            command=tuple(command),
            environment=child_environment(self._settings),
            descriptors=tuple(descriptors),
            log_file=self._settings.logs_dir / f"{name}.log",
            seconds_to_stop=seconds_to_stop,
        )
        return Child(spec, self._report)

    def _prepare(self, child: Child) -> bool:
        """Run the preparation to its end; False when asked to stop meanwhile."""
        child.start()
        try:
            while not self._stop_requests:
                code = child.exit_code()
                if code == 0:
                    return True
                if code is not None:
                    raise ServeError(f"The service could not be prepared; the reason is in {child.spec.log_file}.")
                time.sleep(_TICK_SECONDS)
            return False
        finally:
            child.end()

    def _start(self, child: Child, ready: Callable[[], bool]) -> bool:
        """Start a child and wait until it answers; False when asked to stop meanwhile."""
        child.start()
        self._children.append(child)
        while not self._stop_requests:
            if ready():
                return True
            child.keep_alive(time.monotonic())
            if child.keeps_dying:
                raise ServeError(f"The {child.spec.title} does not start; the reason is in {child.spec.log_file}.")
            time.sleep(_TICK_SECONDS)
        return False

    def _watch(self) -> None:
        while not self._stop_requests:
            now = time.monotonic()
            for child in self._children:
                child.keep_alive(now)
            time.sleep(_TICK_SECONDS)

    def _stop_all(self) -> None:
        """The API first, so that nothing new is accepted; workers next; the index owner last, to keep all it got."""
        if not self._children:
            return
        self._report("Stopping…")
        for role in ("api", "worker", "index"):
            group = [child for child in self._children if child.spec.role == role]
            asked = self._stop_requests
            for child in group:
                child.ask_to_stop()
            deadline = time.monotonic() + max((child.spec.seconds_to_stop for child in group), default=0)
            while any(child.exit_code() is None and child.pid is not None for child in group):
                if time.monotonic() > deadline or self._stop_requests > max(asked, 1):
                    for child in group:
                        child.end()
                time.sleep(_TICK_SECONDS / 4)
        self._report("Stopped.")

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Count requests to stop: the first stops in order, the second ends everything at once."""

        def request(_number: int, _frame: FrameType | None) -> None:
            self._stop_requests += 1

        former = {number: signal.signal(number, request) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def run_beside(arguments: list[str], settings: Settings) -> subprocess.Popen[bytes]:
    """Start a command of our own that shares the console, with the service's settings."""
    return subprocess.Popen(  # noqa: S603  (our own interpreter and module)
        [sys.executable, "-m", *arguments], env=child_environment(settings), stdin=subprocess.DEVNULL
    )


def _make_folders(settings: Settings) -> None:
    """Documents are private: only the operator's account may look into the data folder."""
    os.umask(0o077)
    try:
        for folder in (settings.data_dir, settings.blobs_dir, settings.index_dir, settings.logs_dir, settings.run_dir):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServeError(f"The data folder {settings.data_dir} cannot be used: {error.strerror}.") from error
    if len(os.fsencode(settings.index_socket)) > _LONGEST_SOCKET_PATH:
        raise ServeError(f"The path of the data folder is too long for a socket in it: {settings.data_dir}.")


@contextmanager
def _lifeline() -> Iterator[int]:
    """The reading end of a pipe that ends with this process."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def listen_on(host: str, port: int) -> socket.socket:
    """Raises `ServeError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise ServeError(
            f"The API cannot listen on {host} port {port}: {_reason(error)}.",
            hint="Choose another with --port or --host.",
        ) from error
    return listener


def _reason(error: OSError) -> str:
    return "another program listens there" if error.errno == errno.EADDRINUSE else str(error.strerror or error)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (an address to replace)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _answers_on(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=1.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False
