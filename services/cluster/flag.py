"""A flag that a process and those it forks share, without a lock: whoever is killed can leave none behind."""

from __future__ import annotations

import mmap


class SharedFlag:
    """Made before the fork. Once set it stays set."""

    def __init__(self) -> None:
        self._byte = mmap.mmap(-1, 1)

    def set(self) -> None:
        self._byte[0] = 1

    def is_set(self) -> bool:
        return self._byte[0] == 1
