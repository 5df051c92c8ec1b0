"""What the end-to-end tests share: the check of the embedding runtime is paid for once."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.parts import make_embedder
from services.settings import Settings


@pytest.fixture(scope="session")
def checked_embedding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedding folder of a data folder after its first start."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("embedding"), url=None, api_key=None)
    make_embedder(settings)
    return settings.embedding_dir
