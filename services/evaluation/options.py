"""Options of the retrieve request that an evaluation asks with: as JSON or in a file, and laid over each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.failures import WrongUsage

Options = dict[str, Any]

DEFAULTS: Options = {"top_k": 20}
"""Of every evaluation; all else is as the service has it."""

_OWN = ("query", "collections")
_WHOLE = frozenset({"filters"})


def read_options(text: str, option: str) -> Options:
    """From a JSON object or the name of a file that holds one. Raises `WrongUsage`."""
    where = option
    if not text.lstrip().startswith("{"):
        where = f"{option}: {text}"
        try:
            text = Path(text).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise WrongUsage(
                f"{where} is no file that can be read.",
                hint='Give a JSON object, as \'{"mode": "dense"}\', or the name of a file that holds one.',
            ) from None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise WrongUsage(f"{where} is not valid JSON: {error.msg}, line {error.lineno}.") from None
    if not isinstance(value, dict):
        raise WrongUsage(f"{where} holds no JSON object.")
    return _checked(value, where)


def laid_over(base: Mapping[str, Any], upper: Mapping[str, Any]) -> Options:
    """`upper` over `base`: objects member by member (a weight of one list leaves the others), filters as a whole."""
    merged = dict(base)
    for name, value in upper.items():
        under = merged.get(name)
        both = isinstance(value, Mapping) and isinstance(under, Mapping) and name not in _WHOLE
        merged[name] = laid_over(under, value) if both and isinstance(under, Mapping) else value
    return merged


def depth_of(options: Mapping[str, Any]) -> int:
    """How many hits are asked for."""
    top_k = options.get("top_k", DEFAULTS["top_k"])
    return top_k if isinstance(top_k, int) else int(DEFAULTS["top_k"])


def _checked(options: Options, where: str) -> Options:
    for name in _OWN:
        if name in options:
            raise WrongUsage(f"{where} sets {name!r}, which the evaluation sets itself.")
    if options.get("output_format", "native") != "native":
        raise WrongUsage(f"{where} sets an output_format in which hits cannot be measured; leave it out.")
    return options
