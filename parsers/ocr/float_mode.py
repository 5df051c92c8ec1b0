"""Arithmetic that counts denormal numbers as zero, for the length of a call and not a moment longer.

On x86 a product of denormals takes a hundred times as long, and the detector's layers are full of them. onnxruntime has
a switch for it (`session.set_denormal_as_zero`), but it obeys the first session of a process only and then changes the
processor's state for good. So the bits are set here, around a run, in what `fegetenv` and `fesetenv` of C99 keep.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

_LARGEST_ENVIRONMENT: Final = 256

_BITS: Final = {
    "x86_64": (28, 0x8040),  # MXCSR: flush to zero, denormals are zero
    "aarch64": (0, 1 << 24),  # FPCR: flush to zero
}
"""By processor: where the control word (32 bits, little-endian) is in glibc's and musl's `fenv_t`, and the bits."""


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)


@contextmanager
def denormals_as_zero() -> Iterator[None]:
    """Compute so in this thread; afterwards as before. Does nothing on processors and systems it does not know."""
    place = _BITS.get(platform.machine())
    if place is None or not sys.platform.startswith("linux"):
        yield
        return
    before = ctypes.create_string_buffer(_LARGEST_ENVIRONMENT)
    _library().fegetenv(before)
    offset, bits = place
    changed = ctypes.create_string_buffer(before.raw, _LARGEST_ENVIRONMENT)
    control = ctypes.c_uint32.from_buffer(changed, offset)
    control.value |= bits
    _library().fesetenv(changed)
    try:
        yield
    finally:
        _library().fesetenv(before)
