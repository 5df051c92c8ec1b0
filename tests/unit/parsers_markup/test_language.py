"""When the model of languages is asked."""

from __future__ import annotations

import pytest

from parsers.language import detect_language


def test_plain_english_needs_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} was asked for")

    monkeypatch.setattr("parsers.language.require", refuse)
    text = (
        "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience "
    )
    assert detect_language(text + "and should act towards one another in a spirit of brotherhood.") == "en"
