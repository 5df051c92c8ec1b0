"""Reading text files line by line, so that every fault can be told with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from retrieval.evaluation.errors import UnreadableSet


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers from 1. Raises `UnreadableSet`."""
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError:
        raise UnreadableSet(path, "this is not UTF-8 text.", line=number + 1) from None
    except OSError as error:
        raise UnreadableSet(path, f"it cannot be read ({error.strerror or type(error).__name__}).") from None


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSONL file with their lines' numbers. Raises `UnreadableSet`."""
    for number, line in numbered_lines(path):
        try:
            value = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            fault = f"{error.msg} at character {error.colno}" if isinstance(error, json.JSONDecodeError) else "too deep"
            raise UnreadableSet(path, f"not valid JSON: {fault}.", line=number) from None
        if not isinstance(value, dict):
            raise UnreadableSet(path, "every line holds one JSON object.", line=number)
        yield number, value
