"""The machine a measurement was made on, and what the processes of a tree have used of it."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

TELLING_FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "amx_tile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    cpu: str
    cores: int
    memory_gib: float
    flags: tuple[str, ...]
    system: str
    python: str

    @property
    def has_bf16(self) -> bool:
        return "avx512_bf16" in self.flags or "amx_bf16" in self.flags

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def this_machine() -> Machine:
    model, flags = platform.processor() or platform.machine(), frozenset[str]()
    cpuinfo = Path("/proc/cpuinfo")
    for line in cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else ():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            model = value.strip()
        elif key.strip() == "flags":
            flags = frozenset(value.split())
            break
    return Machine(
        cpu=model,
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        flags=tuple(flag for flag in TELLING_FLAGS if flag in flags),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUse:
    """`cpu_seconds`: of the process and of those of its children that have ended and were waited for."""

    pid: int
    role: str
    cpu_seconds: float
    rss_bytes: int


def role_of(process: psutil.Process) -> str:
    """What a process of the service is for, read from its command line."""
    arguments = process.cmdline()
    if "services.processes" in arguments:
        position = arguments.index("services.processes")
        return arguments[position + 1] if len(arguments) > position + 1 else "process"
    if any(Path(argument).name == "sourcespan" for argument in arguments[:3]):
        return "supervisor"
    return "parse and render" if any("parsers.isolated_child" in argument for argument in arguments) else "other"


def tree(root: int) -> list[ProcessUse]:
    """Every living process from `root` down. One that ends while it is looked at is left out: the parent that waited
    for it has its CPU time."""
    uses = []
    for process in _living(root):
        try:
            times = process.cpu_times()
            cpu = times.user + times.system + times.children_user + times.children_system
            uses.append(
                ProcessUse(pid=process.pid, role=role_of(process), cpu_seconds=cpu, rss_bytes=process.memory_info().rss)
            )
        except psutil.NoSuchProcess:
            continue
    return uses


def _living(root: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(root)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(root: int) -> float:
    return sum(use.cpu_seconds for use in tree(root))


def cpu_by_role(root: int) -> dict[str, float]:
    totals: dict[str, float] = {}
    for use in tree(root):
        totals[use.role] = totals.get(use.role, 0.0) + use.cpu_seconds
    return totals


@dataclass(slots=True)
class MemoryPeaks:
    """Largest resident set of one process of each role, and of all processes of the tree together (which counts shared
    pages once for each process)."""

    by_role: dict[str, int] = field(default_factory=dict)
    together: int = 0

    def note(self, uses: list[ProcessUse]) -> None:
        for use in uses:
            self.by_role[use.role] = max(self.by_role.get(use.role, 0), use.rss_bytes)
        self.together = max(self.together, sum(use.rss_bytes for use in uses))


@contextmanager
def watching_memory(root: int, *, every_seconds: float = 1.0) -> Iterator[MemoryPeaks]:
    peaks, stop = MemoryPeaks(), threading.Event()

    def watch() -> None:
        while not stop.wait(every_seconds):
            peaks.note(tree(root))

    peaks.note(tree(root))
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        stop.set()
        thread.join()
        peaks.note(tree(root))
