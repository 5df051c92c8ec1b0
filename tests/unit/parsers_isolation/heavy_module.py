"""Stands for a model: loading it takes a while, and it knows in which process that was."""

from __future__ import annotations

import os
import time

loaded_in: list[int] = []


def preload() -> None:
    began = time.process_time()
    while time.process_time() - began < 0.3:
        pass
    loaded_in.append(os.getpid())
