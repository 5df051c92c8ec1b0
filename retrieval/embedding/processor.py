"""What the processor can do, as Linux reports it."""

from __future__ import annotations

from pathlib import Path

_BFLOAT16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


def processor_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """The instruction-set flags of the first core; empty where they cannot be read (not Linux, not x86)."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return frozenset()
    for line in lines:
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return frozenset(value.split())
    return frozenset()


def has_bfloat16(flags: frozenset[str]) -> bool:
    """Matrix products in bfloat16 are done by the hardware."""
    return bool(flags & _BFLOAT16_FLAGS)
