"""Composition of the index: which model it is made for, and who reaches it how."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from retrieval.index.edge import EdgeIndex
from retrieval.index.remote import RemoteIndex
from retrieval.ports import Embedder
from services.failures import Failure
from services.settings import Settings

_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedModel:
    """The embedding model that the index is made for, as found by the preparation of a start."""

    model_id: str
    dimension: int
    runtime: str

    @classmethod
    def of(cls, embedder: Embedder) -> Self:
        return cls(model_id=embedder.model_id, dimension=embedder.dimension, runtime=embedder.runtime)

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Raises `Failure` when no preparation has run on the data folder."""
        try:
            content = json.loads(_model_file(settings).read_text())
            return cls(model_id=content["model_id"], dimension=content["dimension"], runtime=content["runtime"])
        except (OSError, ValueError, KeyError):
            raise Failure(
                f"The data folder {settings.data_dir} has not been prepared by a start of the service."
            ) from None

    def write(self, settings: Settings) -> None:
        draft = _model_file(settings).with_suffix(".draft")
        draft.write_text(json.dumps({"schema_version": _SCHEMA_VERSION, **asdict(self)}))
        draft.replace(_model_file(settings))

    @property
    def folder_name(self) -> str:
        """The model's id as a name for a folder.

        >>> IndexedModel(model_id="sentence-transformers/all-MiniLM-L6-v2", dimension=384, runtime="x").folder_name
        'sentence-transformers-all-MiniLM-L6-v2'
        """
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.model_id).strip("-.")[:100]


def _model_file(settings: Settings) -> Path:
    return settings.run_dir / "model.json"


def open_index(settings: Settings) -> EdgeIndex:
    """The index itself: for its owner only."""
    model = IndexedModel.read(settings)
    return EdgeIndex(settings.index_dir / model.folder_name, model.dimension, create=True)


def connect_index(settings: Settings) -> RemoteIndex:
    return RemoteIndex(settings.index_socket)
