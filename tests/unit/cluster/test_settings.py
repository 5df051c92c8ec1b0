"""A cluster is configured wholly or not at all."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from services.profile import derived, open_secrets
from services.settings import Settings, child_environment, load_settings

WHOLE = {
    "catalog_url": "postgresql://user:pass@host/db",
    "redis_url": "redis://host:6379/0",
    "qdrant_url": "http://host:6333",
    "blob_bucket": "documents",
    "secret": "x" * 32,
}


def test_the_profile_follows_from_what_is_set() -> None:
    assert not Settings().is_cluster
    settings = Settings.model_validate(WHOLE)
    assert settings.is_cluster
    assert settings.catalog_url == "postgresql+psycopg://user:pass@host/db"


@pytest.mark.parametrize("missing", sorted(WHOLE))
def test_a_half_configuration_says_what_is_missing(missing: str) -> None:
    half = {name: value for name, value in WHOLE.items() if name != missing}
    with pytest.raises(ValidationError, match=missing):
        Settings.model_validate(half)


@pytest.mark.parametrize(
    "wrong",
    [
        {"catalog_url": "mysql://host/db"},
        {"redis_url": "host:6379"},
        {"qdrant_url": "host"},
        {"worker_queues": "parse,fly"},
        {"worker_queues": " "},
        {"blob_access_key": "alone"},
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(WHOLE | wrong)
    assert "pass@" not in str(caught.value)


def test_the_catalog_of_one_machine_lies_in_its_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("SOURCESPAN_DATA_DIR", "/elsewhere")
    settings = load_settings(data_dir=tmp_path)
    assert settings.catalog_url == f"sqlite:///{tmp_path}/catalog.db"


def test_children_get_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.model_validate(WHOLE | {"worker_queues": "embed, index"})
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_secrets_are_not_shown() -> None:
    shown = repr(
        Settings.model_validate(WHOLE | {"qdrant_api_key": "hush", "blob_access_key": "a", "blob_secret_key": "hush"})
    )
    assert "hush" not in shown and "pass@" not in shown and "x" * 32 not in shown


def test_machines_with_one_secret_open_what_each_other_sealed() -> None:
    one, other = (open_secrets(Settings.model_validate(WHOLE)) for _ in range(2))
    assert other.open(one.seal("password")) == "password"
    assert derived("x" * 32, "a") != derived("x" * 32, "b")
