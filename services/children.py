"""One supervised process: started, its output kept, restarted with a growing pause when it dies, stopped in order."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.log_setup import console_text

Report = Callable[[str], None]

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 30.0
QUICK_DEATH_SECONDS = 10.0
QUICK_DEATHS_UNTIL_SAID = 5
_LOG_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What to run. `role` is what processes of its kind share, `title` how people are told of this one."""

    role: str
    name: str
    title: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    descriptors: tuple[int, ...]
    log_file: Path
    seconds_to_stop: float


@dataclass(slots=True, kw_only=True)
class _Life:
    """The present process and what is known of its predecessors' ends."""

    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    quick_deaths: int = 0
    restart_at: float = field(default=0.0)


class Child:
    """A process and its successors. Not thread-safe: driven by the supervisor's loop."""

    def __init__(self, spec: ChildSpec, report: Report) -> None:
        self.spec = spec
        self._report = report
        self._life = _Life()

    @property
    def pid(self) -> int | None:
        process = self._life.process
        return None if process is None else process.pid

    @property
    def keeps_dying(self) -> bool:
        return self._life.quick_deaths >= QUICK_DEATHS_UNTIL_SAID

    def start(self) -> None:
        """Start in a process group of its own: Ctrl-C on the console reaches the supervisor only, which stops its
        children in order; and what a child leaves behind can be ended with it."""
        process = subprocess.Popen(  # noqa: S603  (a command of the supervisor's own making)
            list(self.spec.command),
            env=dict(self.spec.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=self.spec.descriptors,
            process_group=0,
        )
        self._life.process = process
        self._life.started = time.monotonic()
        threading.Thread(target=self._keep_output, args=(process,), name=f"{self.spec.name}-log", daemon=True).start()

    def exit_code(self) -> int | None:
        """The exit status once the process has ended (negative: the signal), None while it lives.

        What it leaves in its process group is ended before it is reaped, while its id cannot have been given away."""
        process = self._life.process
        if process is None:
            return None
        if process.returncode is None:
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        return process.returncode

    def keep_alive(self, now: float) -> None:
        """Start again what has died, at once after a long life, with a doubling pause while it dies young."""
        life = self._life
        if life.process is None:
            if now >= life.restart_at:
                self.start()
            return
        code = self.exit_code()
        if code is None:
            if life.quick_deaths and now - life.started > QUICK_DEATH_SECONDS:
                life.quick_deaths = 0
            return
        life.process = None
        life.quick_deaths = life.quick_deaths + 1 if now - life.started < QUICK_DEATH_SECONDS else 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (life.quick_deaths - 1), LONGEST_PAUSE_SECONDS)
        if life.quick_deaths >= QUICK_DEATHS_UNTIL_SAID:
            pause = LONGEST_PAUSE_SECONDS
        life.restart_at = now + pause
        self._report_death(code, pause)

    def _report_death(self, code: int, pause: float) -> None:
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        if self._life.quick_deaths == QUICK_DEATHS_UNTIL_SAID:
            self._report(
                f"! The {self.spec.title} {how} and has died {QUICK_DEATHS_UNTIL_SAID} times in a row right after its "
                f"start. It is tried again every {pause:.0f} s; the reason is in {self.spec.log_file}."
            )
        elif self._life.quick_deaths < QUICK_DEATHS_UNTIL_SAID:
            self._report(f"! The {self.spec.title} {how}; starting it again.")

    def ask_to_stop(self) -> None:
        if self.exit_code() is None and (pid := self.pid) is not None:
            os.kill(pid, signal.SIGTERM)

    def end(self) -> None:
        """End it now, with all that it started."""
        if self.exit_code() is None and (pid := self.pid) is not None:
            _signal_group(pid, signal.SIGKILL)

    def _keep_output(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101  (it was started with a pipe)
        with process.stdout as lines:
            for line in lines:
                _append(self.spec.log_file, line)
                text = console_text(line.decode(errors="replace").rstrip("\n"))
                if text is not None:
                    level, message = text
                    self._report(message if level == "NOTICE" else f"! {self.spec.title}: {message}")


def _append(log_file: Path, line: bytes) -> None:
    """Add a line to the log; a log that has grown too long becomes the one `.1` that is kept."""
    if log_file.exists() and log_file.stat().st_size > _LOG_BYTES:
        log_file.replace(log_file.with_suffix(".log.1"))
    with log_file.open("ab") as log:
        log.write(line)


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return
