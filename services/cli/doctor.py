"""`sourcespan doctor`."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from services.cli.doctor_data import data_findings
from services.cli.findings import Finding, Verdict
from services.cli.options import AsJson, DataDir, Key, Url, settings_of
from services.cli.output import counted, out, plain, print_json, size_text
from services.client import Client, ClientError, NoService, service_url
from services.failures import Failure
from services.index_parts import IndexedModel
from services.serve_lock import read_serving
from services.settings import Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "red")}
_LITTLE_SPACE = 2 * 1024**3
_SEALS_NEEDED = frozenset({"rlimits", "syscall_filter"})
_SEALS_WANTED = _SEALS_NEEDED | {"no_new_privs", "landlock_files", "network_namespace"}
# Sealing holds for the rest of a process's life: it is tried in a process of its own.
_SEAL_PROBE = (
    "from parsers.sealing import leave_network, seal_process; "
    "print(*sorted(leave_network() | seal_process({memory_bytes})))"
)
_SECONDS_TO_SEAL = 30


@app.command()
def doctor(
    full: Annotated[bool, typer.Option("--full", help="Hash all original bytes, not a sample.")] = False,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Write missing points, remove what belongs to nothing, read again what is not stored."
        ),
    ] = False,
    url: Url = None,
    key: Key = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check the data folder, the service and what this machine allows, and whether catalog, blobs and index agree.
    Exits with 1 if something does not work, or is still wrong after a repair."""
    settings = settings_of(url=url, api_key=key, data_dir=data_dir)
    findings = [*_data_folder(settings), *_service(settings), *_model(settings), *_sealing(settings)]
    findings += data_findings(settings, full=full, repair=repair)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark, style = _MARKS[finding.verdict]
            line = plain(f"{mark} ", style)
            line.append_text(plain(f"{finding.subject}: {finding.message}"))
            out.print(line, soft_wrap=True)
    if any(finding.verdict == "failed" for finding in findings):
        raise typer.Exit(1)


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding(subject="data folder", verdict="warning", message=f"{folder} is not there yet; `serve` makes it")
        return
    writable = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    yield Finding(
        subject="data folder",
        verdict="ok" if writable else "failed",
        message=f"{folder}" if writable else f"{folder} cannot be written by this account",
    )
    free = shutil.disk_usage(folder).free
    yield Finding(
        subject="free space", verdict="ok" if free > _LITTLE_SPACE else "warning", message=f"{size_text(free)} are free"
    )
    key_file = settings.admin_key_file
    if key_file.exists():
        private = stat.S_IMODE(key_file.stat().st_mode) & 0o077 == 0
        yield Finding(
            subject="administrator's key",
            verdict="ok" if private else "failed",
            message=f"{key_file}" if private else f"{key_file} can be read by others: chmod 600 it, and make a new one",
        )


def _service(settings: Settings) -> Iterator[Finding]:
    url = service_url(settings)
    serving = read_serving(settings.lock_file)
    try:
        with Client(url, "-") as client:  # health needs no key
            health = client.health()
    except NoService as error:
        started = serving is not None and serving.url is None
        message = "the service is starting" if started else f"{error} {error.hint}"
        yield Finding(subject="service", verdict="warning", message=message)
        return
    except ClientError as error:
        yield Finding(subject="service", verdict="failed", message=str(error))
        return
    for name, state in health.get("parts", {}).items():
        yield Finding(subject=name, verdict="ok" if state == "ready" else "failed", message=state.replace("_", " "))
    try:
        with Client.of(settings) as client:
            held = counted(sum(1 for _ in client.collections()), "collection")
        yield Finding(
            subject="service",
            verdict="ok",
            message=f"answers at {url}; the key is good; {held}",
        )
    except ClientError as error:
        yield Finding(subject="service", verdict="failed", message=f"answers at {url}, but: {error}")


def _model(settings: Settings) -> Iterator[Finding]:
    try:
        model = IndexedModel.read(settings)
    except Failure:
        return
    slow = model.runtime.startswith("sentence-transformers") and settings.embedding_runtime == "auto"
    yield Finding(
        subject="embedding",
        verdict="warning" if slow else "ok",
        message=f"{model.model_id} on {model.runtime}, {model.dimension} dimensions",
    )


def _sealing(settings: Settings) -> Iterator[Finding]:
    """What the kernel lets a parser process give up."""
    probe = _SEAL_PROBE.format(memory_bytes=settings.parse_memory_bytes)
    done = subprocess.run(  # noqa: S603  (our own interpreter and code)
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=_SECONDS_TO_SEAL, check=False
    )
    holds = set(done.stdout.split())
    missing = _SEALS_WANTED - holds
    message = "parsers run with " + (", ".join(sorted(holds)) or "no seal at all")
    if missing:
        message += f"; this machine does not give them {', '.join(sorted(missing))}"
    verdict: Verdict = "failed" if not holds >= _SEALS_NEEDED else "warning" if missing else "ok"
    yield Finding(subject="isolation", verdict=verdict, message=message)
