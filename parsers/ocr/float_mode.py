"""Arithmetic that counts denormal numbers as zero, for the length of a call and not a moment longer.

On x86 a product of denormals takes a hundred times as long, and the detector's layers are full of them. onnxruntime's
switch for it changes the processor's state for good, for the thread that makes the session; so that state is kept, and
put in place only around a run (`fegetenv` and `fesetenv` of C99).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

_LARGEST_ENVIRONMENT = 256

Made = TypeVar("Made")
State = ctypes.Array[ctypes.c_char]


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _current() -> State:
    state = ctypes.create_string_buffer(_LARGEST_ENVIRONMENT)
    _library().fegetenv(state)
    return state


def made_with_state(make: Callable[[], Made]) -> tuple[Made, State]:
    """What `make` returns, and the state of the processor that it left; the state is as before afterwards."""
    before = _current()
    made = make()
    left = _current()
    _library().fesetenv(before)
    return made, left


@contextmanager
def in_state(state: State) -> Iterator[None]:
    """Compute in this state of the processor."""
    before = _current()
    _library().fesetenv(state)
    try:
        yield
    finally:
        _library().fesetenv(before)
