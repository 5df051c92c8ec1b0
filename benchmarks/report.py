"""The measurements as one table that a person can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.latency import Sample
from benchmarks.machine import Machine
from benchmarks.stages import STAGES, IngestionCost, ReferenceEmbedding

Row = tuple[str, ...]

GOAL_OTHER_WORK = 1 / 3
GOAL_PEER_WITH_BF16, GOAL_PEER_WITHOUT = 0.5, 0.8
GOAL_LATENCY = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    machine: Machine
    folder: str
    runtime: str
    service: IngestionCost
    reference: ReferenceEmbedding
    peer: dict[str, Any] | None
    idle: Sequence[Sample]
    indexing: Sequence[Sample]

    def as_json(self) -> dict[str, Any]:
        return {
            "schema_version": 1,
            "machine": self.machine.as_json(),
            "folder": self.folder,
            "embedding_runtime": self.runtime,
            "service": self.service.as_json(),
            "reference_embedding": self.reference.as_json(),
            "peer": self.peer,
            "latency_idle": [sample.as_json() for sample in self.idle],
            "latency_indexing": [sample.as_json() for sample in self.indexing],
            "ratios": self.ratios(),
        }

    def ratios(self) -> dict[str, float | None]:
        """The figures that the goals speak of; None where a part was not measured."""
        peer_total = self.peer["total"] if self.peer else None
        return {
            "other_work_per_reference_embedding": _ratio(self.service.all_but_embedding, self.reference.seconds),
            "service_per_peer": _ratio(self.service.total, peer_total),
            **{
                f"p95_indexing_per_idle_{idle.clients}": _ratio(busy.percentile(0.95), idle.percentile(0.95))
                for idle, busy in zip(self.idle, self.indexing, strict=False)
            },
        }


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else round(part / whole, 3)


def render(measured: Measurements) -> str:
    """Plain text, sections under headings, columns aligned."""
    return "\n".join(_sections(measured)) + "\n"


def _sections(measured: Measurements) -> Iterator[str]:
    machine, service = measured.machine, measured.service
    yield f"Machine     {machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB, {machine.system}"
    yield f"Flags       {' '.join(machine.flags) or 'none of AVX2, AVX-512, AMX'}"
    yield f"Documents   {service.documents} of {measured.folder}, {service.pages} pages, {service.chunks} chunks"
    yield f"Jobs        {', '.join(f'{count} {state}' for state, count in sorted(service.states.items()))}"
    yield from (f"            {line}" for line in service.unfinished[:20])
    yield f"Embedding   {measured.runtime}"
    yield ""
    yield "Ingestion by this service (CPU seconds of all its processes)"
    yield from _table(("stage", "CPU s", "share", "pages per CPU s"), _stage_rows(service))
    yield ""
    yield "The same, by kind of process"
    yield from _table(
        ("process", "CPU s", "largest RSS"),
        [
            (role, f"{seconds:.1f}", _megabytes(service.peak_rss.get(role)))
            for role, seconds in sorted(service.by_role.items(), key=lambda item: -item[1])
        ]
        + [("all together", f"{service.total:.1f}", _megabytes(service.peak_rss_together))],
    )
    if measured.peer:
        yield ""
        yield "The peer's quick start on the same documents (pypdf, 1000/200, sentence-transformers fp32, FAISS)"
        yield from _table(("stage", "CPU s", "share", "pages per CPU s"), _peer_rows(measured.peer))
        yield from (f"  failed: {line}" for line in measured.peer["failed"])
        yield f"  largest RSS of its one process: {_megabytes(measured.peer['peak_rss'])}"
    yield ""
    yield "Retrieval (milliseconds by the clock, closed loop; the clients run on the same machine)"
    yield from _table(("clients", "requests", "failed", "p50", "p95"), _latency_rows(measured))
    if measured.peer:
        yield ""
        yield "The peer's retrieval (the same, asked inside its process: no HTTP, no keys, no citations)"
        yield from _table(("clients", "requests", "failed", "p50", "p95"), _peer_latency_rows(measured.peer))
    yield ""
    yield "Ratios"
    yield from _table(("what", "measured", "goal"), _ratio_rows(measured))


def _stage_rows(service: IngestionCost) -> list[Row]:
    told = sum(service.by_stage.values())
    parts = {
        **{stage: service.by_stage[stage] for stage in STAGES},
        "all other processes and waiting": service.total - told,
    }
    rows = [_cost_row(name, seconds, service.total, service.pages) for name, seconds in parts.items()]
    rows.append(_cost_row("all but embedding", service.all_but_embedding, service.total, service.pages))
    rows.append(_cost_row("whole ingestion", service.total, service.total, service.pages))
    return rows


def _peer_rows(peer: dict[str, Any]) -> list[Row]:
    seconds = {stage: value for stage, value in peer["cpu_seconds"].items() if stage != "load"}
    rows = [_cost_row(stage, value, peer["total"], peer["pages"]) for stage, value in seconds.items()]
    return [*rows, _cost_row(f"whole ingestion, {peer['chunks']} chunks", peer["total"], peer["total"], peer["pages"])]


def _cost_row(name: str, seconds: float, total: float, pages: int) -> Row:
    share = f"{seconds / total:.1%}" if total else "-"
    return name, f"{seconds:.2f}", share, f"{pages / seconds:.1f}" if seconds > 0 else "-"


def _latency_rows(measured: Measurements) -> list[Row]:
    return [
        (f"{sample.clients}, {state}", str(len(sample.seconds)), str(sample.failures),
         _milliseconds(sample.percentile(0.5)), _milliseconds(sample.percentile(0.95)))
        for state, samples in (("idle", measured.idle), ("indexing", measured.indexing))
        for sample in samples
    ]  # fmt: skip


def _peer_latency_rows(peer: dict[str, Any]) -> list[Row]:
    return [
        (f"{sample['clients']}, {state}", str(sample["requests"]), str(sample["failures"]),
         _milliseconds(sample["p50_ms"]), _milliseconds(sample["p95_ms"]))
        for state in ("idle", "indexing")
        for sample in peer[f"latency_{state}"]
    ]  # fmt: skip


def _ratio_rows(measured: Measurements) -> list[Row]:
    reference, ratios = measured.reference, measured.ratios()
    peer_goal = GOAL_PEER_WITH_BF16 if measured.machine.has_bf16 else GOAL_PEER_WITHOUT
    words = {
        "other_work_per_reference_embedding": (
            f"all but embedding / sentence-transformers fp32 on our chunks ({reference.seconds:.0f} CPU s, scaled from "
            f"{reference.sampled} chunks)",
            GOAL_OTHER_WORK,
        ),
        "service_per_peer": ("whole ingestion / the peer's", peer_goal),
    }
    rows = []
    for name, value in ratios.items():
        clients = name.rpartition("_")[2]
        what, goal = words.get(name, (f"p95 while indexing / p95 idle, {clients} client(s)", GOAL_LATENCY))
        rows.append((what, "not measured" if value is None else f"{value:.3f}", f"at most {goal:.2f}"))
    return rows


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _megabytes(value: int | None) -> str:
    return "-" if value is None else f"{value / 2**20:.0f} MiB"


def _table(head: Row, rows: Sequence[Row]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  " + "  ".join(cells).rstrip()
