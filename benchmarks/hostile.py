"""`python -m benchmarks.hostile FOLDER`: does every hostile file end within its limit, in a parse or a clear error?

FOLDER has a `manifest.json`: `{"files": [{"path", "kind", "expectation", …}]}`. Expectations: `parse-ok` (must give
text, or a page for a picture), `clear-error` (must be refused) and `either`; none of them allows a silent empty result.
Prints each file that does not do what is expected, the share that does, and the worst by time and memory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from parsers.detection import detect_media_type, require_supported
from parsers.errors import ParseCancelled, ParseError
from parsers.isolation import IsolatedParser
from parsers.model import LedgerState, ParseOutcome
from parsers.policy import parse_policy

_SAMPLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a file. `outcome`: `content`, `empty` (and said so), `silent` or the code of an error."""

    path: str
    expectation: str
    outcome: str
    message: str
    seconds: float
    tree_mib: float

    @property
    def as_expected(self) -> bool:
        if self.outcome in ("silent", "crash", "hang"):
            return False
        if self.expectation == "parse-ok":
            return self.outcome == "content"
        return self.expectation == "either" or self.outcome not in ("content", "empty")


class TreePeak:
    """The most memory (proportional set size) that this process and all below it had together, in bytes."""

    def __init__(self) -> None:
        self.bytes = 0

    def note(self) -> None:
        this = psutil.Process()
        self.bytes = max(self.bytes, sum(_pss(process.pid) for process in (this, *this.children(recursive=True))))


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # it has ended, or belongs to somebody else
    return 0


@contextmanager
def watching_tree() -> Iterator[TreePeak]:
    peak, stop = TreePeak(), threading.Event()

    def watch() -> None:
        while not stop.wait(_SAMPLE_SECONDS):
            peak.note()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
        peak.note()


def judge(parser: IsolatedParser, path: Path, expectation: str, policy: str) -> Result:
    """Parse one file as a caller would, and say what became of it."""
    started = time.monotonic()
    with watching_tree() as peak:
        try:
            with path.open("rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
                media_type = detect_media_type(content, path.name)
            require_supported(media_type)
            outcome = parser.parse(path, sha256=sha256, media_type=media_type, options=parse_policy(policy))
            kind, message = _outcome(outcome)
        except ParseCancelled:
            raise
        except ParseError as error:
            kind, message = error.code, str(error)
    return Result(
        path=path.name,
        expectation=expectation,
        outcome=kind,
        message=message,
        seconds=round(time.monotonic() - started, 2),
        tree_mib=round(peak.bytes / 2**20, 1),
    )


def _outcome(outcome: ParseOutcome) -> tuple[str, str]:
    document = outcome.document
    ledger = document.ledger
    said = "; ".join(sorted({finding.code for finding in ledger.findings}))
    picture = document.document.media_type.startswith("image/") and ledger.pages_parsed > 0
    if document.text.strip() or document.children or picture:
        return "content", f"{ledger.state.value}: {len(document.elements)} elements; {said}"
    if ledger.state is LedgerState.EMPTY and ledger.findings:
        return "empty", said
    return "silent", f"{ledger.state.value}, no finding"


def main() -> int:
    asked = _arguments()
    files = json.loads((asked.folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    results: list[Result] = []
    with IsolatedParser(processes=asked.processes) as parser:
        for file in files:
            if asked.only and asked.only not in file["path"]:
                continue
            result = judge(parser, asked.folder / file["path"], file["expectation"], asked.policy)
            results.append(result)
            if asked.verbose or not result.as_expected:
                mark = " " if result.as_expected else "!"
                line = (
                    f"{mark} {result.expectation:11} {result.seconds:6.2f} s {result.tree_mib:7.1f} MiB  {result.path}"
                )
                print(f"{line}: {result.outcome}: {result.message}", flush=True)
    _summary(results)
    if asked.output is not None:
        asked.output.write_text(json.dumps([asdict(result) for result in results], indent=1), encoding="utf-8")
    return 0 if all(result.as_expected for result in results) else 1


def _summary(results: list[Result]) -> None:
    total = Counter(result.expectation for result in results)
    met = Counter(result.expectation for result in results if result.as_expected)
    for expectation in sorted(total):
        print(f"{expectation:11} {met[expectation]} of {total[expectation]} as expected")
    slowest, largest = max(results, key=lambda one: one.seconds), max(results, key=lambda one: one.tree_mib)
    print(f"slowest: {slowest.seconds:.2f} s, {slowest.path}; largest: {largest.tree_mib:.0f} MiB, {largest.path}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("folder", type=Path, help="with manifest.json and the files it names")
    parser.add_argument("--policy", default="balanced", help="fast, balanced, best, or budget:N")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="workers for the pages of a document"
    )
    parser.add_argument("--only", help="only files with this in their path")
    parser.add_argument("--output", type=Path, help="also write every result here, as JSON")
    parser.add_argument("--verbose", action="store_true", help="print every file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
