"""Which runtimes were checked on this machine, kept on disk so that only the first start pays for the check.

A verdict holds for one fingerprint: model and weights, variant, package versions, the processor's flags, and the
versions of the graph and of the check. Several processes that start at once check once, behind a file lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from retrieval.embedding.bert_graph import GRAPH_VERSION
from retrieval.embedding.model_files import ModelFolder
from retrieval.embedding.variants import LEAST_COSINE, PACKAGES, Variant, graph_path

CHECK_SECONDS = 600
VERDICTS_FILE = "embedding-check.json"
CHECK_VERSION = 1


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the check found: the least cosine over its texts, what was required, and a sentence where it failed."""

    passed: bool
    least_cosine: float
    required: float
    reason: str


class _VerdictsFile(msgspec.Struct, kw_only=True):
    schema_version: int = 1
    verdicts: dict[str, Verdict] = {}


def fingerprint(folder: ModelFolder, variant: Variant, flags: frozenset[str]) -> str:
    """Names everything that the verdict depends on."""
    packages = [f"{name}={_version(name)}" for name in PACKAGES[variant]]
    digest = hashlib.sha256(" ".join(sorted(flags)).encode()).hexdigest()[:12]
    return " ".join(
        [folder.id, str(variant), *packages, f"cpu={digest}", f"graph={GRAPH_VERSION}", f"check={CHECK_VERSION}"]
    )


def verdict_for(folder: ModelFolder, variant: Variant, flags: frozenset[str], cache_dir: Path) -> Verdict:
    """The stored verdict, or that of a check made now, by this process or by another that was faster."""
    key = fingerprint(folder, variant, flags)
    found = _stored(key, folder, cache_dir)
    if found is not None:
        return found
    with _locked(cache_dir):
        found = _stored(key, folder, cache_dir)
        if found is None:
            found = _check_in_child(folder, variant, cache_dir)
            _store(key, found, cache_dir)
    return found


def _stored(key: str, folder: ModelFolder, cache_dir: Path) -> Verdict | None:
    verdict = _read(cache_dir).verdicts.get(key)
    if verdict is not None and verdict.passed and not graph_path(folder, cache_dir).exists():
        return None
    return verdict


def _read(cache_dir: Path) -> _VerdictsFile:
    try:
        content = msgspec.json.decode((cache_dir / VERDICTS_FILE).read_bytes(), type=_VerdictsFile)
    except (FileNotFoundError, msgspec.DecodeError):
        return _VerdictsFile()
    return content if content.schema_version == 1 else _VerdictsFile()


def _store(key: str, verdict: Verdict, cache_dir: Path) -> None:
    content = _read(cache_dir)
    content.verdicts[key] = verdict
    partial = cache_dir / f"{VERDICTS_FILE}.part"
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(content)))
    partial.replace(cache_dir / VERDICTS_FILE)


@contextmanager
def _locked(cache_dir: Path) -> Iterator[None]:
    with (cache_dir / f"{VERDICTS_FILE}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_in_child(folder: ModelFolder, variant: Variant, cache_dir: Path) -> Verdict:
    model = None if folder.is_default else str(folder.path)
    command = [sys.executable, "-P", "-m", "retrieval.embedding.verification", str(variant), str(cache_dir)]
    command += [model] if model else []
    try:
        finished = subprocess.run(command, capture_output=True, timeout=CHECK_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        return _failed(variant, f"The check could not be finished ({type(error).__name__}).")
    if finished.returncode != 0:
        ending = finished.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        return _failed(variant, f"The check ended with status {finished.returncode}: {ending[0][:300]}")
    try:
        return msgspec.json.decode(finished.stdout, type=Verdict)
    except msgspec.DecodeError:
        return _failed(variant, "The check gave no readable verdict.")


def _failed(variant: Variant, reason: str) -> Verdict:
    return Verdict(passed=False, least_cosine=0.0, required=LEAST_COSINE[variant], reason=reason)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
