"""Profiles and glossaries that come with the service, by name. None is in force before somebody sets it."""

from __future__ import annotations

import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

_ENDING = ".json"
_GLOSSARY = "-glossary"


def shipped_profile(name: str) -> dict[str, Any] | None:
    """The content of a profile that is shipped; None where none has that name."""
    return _content(name)


def shipped_glossary(name: str) -> dict[str, Any] | None:
    """The content of the glossary that is shipped with the profile of that name; None where there is none."""
    return _content(name.removesuffix(_GLOSSARY) + _GLOSSARY)


def shipped_names() -> tuple[str, ...]:
    """Of the profiles."""
    stems = (entry.name.removesuffix(_ENDING) for entry in _folder().iterdir() if entry.name.endswith(_ENDING))
    return tuple(sorted(stem for stem in stems if not stem.endswith(_GLOSSARY)))


def _content(name: str) -> dict[str, Any] | None:
    """Found in the listing, and not by a path made of `name`."""
    for entry in _folder().iterdir():
        if entry.name == name + _ENDING:
            content: dict[str, Any] = json.loads(entry.read_text(encoding="utf-8"))
            return content
    return None


def _folder() -> Traversable:
    return files("retrieval") / "profiles"
