"""Read one document with a crew of sealed workers: its properties, its pages in ranges, the files inside it.

A range that crashes, hangs or overruns is read again page by page; a page that does it is tried with the format's
second reader, alone, and becomes a finding when that fails too. Which pages are read by whom depends only on the
document, never on how many workers there are or which of them is first.
"""

from __future__ import annotations

import hashlib
import io
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from parsers import errors
from parsers.detection import detect_media_type
from parsers.formats import PDF, format_of
from parsers.isolated_crew import Crew, Job
from parsers.isolated_process import CallLost, ForkServer, Loss, decode_result, require_result
from parsers.isolated_tasks import (
    DRAW_CLIP,
    INSPECT,
    PAGE_KEYS,
    READ_ANSWER,
    READ_CHILD,
    READ_PAGES,
    AnswerArguments,
    ChildArguments,
    ClipArguments,
    FileArguments,
    InspectArguments,
    ReadArguments,
)
from parsers.isolated_wire import Answer
from parsers.model import Child, Derivation, Finding, ImageReference
from parsers.page_store import PageStore, pack_reading, pictures_of, reading_keys, unpack_reading
from parsers.parse import PRODUCER
from parsers.policy import ParseLimits, ParseOptions
from parsers.reading import Block, ChildEntry, ImageReading, Inspection, PageReading
from parsers.stored_readings import StoredReadings
from parsers.vision import UncertainPlace, Vision, VisionKind
from parsers.vision_reading import VisionReading

_PAGES_TIMED_OUT_IN_A_ROW = 3
_LOST_PAGE_TIMES = 48
"""Give up on the rest of a document once reads that came to nothing took this many times `seconds_per_page`."""
_SECOND_TRY_SHARE = 0.25
"""Of a page's time, for the second reader, where the first one took all of it: a bomb is one for both."""
_RANGES_PER_WORKER = 2
"""Documents of few pages are cut into as many ranges, so that all workers are done at about the same time."""

_SECOND_READER = "second_reader"
_LOST_FINDINGS = {
    Loss.TIMEOUT: ("page_timeout", "The page took longer to read than allowed and was left out."),
    Loss.MEMORY: ("page_memory", "The page needs more memory to read than allowed and was left out."),
    Loss.CRASH: ("page_crashed", "The parser died while reading the page; it was left out."),
    Loss.FAILED: ("page_failed", "The page could not be read and was left out."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _LostPage:
    """A page that a reader could not read: how that ended, and what the reader said of it, if it did."""

    loss: Loss
    message: str
    reading: PageReading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """Pages to be read. `alone`: with the whole memory limit, and nothing beside. `after`: the second reader's turn."""

    first: int
    last: int
    alone: bool = False
    after: _LostPage | None = None

    @property
    def pages(self) -> int:
        return self.last - self.first + 1


class DocumentReading:
    """The state of reading one document: what was read, what was lost, what it cost. `end()` it."""

    def __init__(
        self,
        server: ForkServer,
        limits: ParseLimits,
        path: Path,
        media_type: str,
        options: ParseOptions,
        *,
        processes: int,
        on_image: Callable[[ImageReference, bytes], None] | None,
        should_stop: Callable[[], bool] | None,
        pages: PageStore | None = None,
    ) -> None:
        self.readings = StoredReadings()
        self._pages = pages if media_type == PDF else None
        self._keys: list[str] = []
        self._on_image = on_image
        self._should_stop = should_stop
        self._images: set[str] = set()
        self.findings: list[Finding] = []
        self._limits = limits
        self._format = format_of(media_type)
        self._file = FileArguments(path=str(path.resolve()), media_type=media_type, options=options)
        self._processes = processes if self._format.pages_apart else 1
        self._crew = Crew(
            server,
            limits,
            path.resolve(),
            (self._format.module,),
            size=self._processes,
            should_stop=should_stop,
        )
        self._queue: deque[_Range] = deque()
        self._reading: dict[Job, _Range] = {}
        self._losses: list[Loss] = []
        self._timeouts_in_a_row = 0
        self._pages_done = 0
        self._given_up = False

    @property
    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds of the processes by step: `open`, `read`, `overhead`."""
        return self._crew.cpu_seconds

    def end(self) -> None:
        """End the workers; what they used beyond their answers is overhead."""
        self._crew.end()

    def open(self) -> Inspection:
        """Open the document, by the format's second reader where the first cannot. Raises a `ParseError`."""
        reason: errors.ParseError
        try:
            return self._inspect()
        except (errors.DamagedDocument, errors.NoPages) as error:
            reason = error
        except CallLost as lost:
            reason = _at_opening(lost, self._limits)
        if self._format.second is None:
            raise reason
        self._file = replace(self._file, second=True)
        try:
            inspection = self._inspect()
        except (errors.ParseError, CallLost) as error:
            if isinstance(error, errors.ParseCancelled | errors.EncryptedDocument):
                raise
            raise reason from None
        message = f"The usual reader could not open the file, so another one read it. It said: {reason}"
        self.findings.append(Finding(page=None, code=_SECOND_READER, message=message))
        return inspection

    def reuse(self, inspection: Inspection) -> None:
        """Take the pages that are stored from there, and remember under what to keep the others. Raises
        `ParseCancelled`."""
        if self._pages is None or self._file.second:
            return
        made_of = self._page_keys()
        if len(made_of) != inspection.page_count:
            return
        self._keys = reading_keys(made_of, PRODUCER, self._file.options.name, inspection.language)
        stored = self._pages.find(self._keys)
        for number, key in enumerate(self._keys, start=1):
            packed = stored.get(key)
            reading = None if packed is None else unpack_reading(packed, number)
            if packed is not None and reading is not None and self._hand_on_stored(reading, self._pages):
                self.readings.add(reading)
                self._pages.keep(key, packed)
                self._pages_done += 1

    def _page_keys(self) -> list[str]:
        """None of a file of which that cannot be told."""
        arguments = InspectArguments(file=self._file)
        job = Job(task=PAGE_KEYS, arguments=arguments, seconds=self._limits.seconds_to_open, step="open")
        try:
            answer = self._crew.call(job)
            require_result(answer)
            keys: list[str] = decode_result(answer, list[str])
        except errors.ParseCancelled:
            raise
        except (errors.ParseError, CallLost):
            return []
        return keys

    def _hand_on_stored(self, reading: PageReading, pages: PageStore) -> bool:
        """Whether all pictures of the page were there to be handed on."""
        pictures = {picture.sha256: picture for picture in pictures_of(reading)}
        data = {sha256: pages.image(sha256) for sha256 in pictures.keys() - self._images}
        for sha256, content in data.items():
            if content is None:
                return False
            if self._on_image is not None:
                self._on_image(pictures[sha256], content)
            self._images.add(sha256)
        return True

    def read_all(self, page_count: int, on_progress: Callable[[int, int], None] | None) -> None:
        """Read every page that is not there yet, in ranges, until done or until too much time came to nothing."""
        size = self._limits.pages_per_range
        if self._processes > 1:
            size = max(1, min(size, page_count // (_RANGES_PER_WORKER * self._processes)))
        self._queue.extend(_ranges(self.readings.numbers, page_count, size))
        if self._pages_done and on_progress is not None:
            on_progress(self._pages_done, page_count)
        while self._queue or self._reading:
            while self._queue and self._crew.has_room(alone=self._queue[0].alone):
                self._start(self._queue.popleft())
            before = self._pages_done
            for job, answer in self._crew.finished():
                self._finish(self._reading.pop(job), answer)
            if self._hopeless():
                self._give_up()
            if on_progress is not None and self._pages_done > before:
                on_progress(self._pages_done, page_count)

    def read_children(
        self, entries: Sequence[ChildEntry], on_child: Callable[[Child, bytes], None] | None
    ) -> list[Child]:
        """Read every file inside the file and hand it on; one that cannot be had is a finding."""
        children: list[Child] = []
        for index, entry in enumerate(entries[: self._limits.children]):
            try:
                data = self._read_child(index)
                media_type = detect_media_type(io.BytesIO(data), entry.name)
            except errors.ParseCancelled:
                raise
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

    def ask_vision(self, vision: Vision) -> float:
        """Have a vision model read what the pages are not sure of; the money it cost. Raises `ParseCancelled`."""
        media_type = self._file.media_type
        if media_type != PDF and not media_type.startswith("image/"):
            return 0.0
        asking = VisionReading(vision, self.readings, self._file.options, self, self._should_stop)
        asking.run()
        self.findings += asking.findings
        return asking.cost_usd

    def draw_clip(self, page: PageReading, place: UncertainPlace) -> ImageReading:
        """The picture of a part of a page, as upright as its text. Raises a `ParseError`, `CallLost`."""
        by_second = any(finding.code == _SECOND_READER for finding in page.findings)
        file = replace(self._file, second=True) if by_second else self._file
        arguments = ClipArguments(file=file, page=page.number, bbox=place.bbox, quarter_turns=page.quarter_turns)
        image: ImageReading = self._do(DRAW_CLIP, arguments, ImageReading)
        return image

    def read_answer(self, text: str, kind: VisionKind, derivation: Derivation) -> list[Block]:
        """What a vision model's answer says. Raises a `ParseError`, `CallLost`."""
        arguments = AnswerArguments(text=text, kind=kind, derivation=derivation)
        blocks: list[Block] = self._do(READ_ANSWER, arguments, list[Block])
        return blocks

    def _do(self, task: str, arguments: object, kind: Any) -> Any:
        seconds = self._limits.seconds_to_open + self._limits.seconds_per_page
        answer = self._crew.call(Job(task=task, arguments=arguments, seconds=seconds, step="read"))
        require_result(answer)
        return decode_result(answer, kind)

    def require_some_page(self) -> None:
        """Raise what best says why no page at all could be read."""
        if self.readings:
            return
        if Loss.TIMEOUT in self._losses:
            raise errors.LimitExceeded("No page could be read within the time allowed.")
        if Loss.MEMORY in self._losses:
            raise errors.LimitExceeded("No page could be read within the memory allowed.")
        if Loss.CRASH in self._losses:
            raise errors.ParserCrashed("The parser died on every page of the document.")
        raise errors.DamagedDocument("No page of the document could be read.")

    def _inspect(self) -> Inspection:
        """Raises a `ParseError`, `CallLost`."""
        arguments = InspectArguments(file=self._file)
        answer = self._crew.call(
            Job(task=INSPECT, arguments=arguments, seconds=self._limits.seconds_to_open, step="open")
        )
        require_result(answer)
        inspection: Inspection = decode_result(answer, Inspection)
        if inspection.page_count == 0:
            raise errors.NoPages("The document has no pages.")
        if inspection.page_count > self._limits.pages:
            raise errors.LimitExceeded(
                f"The document has {inspection.page_count:,} pages; at most {self._limits.pages:,} are allowed."
            )
        return inspection

    def _read_child(self, index: int) -> bytes:
        arguments = ChildArguments(file=self._file, index=index, most_bytes=self._limits.child_bytes)
        job = Job(task=READ_CHILD, arguments=arguments, seconds=self._limits.seconds_to_open, step="read")
        try:
            answer = self._crew.call(job)
            require_result(answer)
            data: bytes = decode_result(answer, bytes)
        except CallLost as lost:
            raise _at_opening(lost, self._limits) from None
        return data

    def _start(self, asked: _Range) -> None:
        file = self._file if asked.after is None else replace(self._file, second=True)
        arguments = ReadArguments(file=file, first=asked.first, last=asked.last)
        seconds = asked.pages * self._limits.seconds_per_page
        if asked.after is not None and asked.after.loss is Loss.TIMEOUT:
            seconds *= _SECOND_TRY_SHARE
        job = Job(task=READ_PAGES, arguments=arguments, seconds=seconds, step="read", alone=asked.alone)
        self._reading[job] = asked
        self._crew.start(job)

    def _finish(self, asked: _Range, answer: Answer | CallLost) -> None:
        try:
            readings = _readings_of(asked, answer)
        except CallLost as failed:
            self._range_lost(asked, failed.loss, _failed_with(failed))
        except errors.ParserCrashed:
            raise
        except errors.ParseError as error:
            self._range_lost(asked, Loss.FAILED, str(error))
        else:
            for reading in readings:
                if reading.failed:
                    message = reading.findings[0].message if reading.findings else ""
                    self._page_lost(
                        asked, reading.number, _LostPage(loss=Loss.FAILED, message=message, reading=reading)
                    )
                else:
                    self._keep(asked, reading)

    def _range_lost(self, asked: _Range, loss: Loss, message: str) -> None:
        pages = range(asked.first, asked.last + 1)
        starved = loss is Loss.MEMORY and not asked.alone and self._processes > 1
        if self._given_up:
            self._leave_out(pages)
        elif starved or len(pages) > 1:
            again = [replace(asked, first=page, last=page, alone=asked.alone or starved) for page in pages]
            self._queue.extendleft(reversed(again))
        else:
            self._page_lost(asked, asked.first, _LostPage(loss=loss, message=message or _LOST_FINDINGS[loss][1]))

    def _page_lost(self, asked: _Range, page: int, lost: _LostPage) -> None:
        """Try the second reader, or if that was it, say what the first one said."""
        if self._format.second is not None and asked.after is None and not self._file.second and not self._given_up:
            self._queue.appendleft(_Range(first=page, last=page, alone=self._processes > 1, after=lost))
            return
        lost = asked.after or lost
        if lost.reading is not None:
            self.readings.add(lost.reading)
        else:
            self.findings.append(Finding(page=page, code=_LOST_FINDINGS[lost.loss][0], message=lost.message))
        self._losses.append(lost.loss)
        self._timeouts_in_a_row = self._timeouts_in_a_row + 1 if lost.loss is Loss.TIMEOUT else 0
        self._pages_done += 1

    def _keep(self, asked: _Range, reading: PageReading) -> None:
        if asked.after is not None:
            message = f"The usual reader could not read the page, so another one did. It said: {asked.after.message}"
            finding = Finding(page=reading.number, code=_SECOND_READER, message=message)
            reading = replace(reading, findings=(*reading.findings, finding))
        if self._on_image is not None:
            reading = replace(reading, blocks=tuple(map(self._hand_on_image, reading.blocks)))
        self.readings.add(reading)
        if self._pages is not None and self._keys and asked.after is None:
            self._pages.keep(self._keys[reading.number - 1], pack_reading(reading))
        self._timeouts_in_a_row = 0
        self._pages_done += 1

    def _hand_on_image(self, block: Block) -> Block:
        if self._on_image is None or block.figure is None or block.figure.image is None:
            return block
        image = block.figure.image
        sha256 = hashlib.sha256(image.data).hexdigest()
        if sha256 not in self._images:
            self._images.add(sha256)
            reference = ImageReference(
                sha256=sha256, media_type=image.media_type, width=image.width, height=image.height
            )
            self._on_image(reference, image.data)
        return replace(block, figure=replace(block.figure, image=replace(image, data=b"", sha256=sha256)))

    def _hopeless(self) -> bool:
        return not self._given_up and (
            self._timeouts_in_a_row >= _PAGES_TIMED_OUT_IN_A_ROW
            or self._crew.lost_seconds >= _LOST_PAGE_TIMES * self._limits.seconds_per_page
        )

    def _give_up(self) -> None:
        """Leave out what has not been begun; what is being read may still come."""
        self._given_up = True
        for asked in self._queue:
            self._leave_out(range(asked.first, asked.last + 1))
        self._queue.clear()

    def _leave_out(self, pages: range) -> None:
        message = "Not read: too many pages before it took longer than allowed."
        self.findings += [Finding(page=page, code="page_timeout", message=message) for page in pages]
        self._losses.append(Loss.TIMEOUT)
        self._pages_done += len(pages)


def _ranges(there: Collection[int], page_count: int, size: int) -> Iterator[_Range]:
    """The pages that are not there, at most `size` of them at once."""
    first = 1
    while first <= page_count:
        if first in there:
            first += 1
            continue
        last = first
        while last < min(first + size - 1, page_count) and last + 1 not in there:
            last += 1
        yield _Range(first=first, last=last)
        first = last + 1


def _readings_of(asked: _Range, answer: Answer | CallLost) -> list[PageReading]:
    """Raises a `ParseError`, `CallLost`."""
    if isinstance(answer, CallLost):
        raise answer
    require_result(answer)
    readings: list[PageReading] = decode_result(answer, list[PageReading])
    if [reading.number for reading in readings] != list(range(asked.first, asked.last + 1)):
        raise CallLost(Loss.FAILED, 0.0)
    return readings


def _at_opening(lost: CallLost, limits: ParseLimits) -> errors.ParseError:
    if lost.loss is Loss.TIMEOUT:
        return errors.LimitExceeded(f"The document could not be opened within {limits.seconds_to_open:g} seconds.")
    if lost.loss is Loss.MEMORY:
        allowed = limits.memory_bytes // 1024**2
        return errors.LimitExceeded(f"The document needs more memory to open than the {allowed} MiB allowed.")
    if lost.loss is Loss.CRASH:
        return errors.ParserCrashed("The parser died while opening the document.")
    return errors.DamagedDocument(f"The document could not be opened. {_failed_with(lost)}".rstrip())


def _failed_with(lost: CallLost) -> str:
    return f"The reader failed with {lost.failure}." if lost.failure else ""
