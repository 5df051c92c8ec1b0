"""A child of the supervisor never outlives it, even when the supervisor is killed with no chance to say goodbye."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time

_PR_SET_PDEATHSIG = 1
SECONDS_TO_STOP = 10.0


def follow_parent(lifeline: int) -> None:
    """Stop this process when the supervisor is gone.

    Args:
        lifeline: the reading end of a pipe whose writing end only the supervisor holds. Its end means the supervisor
            has ended, also when that happened before this call.

    The kernel's parent-death signal asks politely at once; the thread ends the whole process group when that was not
    heard within `SECONDS_TO_STOP`.
    """
    os.set_inheritable(lifeline, False)
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_wait_for_the_end, args=(lifeline,), name="lifeline", daemon=True).start()


def _wait_for_the_end(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_STOP)
    os.killpg(os.getpgrp(), signal.SIGKILL)
