"""The child process that copies a shard and builds its graphs for search by meaning (HNSW).

    python -m retrieval.index.building SOURCE TARGET DIMENSION

It says "copied" as soon as the source may change again, and ends with 0 when the copy is built and on disk. The engine
holds the GIL while it builds, for minutes, so this is never done in a process that answers searches.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sys

from qdrant_edge import Distance, EdgeConfig, EdgeOptimizersConfig, EdgeShard, EdgeVectorParams, HnswIndexConfig

from retrieval.index.payloads import VECTOR_OF
from retrieval.model import PointKind

COPIED = b"copied\n"
_NICENESS = 19
_PR_SET_PDEATHSIG = 1
# When a filter lets through points with fewer kilobytes of vectors than this, all of them are compared. The engine
# reckons with the mean over all points, also those without this vector: pages are a fifth of the points, so their
# bound looks five times smaller.
_FULL_SCAN_KILOBYTES = {PointKind.CHUNK: 10_000, PointKind.PAGE: 2_000, PointKind.TITLE: 10_000}


def shard_config(dimension: int) -> EdgeConfig:
    """Without graphs per keyword (`payload_m`): with the engine's defaults, which have them, it took more than four
    times as long, and a filter that lets few points through is answered by comparing them all."""
    vectors = {
        VECTOR_OF[kind]: EdgeVectorParams(size=dimension, distance=Distance.Cosine, hnsw_config=_graph(kilobytes))
        for kind, kilobytes in _FULL_SCAN_KILOBYTES.items()
    }
    graph = _graph(_FULL_SCAN_KILOBYTES[PointKind.CHUNK])
    return EdgeConfig(vectors=vectors, hnsw_config=graph, optimizers=EdgeOptimizersConfig(default_segment_number=1))


def _graph(full_scan_kilobytes: int) -> HnswIndexConfig:
    return HnswIndexConfig(
        m=16, ef_construct=100, full_scan_threshold=full_scan_kilobytes, max_indexing_threads=1, payload_m=0
    )


def main(source: str, target: str, dimension: int) -> None:
    # The owner that would take the copy over is the only reason to go on.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(_NICENESS)
    shutil.copytree(source, target)
    os.write(sys.stdout.fileno(), COPIED)
    shard = EdgeShard.load(target, shard_config(dimension))
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
