"""What ingestion costs, stage by stage, beside what the peer's quick start costs for the same documents."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine, peer_quickstart
from benchmarks.corpus import BenchDocument
from benchmarks.service_run import RunningService, upload, wait_for

SETTLE_SECONDS = 3.0
SAMPLE_CHUNKS = 400
STAGES = ("fetch", "parse", "chunk", "embed", "index", "publish")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestionCost:
    """CPU seconds. `by_stage` is what the jobs report of themselves, `by_role` what the system counted for each kind of
    process, `total` the sum of the latter: everything the service did, polling and uploads too."""

    pages: int
    chunks: int
    documents: int
    wall_seconds: float
    total: float
    by_stage: dict[str, float]
    by_role: dict[str, float]
    states: dict[str, int]
    unfinished: tuple[str, ...] = ()
    peak_rss: dict[str, int] = field(default_factory=dict)
    peak_rss_together: int = 0

    @property
    def embed(self) -> float:
        return self.by_stage.get("embed", 0.0)

    @property
    def all_but_embedding(self) -> float:
        return self.total - self.embed

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def ingest(service: RunningService, documents: Sequence[BenchDocument]) -> tuple[IngestionCost, list[str]]:
    """Upload, wait, and account. Also gives the texts of all chunks, as they were embedded."""
    time.sleep(SETTLE_SECONDS)
    before = machine.cpu_by_role(service.pid)
    begin = time.monotonic()
    with machine.watching_memory(service.pid) as memory:
        jobs = wait_for(service.client, upload(service.client, documents))
    wall = time.monotonic() - begin
    time.sleep(SETTLE_SECONDS)
    after = machine.cpu_by_role(service.pid)
    texts = embedded_texts(service.settings.blobs_dir)
    by_role = {role: seconds - before.get(role, 0.0) for role, seconds in after.items()}
    by_stage = {stage: sum(job["cost"]["cpu_seconds"].get(stage, 0.0) for job in jobs) for stage in STAGES}
    states: dict[str, int] = {}
    for job in jobs:
        states[job["state"]] = states.get(job["state"], 0) + 1
    cost = IngestionCost(
        pages=sum(job["pages_total"] or 0 for job in jobs),
        chunks=len(texts),
        documents=len(jobs),
        wall_seconds=wall,
        total=sum(by_role.values()),
        by_stage=by_stage,
        by_role=by_role,
        states=states,
        unfinished=tuple(_reason(job) for job in jobs if job["state"] != "succeeded"),
        peak_rss=memory.by_role,
        peak_rss_together=memory.together,
    )
    return cost, texts


def _reason(job: dict[str, Any]) -> str:
    """Why a job did not simply succeed: its error, or what its ledger has found."""
    codes = [finding["code"] for finding in (job["ledger"] or {}).get("findings", ())]
    why = job["error"]["code"] if job["error"] else ", ".join(sorted(set(codes))) or "no reason given"
    return f"{job['document_name']}: {job['state']} ({why})"


def embedded_texts(blobs_dir: Path) -> list[str]:
    """The text of every chunk as it is embedded, read from the artefacts on disk. The context headers, each of which is
    embedded once for a document, are left out."""
    texts = []
    for path in sorted(blobs_dir.glob("tenants/*/chunks/*.ndjson")):
        texts += [json.loads(line)["chunk"]["text"] for line in path.read_bytes().splitlines()]
    return texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceEmbedding:
    """What sentence-transformers fp32 takes for our chunks: measured on a random sample, scaled by the characters."""

    sampled: int
    sample_seconds: float
    share_of_characters: float

    @property
    def seconds(self) -> float:
        return self.sample_seconds / self.share_of_characters

    def as_json(self) -> dict[str, float]:
        return {**asdict(self), "seconds": self.seconds}


def reference_embedding(texts: Sequence[str]) -> ReferenceEmbedding:
    sample = random.Random(7).sample(list(texts), min(SAMPLE_CHUNKS, len(texts)))
    answer = peer_quickstart.embed_with_reference(sample)
    share = sum(map(len, sample)) / sum(map(len, texts))
    return ReferenceEmbedding(
        sampled=len(sample), sample_seconds=answer["cpu_seconds"]["embed"], share_of_characters=share
    )


def peer(documents: Sequence[BenchDocument]) -> dict[str, Any]:
    """The peer's result with `total`, its CPU seconds without loading the model (ours has it loaded, too)."""
    result = peer_quickstart.run_peer([document.path for document in documents])
    seconds = result["cpu_seconds"]
    return {**result, "total": sum(value for stage, value in seconds.items() if stage != "load")}
