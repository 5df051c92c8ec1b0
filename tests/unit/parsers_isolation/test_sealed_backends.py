"""With whatever a backend or a model has loaded, its worker can read one file, and do nothing else to the machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from parsers.formats import FORMATS
from parsers.isolated_process import ForkServer, decode_result

TASKS = "tests.unit.parsers_isolation.misbehaving_tasks"
MEMORY = 2 * 1024**3
MODULES = sorted(
    {known.module for known in FORMATS.values()}
    | {known.second for known in FORMATS.values() if known.second is not None}
    | {"parsers.ocr.reading", "parsers.layout_model.model"}
)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    server = ForkServer(TASKS)
    yield server
    server.close()


@pytest.mark.parametrize("module", MODULES)
def test_no_network_no_writing_no_programs_no_other_files(server: ForkServer, tmp_path: Path, module: str) -> None:
    document, neighbour, new = tmp_path / "a.bin", tmp_path / "b.bin", tmp_path / "new"
    document.write_bytes(b"mine")
    neighbour.write_bytes(b"not mine")
    worker = server.spawn(memory_bytes=MEMORY, readable=(document,), modules=(module,))
    asked = {"document": str(document), "neighbour": str(neighbour), "new": str(new), "port": 9, "module": module}
    answer = worker.call("attempt", asked, seconds=60)
    outcome = decode_result(answer, dict[str, str])
    worker.end()
    assert outcome["loaded"] == "done", f"{module} could not be loaded"
    assert outcome["read_document"] == "done"
    if "landlock_files" in answer.holds:
        assert outcome["read_neighbour"] == outcome["write"] == outcome["append"] == "PermissionError"
        assert outcome["temporary_file"] != "done"
    if "syscall_filter" in answer.holds:
        refused = {outcome[name] for name in ("connect", "look_up", "local_socket", "run")}
        assert refused <= {"PermissionError", "gaierror"}
    if "network_namespace" in answer.holds:
        assert outcome["connect"] != "done"
    assert {"rlimits"} <= set(answer.holds)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bin", "b.bin"]
    assert document.read_bytes() == b"mine"
