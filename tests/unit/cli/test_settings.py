from pathlib import Path

import pytest
from pydantic import ValidationError

from parsers.policy import ParseLimits
from services.settings import Settings, child_environment, load_settings


def test_command_line_wins_over_environment_and_none_means_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCESPAN_PORT", "8100")
    monkeypatch.setenv("SOURCESPAN_WORKERS", "3")
    settings = load_settings(port=8200, workers=None)
    assert (settings.port, settings.workers) == (8200, 3)


def test_the_data_folder_is_absolute_whatever_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(data_dir=Path("here/../there")).data_dir == tmp_path / "there"


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValidationError):
        load_settings(embedding_runtime="abacus")


def test_the_defaults_are_the_limits_of_the_parser() -> None:
    assert Settings().parse_limits == ParseLimits()


def test_a_child_gets_exactly_these_settings_and_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCESPAN_LOG_LEVEL", "ERROR")
    monkeypatch.setenv("SOURCESPAN_NO_SUCH_THING", "x")
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    settings = Settings(data_dir=tmp_path, port=8300, api_key="ssk_secret", url="http://x", log_level="DEBUG")
    environment = child_environment(settings)
    assert "ssk_secret" not in environment.values()
    assert "SOURCESPAN_NO_SUCH_THING" not in environment
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["OMP_NUM_THREADS"] == str(settings.embedding_threads)
    for name in list(environment):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.delenv("SOURCESPAN_NO_SUCH_THING")
    assert load_settings() == settings.model_copy(update={"api_key": None, "url": None})


def test_a_key_is_not_in_what_is_printed_of_the_settings() -> None:
    assert "ssk_secret" not in repr(Settings(api_key="ssk_secret"))
