"""What every test gets: no network, stable hypothesis examples, and small sample documents.

Unit, contract, golden and architecture tests may open unix sockets only; integration and e2e tests may also connect to
loopback. A test outside those folders that needs loopback says so with `@pytest.mark.network`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parent
ROOT = TESTS.parent
if str(ROOT) not in sys.path:  # tests import `tests.support`, `eval_data` and `benchmarks`, which no wheel installs
    sys.path.insert(0, str(ROOT))

from tests.support import pdfs  # noqa: E402

LOOPBACK = ["127.0.0.1", "::1"]
MAY_USE_LOOPBACK = {"integration", "e2e"}

# The same examples on every machine: a failing run can be repeated, and a loaded machine fails no deadline.
settings.register_profile(
    "stable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("stable")  # `pytest --hypothesis-profile=explore` searches further


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.option.allow_unix_socket = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        part = item.path.relative_to(TESTS).parts[0] if item.path.is_relative_to(TESTS) else ""
        if part in MAY_USE_LOOPBACK or item.get_closest_marker("network"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
        else:
            item.add_marker(pytest.mark.disable_socket)


@pytest.fixture
def sample_pdf(tmp_path: Path) -> Callable[[str], Path]:
    """`sample_pdf("two_columns")` writes that sample of `tests.support.pdfs.SAMPLES` and gives its path."""

    def write(name: str) -> Path:
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(pdfs.SAMPLES[name]())
        return path

    return write
