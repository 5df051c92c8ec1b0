"""What docker-compose.yml and the Dockerfile name exists in the program: no container engine is needed to know."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from services.cli.main import _COMMANDS
from services.cluster.__main__ import ROLES
from services.settings import PREFIX, Settings

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
OWN = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "sourcespan:local"}
SECRETS = re.compile(r"(PASSWORD|SECRET|API_KEY|AUTH)")


def test_it_has_every_service_and_each_says_whether_it_is_well() -> None:
    assert set(COMPOSE["services"]) == {"api", "worker", "scheduler", "redis", "postgres", "qdrant", "blobs"}
    for name, service in COMPOSE["services"].items():
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name
        assert service["restart"] == "unless-stopped", name
        for dependency, condition in service.get("depends_on", {}).items():
            assert dependency in COMPOSE["services"]
            assert condition == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_command_and_option_exists(name: str) -> None:
    role, *arguments = OWN[name]["command"]
    assert role == name and role in _COMMANDS
    command = get_command(__import__(_COMMANDS[role][0], fromlist=["app"]).app)
    values = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", argument) for argument in arguments]
    command.make_context(role, values)


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_variable_is_a_setting(name: str) -> None:
    for variable in OWN[name]["environment"]:
        assert variable.startswith(PREFIX)
        assert variable.removeprefix(PREFIX).lower() in Settings.model_fields, variable


@pytest.mark.parametrize("name", sorted(OWN))
def test_its_variables_make_a_whole_cluster(name: str) -> None:
    secret = "0123456789abcdef" * 4
    values = {}
    for variable, text in OWN[name]["environment"].items():
        filled = re.sub(r"\$\{\w+:-\$\{SOURCESPAN_SECRET:\?\}\}", secret, str(text))
        values[variable.removeprefix(PREFIX).lower()] = re.sub(r"\$\{SOURCESPAN_SECRET:\?[^}]*\}", secret, filled)
    settings = Settings.model_validate(values)
    assert settings.is_cluster
    assert "$" not in repr(values)


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_health_check_is_one_of_the_program(name: str) -> None:
    how, *command = OWN[name]["healthcheck"]["test"]
    assert how == "CMD"
    assert command == ["python", "-m", "services.cluster", "health", name]
    assert name in ROLES


def test_ports_are_those_that_are_listened_on() -> None:
    port = OWN["api"]["command"][OWN["api"]["command"].index("--port") + 1]
    assert [mapping.rpartition(":")[2] for mapping in OWN["api"]["ports"]] == [port]
    assert f"EXPOSE {port}" in (ROOT / "Dockerfile").read_text()
    others = [name for name, service in COMPOSE["services"].items() if name != "api" and "ports" in service]
    assert others == []


def test_there_are_no_secrets_in_it() -> None:
    for name, service in COMPOSE["services"].items():
        for variable, value in service.get("environment", {}).items():
            if SECRETS.search(variable):
                assert ":?" in value and ":-$" not in value.replace(":-${SOURCESPAN_SECRET:?}", ""), (name, variable)


def test_what_has_to_last_lies_on_a_volume() -> None:
    for name in ("api", "redis", "postgres", "qdrant", "blobs"):
        assert any(mount.split(":")[0] in COMPOSE["volumes"] for mount in COMPOSE["services"][name]["volumes"]), name
    assert "--appendonly" in COMPOSE["services"]["redis"]["command"]


def test_the_image_runs_without_rights() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    last_stage = lines[max(number for number, line in enumerate(lines) if line.startswith("FROM")) :]
    assert "USER sourcespan" in last_stage
    assert 'ENTRYPOINT ["sourcespan"]' in last_stage
    for line in lines:
        if line.startswith("COPY") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in (ROOT / ".dockerignore").read_text().splitlines(), source
