"""How the processes of the service log: one line per event on standard error, which the supervisor writes to a file.

Lines of level NOTICE and above also reach the console of `sourcespan serve`. Neither document text nor keys are logged.
"""

from __future__ import annotations

import logging
import sys
import warnings

NOTICE = 25
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LOUD_LIBRARIES = ("httpx", "httpcore", "sentence_transformers", "transformers", "uvicorn.access", "alembic")


def configure(level: str) -> None:
    """Send this process's log lines and Python warnings to standard error."""
    logging.addLevelName(NOTICE, "NOTICE")
    logging.basicConfig(stream=sys.stderr, level=level, format=_FORMAT, force=True)
    logging.captureWarnings(True)
    warnings.simplefilter("default")
    logging.getLogger("py.warnings").addFilter(_as_info)
    for name in _LOUD_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _as_info(record: logging.LogRecord) -> bool:
    """A library's deprecation warning is for the log file, not for the operator's console."""
    record.levelno, record.levelname = logging.INFO, "INFO"
    return True


def console_text(line: str) -> tuple[str, str] | None:
    """(level, message) of a log line that belongs on the operator's console, else None.

    >>> console_text("2026-01-02 03:04:05,678 WARNING ingestion.worker: disk is nearly full")
    ('WARNING', 'disk is nearly full')
    >>> console_text("2026-01-02 03:04:05,678 INFO ingestion.worker: claimed a job")
    """
    parts = line.split(" ", 3)
    if len(parts) < 4 or parts[2] not in ("NOTICE", "WARNING", "ERROR", "CRITICAL"):
        return None
    _, _, message = parts[3].partition(": ")
    return parts[2], message
