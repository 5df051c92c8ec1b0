"""The models of the `rapidocr` package (PP-OCRv6 and a line classifier, Apache-2.0), run by onnxruntime.

Only the model files are used, not the package's code: it imports a dozen libraries, takes all cores, and batches lines,
which is slower. Measured on one core of a server CPU: recognition .057 s per 1,000 pixels of line width one line at a
time, .113 in batches of six. Denormal numbers counted as zero halve the detector's time (.87 to .44 s at 960 pixels).
One thread, since threads do not survive a fork and results must not depend on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from parsers.ocr.float_mode import denormals_as_zero
from parsers.onnx_runtime import onnxruntime

Image = NDArray[np.uint8]
"""Rows of pixels: height × width × 3."""

_DETECTOR: Final = "PP-OCRv6_det_small.onnx"
_RECOGNISER: Final = "PP-OCRv6_rec_small.onnx"
_CLASSIFIER: Final = "ch_ppocr_mobile_v2.0_cls_mobile.onnx"


class Model:
    """A session that is run on one image at a time."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        providers = ["CPUExecutionProvider"]
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=providers)
        self._input = self._session.get_inputs()[0].name

    def run(self, image: Image) -> NDArray[np.float32]:
        """The first output for one image, scaled to the range from -1 to 1 as all three models expect."""
        scaled = (image.astype(np.float32) * np.float32(1 / 127.5) - np.float32(1)).transpose(2, 0, 1)[None]
        with denormals_as_zero():
            output: NDArray[np.float32] = self._session.run(None, {self._input: np.ascontiguousarray(scaled)})[0][0]
        return output

    def property(self, name: str) -> str:
        """What the file says of itself."""
        return str(self._session.get_modelmeta().custom_metadata_map[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Sessions ready to run. `characters[i]` is what class `i` of the recogniser stands for ("" is the CTC blank)."""

    detector: Model
    recogniser: Model
    classifier: Model
    characters: tuple[str, ...]


def models_installed() -> bool:
    """Whether the models can be loaded."""
    folder = _folder()
    return folder is not None and all((folder / name).is_file() for name in (_DETECTOR, _RECOGNISER, _CLASSIFIER))


def models_version() -> str:
    """The version of the package that brings the models."""
    return version("rapidocr")


@cache
def models() -> Models:
    """The models, loaded at the first call. Raises `ImportError` where the `rapidocr` package is not installed."""
    folder = _folder()
    if folder is None:
        raise ImportError("OCR needs the models of the package rapidocr: pip install rapidocr")
    cv2.setNumThreads(1)
    recogniser = Model(folder / _RECOGNISER)
    names = recogniser.property("character").split("\n")
    return Models(
        detector=Model(folder / _DETECTOR),
        recogniser=recogniser,
        classifier=Model(folder / _CLASSIFIER),
        characters=("", *names, " "),
    )


def _folder() -> Path | None:
    package = find_spec("rapidocr")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0]) / "models"
