"""Parse documents in a process that cannot harm anybody: capped, sealed, watched, and thrown away.

A page range that crashes, hangs or overruns is read again page by page in a fresh process; the page that does it
becomes a finding of the ledger and the others survive. What cannot be opened, or has no page that can be read, is a
`ParseError`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from parsers.isolated_process import ForkServer
from parsers.isolated_reading import DocumentReading
from parsers.model import Child, ImageReference, ParseOutcome
from parsers.page_store import PageStore
from parsers.parse import assemble
from parsers.policy import ParseLimits, ParseOptions
from parsers.vision import Vision

TASKS_MODULE = "parsers.isolated_tasks"


class IsolatedParser:
    """Parses one document at a time, each in sealed processes of its own. For one thread at a time.

    Owns a forkserver (started at the first document; some 50 MB, shared with its workers). `nice` is added to its
    niceness. `processes` are the workers that may share the pages of a document, where its format lets them; the
    Document is the same with any number. `vision` is asked, in the caller's process, what the other extractors are not
    sure of, for documents whose options name its model. Use as a context manager, or `close()` it.
    """

    def __init__(
        self,
        limits: ParseLimits | None = None,
        *,
        nice: int = 0,
        processes: int = 1,
        vision: Vision | None = None,
        tasks_module: str = TASKS_MODULE,
    ) -> None:
        self._limits = limits or ParseLimits()
        self._processes = max(1, processes)
        self._vision = vision
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
        on_image: Callable[[ImageReference, bytes], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
        pages: PageStore | None = None,
    ) -> ParseOutcome:
        """Parse the file at `path`, whose content has the given hash and media type.

        `on_progress(pages done, pages in all)` follows each page range; `should_stop` is asked some ten times a second,
        also while a range is read. `on_child` is given each file inside the file; without it they are only listed.
        `on_image` is given each picture once, as soon as its page was read; without it they are all in the outcome. All
        run in the caller's thread. Pages that could not be read are findings of the ledger. Pages in `pages` are
        taken from there, and kept there when read (not where a vision model reads along, nor without `on_image`). CPU
        seconds are in the measurements (`overhead`: starts, and reads that came to nothing), money in `cost_usd`.

        Raises `ValueError` when the options name a vision model that this parser does not have, or a `ParseError`:
        `LimitExceeded` when opening takes too long or too much memory, there are too many pages, or every page overran;
        `ParserCrashed` when opening, or every page, killed the process; `ParseCancelled` when `should_stop` said so; or
        what the backend says of the document.
        """
        vision = self._vision_for(options)
        reading = DocumentReading(
            self._server,
            self._limits,
            path,
            media_type,
            options,
            processes=self._processes,
            on_image=on_image,
            should_stop=should_stop,
            pages=None if on_image is None or vision is not None else pages,
        )
        try:
            inspection = reading.open()
            reading.reuse(inspection)
            reading.read_all(inspection.page_count, on_progress)
            cost_usd = 0.0 if vision is None else reading.ask_vision(vision)
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
        return _measured(outcome, cpu, cost_usd)

    def _vision_for(self, options: ParseOptions) -> Vision | None:
        """The model that the options name: a Parse is named by it, so it is either asked or not named."""
        if options.vision_model is None:
            return None
        if self._vision is None or self._vision.name != options.vision_model:
            raise ValueError(f"The parser has no vision model {options.vision_model!r}.")
        return self._vision


def _measured(outcome: ParseOutcome, cpu: Mapping[str, float], cost_usd: float) -> ParseOutcome:
    """The outcome with what the processes used, by step."""
    measured = replace(
        outcome.measurements,
        cpu_seconds=sum(cpu.values()),
        cost_usd=cost_usd,
        by_step={**outcome.measurements.by_step, **cpu},
    )
    return replace(outcome, measurements=measured)
