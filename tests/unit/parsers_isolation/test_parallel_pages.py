"""Several workers share the pages of a document, and nobody can tell from the result."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import pytest

from parsers import errors
from parsers.contract import encode_document
from parsers.detection import PDF
from parsers.isolated_crew import Crew, Job
from parsers.isolated_process import CallLost, ForkServer, Loss
from parsers.isolated_wire import decode
from parsers.isolation import IsolatedParser
from parsers.model import ParseOutcome
from parsers.policy import ParseLimits, ParseOptions, ParsePolicy
from tests.support import pdfs
from tests.unit.parsers_isolation import hostile_reading_tasks as hostile
from tests.unit.parsers_isolation import starving_tasks as starving

QUICK = ParseLimits(memory_bytes=512 * 1024**2, seconds_to_open=60, seconds_per_page=1.0, pages_per_range=3)
MISBEHAVING = "tests.unit.parsers_isolation.misbehaving_tasks"


def _parse(parser: IsolatedParser, path: Path, **options: object) -> ParseOutcome:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return parser.parse(path, sha256=sha256, media_type=PDF, options=ParseOptions(policy=ParsePolicy.FAST), **options)  # type: ignore[arg-type]


def _write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "document.pdf"
    path.write_bytes(content)
    return path


def test_any_number_of_processes_gives_the_same_document(tmp_path: Path) -> None:
    path = _write(tmp_path, pdfs.furniture(pages=11))
    documents: set[bytes] = set()
    for processes, size in ((1, 16), (2, 16), (2, 2), (3, 1)):
        progress: list[int] = []
        with IsolatedParser(ParseLimits(pages_per_range=size), processes=processes) as parser:
            outcome = _parse(parser, path, on_progress=lambda done, _, told=progress: told.append(done))
        documents.add(encode_document(outcome.document))
        assert progress == sorted(progress)
        assert progress[-1] == 11
    assert len(documents) == 1


def test_poisoned_pages_cost_only_themselves(tmp_path: Path) -> None:
    path = _write(tmp_path, pdfs.plain(pages=9))
    found = []
    for processes in (1, 3):
        with IsolatedParser(QUICK, processes=processes, tasks_module=hostile.__name__) as parser:
            found.append(_parse(parser, path).document)
    assert found[0] == found[1]
    assert {finding.page for finding in found[0].ledger.findings} == {
        hostile.HANGING,
        hostile.CRASHING,
        hostile.DEVOURING,
        hostile.FAILING,
    }


def test_a_page_that_needs_the_whole_limit_gets_it_alone(tmp_path: Path) -> None:
    path = _write(tmp_path, pdfs.plain(pages=6))
    with IsolatedParser(processes=2, tasks_module=starving.__name__) as parser:
        document = _parse(parser, path).document
    assert document.ledger.pages_parsed == 6
    assert document.ledger.findings == ()


def test_a_parse_of_many_workers_can_be_cancelled(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        IsolatedParser(processes=2, tasks_module="tests.unit.parsers_isolation.hopeless_tasks") as parser,
        pytest.raises(errors.ParseCancelled),
    ):
        _parse(parser, _write(tmp_path, pdfs.plain(pages=8)), should_stop=lambda: time.monotonic() - began > 1.5)


def _job(task: str, *, seconds: float = 60.0, alone: bool = False) -> Job:
    return Job(task=task, arguments=task, seconds=seconds, step="read", alone=alone)


def test_a_crew_works_side_by_side_and_answers_as_each_is_done(tmp_path: Path) -> None:
    server = ForkServer(MISBEHAVING)
    crew = Crew(server, ParseLimits(), tmp_path, (), size=2, should_stop=None)
    crew.start(_job("spin", seconds=0.4))
    crew.start(_job("echo"))
    assert crew.busy == 2
    assert not crew.has_room()
    ended: dict[str, object] = {}
    while crew.busy:
        ended.update({job.task: answer for job, answer in crew.finished()})
    assert list(ended) == ["echo", "spin"], "what is quick does not wait for what hangs"
    lost = ended["spin"]
    assert isinstance(lost, CallLost)
    assert lost.loss is Loss.TIMEOUT
    assert crew.cpu_seconds["overhead"] > 0
    assert crew.lost_seconds > 0.3
    crew.end()
    server.close()


def test_what_runs_alone_has_nothing_beside_it(tmp_path: Path) -> None:
    server = ForkServer(MISBEHAVING)
    crew = Crew(server, ParseLimits(), tmp_path, (), size=2, should_stop=None)
    crew.start(_job("echo"))
    assert crew.has_room()
    assert not crew.has_room(alone=True)
    while crew.busy:
        crew.finished()
    crew.start(_job("echo", alone=True))
    assert not crew.has_room()
    answer = None
    while crew.busy:
        for _, answer in crew.finished():
            assert not isinstance(answer, CallLost)
            assert decode(answer.result, str) == "echo"
    assert answer is not None
    crew.end()
    server.close()
