"""What embedding costs on each runtime, and how near each comes to the reference.

    python benchmarks/embedding_runtimes.py

Every number is CPU time of one process with one thread, which a loaded machine changes little. Chunks are slices of
this project's own text of about 192 word pieces; questions are a dozen words.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np

from retrieval.embedding.model_files import ModelFolder, find_model
from retrieval.embedding.processor import has_bfloat16, processor_flags
from retrieval.embedding.tokenization import WordpieceTokenizer
from retrieval.embedding.variants import Variant, build
from retrieval.embedding.verification import CHECK_TEXTS, ensure_graph
from retrieval.ports import Embedder

ROOT = Path(__file__).parents[1]
REFERENCE = "sentence-transformers-f32"
WORD_PIECES = 192


class Measurement(msgspec.Struct, kw_only=True):
    """CPU seconds to load, chunks per CPU second, CPU milliseconds of one question, and the vectors of the check."""

    runtime: str
    load_seconds: float
    chunks_per_second: float
    question_ms: float
    check: list[list[float]]
    chunks: list[list[float]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chunks", type=int, default=128, help="chunks to embed on each runtime (default 128)")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--cache-dir", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        sys.stdout.buffer.write(msgspec.json.encode(measure(arguments.measure, arguments.chunks, arguments.cache_dir)))
        return 0
    with tempfile.TemporaryDirectory() as cache_dir:
        ensure_graph(find_model(None), Path(cache_dir))
        report([run(runtime, arguments.chunks, Path(cache_dir)) for runtime in runtimes()])
    return 0


def runtimes() -> list[str]:
    """Those this processor can run; the reference first."""
    lean = [variant for variant in Variant if variant is not Variant.OPENVINO_BF16 or has_bfloat16(processor_flags())]
    return [REFERENCE, *map(str, lean)]


def run(runtime: str, chunks: int, cache_dir: Path) -> Measurement:
    """Each runtime in a process of its own, so that none pays for or profits from another's libraries."""
    command = [sys.executable, __file__, "--measure", runtime, "--chunks", str(chunks), "--cache-dir", str(cache_dir)]
    print(f"measuring {runtime} ...", file=sys.stderr)
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return msgspec.json.decode(output, type=Measurement)


def measure(runtime: str, count: int, cache_dir: Path) -> Measurement:
    folder = find_model(None)
    chunks = sample_chunks(folder, count)
    questions = [" ".join(chunk.split()[:12]) for chunk in chunks[:24]]
    started = time.process_time()
    embedder = load(runtime, folder, cache_dir)
    embedder.embed([chunks[0]])
    load_seconds = time.process_time() - started
    embedder.embed(chunks[:16])
    started = time.process_time()
    vectors = embedder.embed(chunks)
    chunks_per_second = count / (time.process_time() - started)
    embedder.embed(questions[:4])
    return Measurement(
        runtime=runtime,
        load_seconds=load_seconds,
        chunks_per_second=chunks_per_second,
        question_ms=question_milliseconds(embedder, questions),
        check=embedder.embed(CHECK_TEXTS).tolist(),
        chunks=vectors.tolist(),
    )


def question_milliseconds(embedder: Embedder, questions: list[str]) -> float:
    """Median over questions asked one by one, the first time around not counted."""
    for question in questions:
        embedder.embed([question])
    times = []
    for question in questions:
        started = time.process_time()
        embedder.embed([question])
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)


def load(runtime: str, folder: ModelFolder, cache_dir: Path) -> Embedder:
    if runtime == REFERENCE:
        from retrieval.embedding.sentence_transformers_runtime import SentenceTransformersEmbedder

        return SentenceTransformersEmbedder(folder, threads=1)
    return build(Variant(runtime), folder, ensure_graph(folder, cache_dir), threads=1)


def sample_chunks(folder: ModelFolder, count: int) -> list[str]:
    """Slices of the project's own sources, of about `WORD_PIECES` word pieces each; always the same."""
    words = " ".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("retrieval/**/*.py"))).split()
    tokenizer = WordpieceTokenizer(folder)
    generator = random.Random(1)
    chunks = []
    for _ in range(count):
        first = generator.randrange(len(words) - 200)
        length = 40
        while len(tokenizer.encode([" ".join(words[first : first + length])])[0]) < WORD_PIECES:
            length += 2
        chunks.append(" ".join(words[first : first + length]))
    return chunks


def report(measurements: list[Measurement]) -> None:
    reference = measurements[0]
    print(
        "| runtime | chunks per CPU s | one question, CPU ms | load, CPU s | min cosine, check | min cosine, chunks |"
    )
    print("|---|---|---|---|---|---|")
    for found in measurements:
        print(
            f"| {found.runtime} | {found.chunks_per_second:.1f} | {found.question_ms:.1f} | {found.load_seconds:.1f} "
            f"| {least_cosine(found.check, reference.check):.5f} | {least_cosine(found.chunks, reference.chunks):.5f} |"
        )


def least_cosine(vectors: list[list[float]], reference: list[list[float]]) -> float:
    return float(np.sum(np.array(vectors) * np.array(reference), axis=1).min())


if __name__ == "__main__":
    sys.exit(main())
