"""What is sealed can be opened by the same key only, and the key's file is for its owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import SecretUnreadable
from ingestion.secrets import SecretBox


def test_a_password_is_opened_by_the_key_that_sealed_it(tmp_path: Path) -> None:
    box = SecretBox.of_file(tmp_path / "key")
    sealed = box.seal("pässword")
    assert "ssword" not in sealed
    assert SecretBox.of_file(tmp_path / "key").open(sealed) == "pässword"
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_another_key_or_a_changed_secret_is_refused(tmp_path: Path) -> None:
    sealed = SecretBox.of_file(tmp_path / "key").seal("secret")
    with pytest.raises(SecretUnreadable):
        SecretBox.of_file(tmp_path / "other").open(sealed)
    with pytest.raises(SecretUnreadable):
        SecretBox.of_file(tmp_path / "key").open(sealed[:-4] + "AAA=")
