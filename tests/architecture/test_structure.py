"""The shape of the code: layers, sizes, names, and who may read the environment."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("parsers", "retrieval", "ingestion", "services")
OTHER_CODE = ("tests", "eval_data", "benchmarks")
LONGEST_MODULE, LONGEST_FUNCTION = 500, 60
VAGUE_NAMES = {"common", "utils", "util", "helpers", "helper", "misc", "manager", "managers"}
READER_OF_THE_ENVIRONMENT = ROOT / "services" / "settings.py"
MACHINE_PATH = re.compile(r"(?<![\w.{}/])/(?:work|root|home|Users|mnt)/\w")
ENVIRONMENT_READS = {"environ", "environb", "getenv", "getenvb"}


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


OURS = [pytest.param(path, id=relative(path)) for path in modules(*PACKAGES)]
ALL = [pytest.param(path, id=relative(path)) for path in modules(*PACKAGES, *OTHER_CODE)]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def environment_reads(tree: ast.AST) -> list[int]:
    """Lines that use `os.environ` or `os.getenv`, however imported. Handing a whole environment to a child process
    that is being started (`env=`) is a read like any other."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT_READS:
            lines.append(node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            lines += [node.lineno for alias in node.names if alias.name in ENVIRONMENT_READS]
    return lines


def environment_writes(tree: ast.AST) -> list[int]:
    """Lines of `os.environ[name] = value` and `os.environ.setdefault(...)`: how a switch is set for a foreign library
    before its import. They tell this project nothing, so they are no reads."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = [target.value for target in node.targets if isinstance(target, ast.Subscript)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            targets = [node.func.value] if node.func.attr in {"setdefault", "update"} else []
        else:
            continue
        lines += [target.lineno for target in targets if isinstance(target, ast.Attribute) and target.attr == "environ"]
    return lines


def test_there_is_code_to_look_at() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in modules(*PACKAGES)} == set(PACKAGES)


def test_import_contracts_hold() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    result = subprocess.run([*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("path", ALL)
def test_no_module_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("path", OURS)
def test_no_function_is_too_long(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions(tree)}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", [param for param in OURS if param.values[0] != READER_OF_THE_ENVIRONMENT])
def test_only_the_settings_read_the_environment(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    writes = environment_writes(tree)
    assert [line for line in environment_reads(tree) if line not in writes] == []


@pytest.mark.parametrize("path", OURS)
def test_names_say_what_is_inside(path: Path) -> None:
    assert VAGUE_NAMES.isdisjoint({part.removesuffix(".py") for part in path.relative_to(ROOT).parts})


@pytest.mark.parametrize("path", ALL)
def test_no_path_of_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [match.group() for match in MACHINE_PATH.finditer(text)] == []


def test_a_read_of_the_environment_is_seen() -> None:
    """The check above can fail."""
    reads = "import os\nfrom os import getenv\nhome = os.environ['HOME']\nos.environ['QUIET'] = '1'\n"
    tree = ast.parse(reads)
    assert [line for line in environment_reads(tree) if line not in environment_writes(tree)] == [2, 3]
