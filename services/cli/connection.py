"""The service that a command talks to. Apart from the options, since not every command needs one."""

from __future__ import annotations

from pathlib import Path

from services.cli.options import settings_of
from services.client import Client


def client_of(url: str | None, key: str | None, data_dir: Path | None) -> Client:
    """A client of the service that the options and the environment name. Raises `ClientError`."""
    return Client.of(settings_of(url=url, api_key=key, data_dir=data_dir))
