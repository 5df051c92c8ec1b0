"""JSON files made by this project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

SOURCES: Final[Mapping[str, Callable[[], bytes]]] = {
    "records": lambda: b'[{"id": 1, "name": "Ann", "share": 0.50}, {"id": 2, "name": "Bob", "note": null}]',
    "nested": lambda: (
        b'{"title": "Report", "n": 1E5, "author": {"name": "Ann", "tags": ["a", "b"]}, '
        b'"rows": [{"x": 1, "y": [2]}, {"x": 3}], "table": [{"k": "v"}, {"k": true}], "empty": {}}'
    ),
}
