"""Where tesseract's language data lie, and which languages they are. Light: the sealing needs it too."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

# Where packages of the usual systems put language data.
DATA_FOLDERS: Final = (
    Path("/usr/share/tesseract-ocr/5/tessdata"),
    Path("/usr/share/tesseract-ocr/4.00/tessdata"),
    Path("/usr/share/tessdata"),
    Path("/usr/share/tesseract/tessdata"),
    Path("/opt/homebrew/share/tessdata"),
)
_NO_LANGUAGES = frozenset({"osd", "equ"})


@cache
def data_folder() -> Path | None:
    """The first folder with language data, or None."""
    return next((folder for folder in DATA_FOLDERS if folder.is_dir()), None)


@cache
def tesseract_languages() -> frozenset[str]:
    """The languages tesseract can read here, by its own names (`eng`); none where it is not installed."""
    folder = data_folder()
    if folder is None or find_spec("tesserocr") is None:
        return frozenset()
    return frozenset(path.stem for path in folder.glob("*.traineddata")) - _NO_LANGUAGES
