"""Parse documents in a process that cannot harm anybody: capped, sealed, watched, and thrown away.

A page range that crashes, hangs or overruns is read again page by page in a fresh process; the page that does it
becomes a finding of the ledger and the others survive. What cannot be opened, or has no page that can be read, is a
`ParseError`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from parsers import errors
from parsers.detection import HEAD_BYTES, detect_media_type
from parsers.formats import backend_module
from parsers.isolated_process import CallLost, ForkServer, Loss, Worker, decode_result, require_result
from parsers.isolated_tasks import (
    INSPECT,
    READ_CHILD,
    READ_PAGES,
    ChildArguments,
    FileArguments,
    InspectArguments,
    ReadArguments,
)
from parsers.isolated_wire import Answer
from parsers.model import Child, Finding, ParseOutcome
from parsers.parse import assemble
from parsers.policy import ParseLimits, ParseOptions
from parsers.reading import ChildEntry, Inspection, PageReading

TASKS_MODULE = "parsers.isolated_tasks"

_CALLS_PER_WORKER = 64
_RESIDENT_SHARE = 0.5
"""A worker is replaced when it holds this share of its memory limit: caches and leaks grow, documents stay."""

_PAGES_TIMED_OUT_IN_A_ROW = 3
_LOST_PAGE_TIMES = 48
"""Give up on the rest of a document once reads that came to nothing took this many times `seconds_per_page`."""

_LOST_FINDINGS = {
    Loss.TIMEOUT: ("page_timeout", "The page took longer to read than allowed and was left out."),
    Loss.MEMORY: ("page_memory", "The page needs more memory to read than allowed and was left out."),
    Loss.CRASH: ("page_crashed", "The parser died while reading the page; it was left out."),
    Loss.FAILED: ("page_failed", "The page could not be read and was left out."),
}


class IsolatedParser:
    """Parses one document at a time, each in sealed processes of its own. For one thread at a time.

    Owns a forkserver (started at the first document; some 50 MB, shared with its workers). `nice` is added to its
    niceness. Use as a context manager, or `close()` it.
    """

    def __init__(self, limits: ParseLimits | None = None, *, nice: int = 0, tasks_module: str = TASKS_MODULE) -> None:
        self._limits = limits or ParseLimits()
        self._server = ForkServer(tasks_module, nice=nice)

    def __enter__(self) -> IsolatedParser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process of this parser. It can be used again, and starts anew then."""
        self._server.close()

    def parse(
        self,
        path: Path,
        *,
        sha256: str,
        media_type: str,
        options: ParseOptions,
        on_progress: Callable[[int, int], None] | None = None,
        on_child: Callable[[Child, bytes], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> ParseOutcome:
        """Parse the file at `path`, whose content has the given hash and media type.

        `on_progress(pages done, pages in all)` follows each page range; `should_stop` is asked some ten times a second,
        also while a range is read. `on_child` is given each file inside the file; without it they are only listed. All
        run in the caller's thread. Pages that could not be read are findings of the
        ledger. CPU seconds of the processes are in the measurements (`open`, `read`, `assemble`, and
        `overhead`: starting processes, and reads that came to nothing).

        Raises a `ParseError`: `LimitExceeded` when opening takes too long or too much memory, there are too many pages,
        or every page overran; `ParserCrashed` when opening, or every page, killed the process; `ParseCancelled` when
        `should_stop` said so; or what the backend says of the document.
        """
        reading = _DocumentReading(self._server, self._limits, path, media_type, options, should_stop)
        try:
            inspection = reading.open()
            reading.read_all(inspection.page_count, on_progress)
            children = reading.read_children(inspection.children, on_child)
        finally:
            reading.end()
        reading.require_some_page()
        started = time.thread_time()
        outcome = assemble(
            inspection,
            reading.readings,
            reading.findings,
            sha256=sha256,
            media_type=media_type,
            options=options,
            children=children,
        )
        cpu = reading.cpu_seconds | {"assemble": time.thread_time() - started}
        measured = replace(
            outcome.measurements, cpu_seconds=sum(cpu.values()), by_step=outcome.measurements.by_step | cpu
        )
        return replace(outcome, measurements=measured)


class _DocumentReading:
    """The state of reading one document: its worker, what was read, what was lost, what it cost."""

    def __init__(
        self,
        server: ForkServer,
        limits: ParseLimits,
        path: Path,
        media_type: str,
        options: ParseOptions,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.readings: list[PageReading] = []
        self.findings: list[Finding] = []
        self.cpu_seconds = {"open": 0.0, "read": 0.0, "overhead": 0.0}
        self._server = server
        self._limits = limits
        self._path = path.resolve()
        self._file = FileArguments(path=str(self._path), media_type=media_type, options=options)
        self._modules: tuple[str, ...] = (backend_module(media_type),)
        self._should_stop = should_stop
        self._worker: Worker | None = None
        self._accounted = 0.0
        self._losses: list[Loss] = []
        self._timeouts_in_a_row = 0
        self._lost_seconds = 0.0

    def open(self) -> Inspection:
        arguments = InspectArguments(file=self._file)
        try:
            answer = self._call(INSPECT, arguments, seconds=self._limits.seconds_to_open, step="open")
            require_result(answer)
            inspection: Inspection = decode_result(answer, Inspection)
        except CallLost as lost:
            raise _at_opening(lost.loss, self._limits) from None
        if inspection.page_count == 0:
            raise errors.NoPages("The document has no pages.")
        if inspection.page_count > self._limits.pages:
            raise errors.LimitExceeded(
                f"The document has {inspection.page_count:,} pages; at most {self._limits.pages:,} are allowed."
            )
        return inspection

    def read_all(self, page_count: int, on_progress: Callable[[int, int], None] | None) -> None:
        """Read every page, in ranges, until done or until too much time came to nothing."""
        for first, last in _ranges(page_count, self._limits.pages_per_range):
            self._read(first, last)
            if on_progress is not None:
                on_progress(last, page_count)
            if self._hopeless():
                self._give_up(last + 1, page_count)
                return

    def read_children(
        self, entries: Sequence[ChildEntry], on_child: Callable[[Child, bytes], None] | None
    ) -> list[Child]:
        """Read every file inside the file and hand it on; one that cannot be had is a finding."""
        children: list[Child] = []
        for index, entry in enumerate(entries[: self._limits.children]):
            try:
                data = self._read_child(index)
                head = data[:HEAD_BYTES]
                media_type = detect_media_type(head, len(data))
            except errors.ParseError as error:
                message = f"{entry.name} could not be taken out of the file: {error}"
                self.findings.append(Finding(page=None, code="child_unreadable", message=message))
                continue
            child = Child(
                name=entry.name, media_type=media_type, sha256=hashlib.sha256(data).hexdigest(), size=len(data)
            )
            children.append(child)
            if on_child is not None:
                on_child(child, data)
        if len(entries) > self._limits.children:
            message = f"Only the first {self._limits.children:,} of {len(entries):,} files inside the file were read."
            self.findings.append(Finding(page=None, code="children_left_out", message=message))
        return children

    def _read_child(self, index: int) -> bytes:
        try:
            arguments = ChildArguments(file=self._file, index=index)
            answer = self._call(READ_CHILD, arguments, seconds=self._limits.seconds_to_open, step="read")
            require_result(answer)
            data: bytes = decode_result(answer, bytes)
        except CallLost as lost:
            raise _at_opening(lost.loss, self._limits) from None
        return data

    def require_some_page(self) -> None:
        """Raise what best says why no page at all could be read."""
        if any(not reading.failed for reading in self.readings):
            return
        if Loss.TIMEOUT in self._losses:
            raise errors.LimitExceeded("No page could be read within the time allowed.")
        if Loss.MEMORY in self._losses:
            raise errors.LimitExceeded("No page could be read within the memory allowed.")
        if Loss.CRASH in self._losses:
            raise errors.ParserCrashed("The parser died on every page of the document.")
        raise errors.DamagedDocument("No page of the document could be read.")

    def end(self) -> None:
        """End the worker; what it used beyond its answers is overhead."""
        if self._worker is not None:
            total = self._worker.end().cpu_seconds
            self.cpu_seconds["overhead"] += max(0.0, total - self._accounted)
            self._worker = None
            self._accounted = 0.0

    def _read(self, first: int, last: int) -> None:
        pages = last - first + 1
        arguments = ReadArguments(file=self._file, first=first, last=last)
        reason = ""
        try:
            answer = self._call(READ_PAGES, arguments, seconds=pages * self._limits.seconds_per_page, step="read")
            try:
                require_result(answer)
            except errors.ParseError as error:
                reason = str(error)
                raise CallLost(Loss.FAILED, 0.0) from None
            readings: list[PageReading] = decode_result(answer, list[PageReading])
            if [reading.number for reading in readings] != list(range(first, last + 1)):
                raise CallLost(Loss.FAILED, 0.0)
        except CallLost as lost:
            self._lost_seconds += lost.seconds
            if pages == 1:
                self._lose_page(first, lost.loss, reason)
            else:
                self._read_singly(first, last)
        else:
            self.readings += readings
            self._timeouts_in_a_row = 0

    def _read_singly(self, first: int, last: int) -> None:
        for page in range(first, last + 1):
            self._read(page, page)
            if self._hopeless():
                self._give_up(page + 1, last)
                return

    def _lose_page(self, page: int, loss: Loss, reason: str) -> None:
        code, message = _LOST_FINDINGS[loss]
        self.findings.append(Finding(page=page, code=code, message=reason or message))
        self._losses.append(loss)
        self._timeouts_in_a_row = self._timeouts_in_a_row + 1 if loss is Loss.TIMEOUT else 0

    def _hopeless(self) -> bool:
        return (
            self._timeouts_in_a_row >= _PAGES_TIMED_OUT_IN_A_ROW
            or self._lost_seconds >= _LOST_PAGE_TIMES * self._limits.seconds_per_page
        )

    def _give_up(self, first: int, last: int) -> None:
        message = "Not read: too many pages before it took longer than allowed."
        self.findings += [Finding(page=page, code="page_timeout", message=message) for page in range(first, last + 1)]

    def _call(self, task: str, arguments: object, *, seconds: float, step: str) -> Answer:
        """As `_call_once`; a worker that dies is replaced once, since it may have been killed from outside (by the
        system short of memory, by a person), and one death proves nothing against the document."""
        try:
            return self._call_with_modules(task, arguments, seconds=seconds, step=step)
        except CallLost as lost:
            if lost.loss is not Loss.CRASH:
                raise
            self._lost_seconds += lost.seconds
        return self._call_with_modules(task, arguments, seconds=seconds, step=step)

    def _call_with_modules(self, task: str, arguments: object, *, seconds: float, step: str) -> Answer:
        """As `_call_once`, with a new worker for each module that the task turns out to need."""
        while True:
            answer = self._call_once(task, arguments, seconds=seconds, step=step)
            missing = tuple(module for module in answer.needs if module not in self._modules)
            if not answer.needs:
                return answer
            if not missing:
                raise CallLost(Loss.FAILED, 0.0)
            self._modules += missing
            self.end()

    def _call_once(self, task: str, arguments: object, *, seconds: float, step: str) -> Answer:
        """Have the worker, or a fresh one, run a task. Raises `CallLost`, `ParseCancelled`, `ParserCrashed`."""
        if self._worker is None:
            self._worker = self._server.spawn(
                memory_bytes=self._limits.memory_bytes, readable=(self._path,), modules=self._modules
            )
        worker = self._worker
        try:
            answer = worker.call(task, arguments, seconds=seconds, should_stop=self._should_stop)
        except CallLost as lost:
            self.end()
            if lost.loss is Loss.STOPPED:
                raise errors.ParseCancelled("The parse was cancelled.") from None
            raise
        self.cpu_seconds[step] += answer.cpu_seconds
        self._accounted += answer.cpu_seconds
        if worker.calls >= _CALLS_PER_WORKER or answer.resident_bytes > _RESIDENT_SHARE * self._limits.memory_bytes:
            self.end()
        return answer


def _ranges(page_count: int, size: int) -> Iterator[tuple[int, int]]:
    for first in range(1, page_count + 1, size):
        yield first, min(first + size - 1, page_count)


def _at_opening(loss: Loss, limits: ParseLimits) -> errors.ParseError:
    if loss is Loss.TIMEOUT:
        return errors.LimitExceeded(f"The document could not be opened within {limits.seconds_to_open:g} seconds.")
    if loss is Loss.MEMORY:
        allowed = limits.memory_bytes // 1024**2
        return errors.LimitExceeded(f"The document needs more memory to open than the {allowed} MiB allowed.")
    if loss is Loss.CRASH:
        return errors.ParserCrashed("The parser died while opening the document.")
    return errors.DamagedDocument("The document could not be opened.")
