"""Page images with marked boxes, drawn in a sealed process of their own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from parsers.detection import PDF, require_supported
from parsers.errors import LimitExceeded, ParseError, ParserCrashed, UnsupportedMediaType
from parsers.formats import backend_module
from parsers.isolated_process import CallLost, ForkServer, Loss, Worker, decode_result, require_result
from parsers.model import Box
from parsers.policy import ParseLimits
from parsers.render_task import RENDER_PAGE, RenderArguments

TASKS_MODULE = "parsers.rasterize"

MAXIMUM_DPI = 300
MAXIMUM_BOXES = 5_000
_PIXELS = 16_000_000

_LOST = {
    Loss.TIMEOUT: LimitExceeded("The page took longer to draw than allowed."),
    Loss.MEMORY: LimitExceeded("The page needs more memory to draw than allowed."),
    Loss.CRASH: ParserCrashed("The page could not be drawn: it crashed the renderer."),
    Loss.FAILED: ParseError("The page could not be drawn."),
}


class IsolatedRenderer:
    """Draws one page at a time, for any number of threads. Owns a forkserver and at most one worker.

    A worker is kept while the same file is asked for, and replaced for another one: it is sealed for that file.
    """

    def __init__(self, limits: ParseLimits | None = None, *, nice: int = 0, tasks_module: str = TASKS_MODULE) -> None:
        self._limits = limits or ParseLimits()
        self._server = ForkServer(tasks_module, nice=nice)
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._worker_path: Path | None = None

    def render_page(
        self,
        path: Path,
        page: int,
        *,
        boxes: Sequence[Box] = (),
        clip: Box | None = None,
        dpi: int = 110,
        media_type: str = PDF,
        password: str | None = None,
    ) -> bytes:
        """Return page `page` (from 1) of a PDF or image file at `path` as PNG, with `boxes` (points) marked.

        With `clip` (points) only that part of it. At most `MAXIMUM_DPI`, and 16 million pixels: a larger page is drawn
        smaller. Raises `ParseError`: no such page, `UnsupportedMediaType`, `LimitExceeded` (time, memory, over
        `MAXIMUM_BOXES` boxes), `ParserCrashed`, or what the backend says of the document. After any of them the next
        call works.
        """
        require_supported(media_type)
        if media_type != PDF and not media_type.startswith("image/"):
            raise UnsupportedMediaType(f"Files of the type {media_type} have no pages that could be drawn.")
        if not 1 <= dpi <= MAXIMUM_DPI:
            raise LimitExceeded(f"A page is drawn at 1 to {MAXIMUM_DPI} dots per inch, not at {dpi}.")
        if len(boxes) > MAXIMUM_BOXES:
            raise LimitExceeded(f"At most {MAXIMUM_BOXES:,} boxes can be marked on a page, not {len(boxes):,}.")
        resolved = path.resolve()
        arguments = RenderArguments(
            path=str(resolved),
            media_type=media_type,
            page=page,
            boxes=tuple(boxes),
            clip=clip,
            dpi=dpi,
            pixels=_PIXELS,
            password=password,
        )
        with self._lock:
            return self._render(resolved, arguments)

    def close(self) -> None:
        """End the processes. A later call starts them anew."""
        with self._lock:
            self._end_worker()
            self._server.close()

    def _render(self, path: Path, arguments: RenderArguments) -> bytes:
        if self._worker is None or self._worker_path != path:
            self._end_worker()
            modules = (backend_module(arguments.media_type),)
            self._worker = self._server.spawn(memory_bytes=self._limits.memory_bytes, readable=(path,), modules=modules)
            self._worker_path = path
        seconds = self._limits.seconds_to_open + self._limits.seconds_per_page
        try:
            answer = self._worker.call(RENDER_PAGE, arguments, seconds=seconds)
            if answer.resident_bytes > self._limits.memory_bytes // 2:
                self._end_worker()
            require_result(answer)
            image: bytes = decode_result(answer, bytes)
        except CallLost as lost:
            self._end_worker()
            raise type(_LOST[lost.loss])(str(_LOST[lost.loss])) from None
        return image

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None
            self._worker_path = None
