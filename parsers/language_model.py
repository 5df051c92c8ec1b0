"""The model that tells languages apart: py3langid, naive Bayes over 97 languages in 5 MB, without the network.

Loading takes .7 CPU seconds, so this module is only asked for through `parsers.preloading`. Chosen over lingua, which
takes 100 MB on disk and, to be more accurate, 1 GB of memory (docs/decisions/0009).
"""

from __future__ import annotations

import py3langid


def preload() -> None:
    """Unpack the model, which py3langid otherwise does at its first use."""
    py3langid.classify("")


def classify(text: str) -> str:
    """The ISO 639 code of the likeliest language."""
    return str(py3langid.classify(text)[0])
