"""`sourcespan api`: the API of a cluster, which also prepares the catalog for the other processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import httpx

from services.cluster.shared_parts import ensure_bucket
from services.cluster.start import open_catalog_when_there
from services.failures import Failure
from services.processes import api
from services.processes import prepare as preparation
from services.processes.role import RoleContext
from services.settings import Settings
from services.supervisor import listen_on


def prepare(settings: Settings, stop: threading.Event) -> int:
    """In a process of its own, whose memory (of a model that is checked) is given back."""
    ensure_bucket(settings)
    open_catalog_when_there(settings, stop, prepared=False).close()
    return preparation.run(RoleContext(settings=settings, stop=stop, number=1, listen=None))


def run(settings: Settings, stop: threading.Event) -> int:
    """Until asked to end."""
    if subprocess.run([sys.executable, "-m", "services.cluster", "prepare"], check=False).returncode:
        raise Failure("The catalog could not be prepared; the reason is above.")
    with listen_on(settings.host, settings.port) as listener:
        descriptor = os.dup(listener.fileno())
        return api.run(RoleContext(settings=settings, stop=stop, number=1, listen=descriptor))


def answers(settings: Settings) -> bool:
    """Whether the API on this machine says that it is ready."""
    try:
        return httpx.get(f"http://127.0.0.1:{settings.port}/health", timeout=5.0, trust_env=False).is_success
    except httpx.HTTPError:
        return False
