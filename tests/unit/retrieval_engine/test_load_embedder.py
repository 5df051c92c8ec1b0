"""Choosing a runtime: the best that was checked, the check once per machine, and no torch in a process that serves."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retrieval.embedding import load, load_embedder, verdicts
from retrieval.embedding.model_files import DEFAULT_MODEL, ModelFolder, find_model
from retrieval.embedding.processor import has_bfloat16, processor_flags
from retrieval.embedding.tokenization import LENGTH_STEP, batches
from retrieval.embedding.variants import Variant, graph_path, variants_for
from retrieval.embedding.verdicts import Verdict, fingerprint, verdict_for
from retrieval.errors import EmbeddingFailed

Check = Callable[[ModelFolder, Variant, Path], Verdict]


def verdict(passed: bool) -> Verdict:
    return Verdict(passed=passed, least_cosine=0.9999, required=0.999, reason="" if passed else "It is wrong.")


@pytest.fixture(scope="module")
def folder() -> ModelFolder:
    return find_model(None)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> dict[Variant, int]:
    """Makes checks cheap: each variant passes, and its checks are counted."""
    counts: dict[Variant, int] = {}

    def check(folder: ModelFolder, variant: Variant, cache_dir: Path) -> Verdict:
        counts[variant] = counts.get(variant, 0) + 1
        graph_path(folder, cache_dir).write_bytes(b"graph")
        return verdict(passed=True)

    monkeypatch.setattr(verdicts, "_check_in_child", check)
    return counts


class Built:
    """Stands for an embedder in tests of the choice."""

    def __init__(self, runtime: str) -> None:
        self.runtime = runtime


def choose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, runtime: str, *, passing: set[str]) -> str:
    """The runtime that is chosen when only these variants pass, on a processor with bfloat16."""
    monkeypatch.setattr(load, "processor_flags", lambda: frozenset({"amx_bf16"}))
    monkeypatch.setattr(load, "verdict_for", lambda folder, variant, flags, cache: verdict(passed=variant in passing))
    monkeypatch.setattr(load, "build", lambda variant, folder, graph, threads: Built(str(variant)))
    monkeypatch.setattr(load, "_reference", lambda folder, threads: Built("sentence-transformers-f32"))
    return load_embedder(None, runtime, threads=1, cache_dir=tmp_path).runtime  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("runtime", "passing", "chosen"),
    [
        ("auto", {"openvino-bf16", "openvino-f32", "onnxruntime-f32"}, "openvino-bf16"),
        ("auto", {"openvino-f32", "onnxruntime-f32"}, "openvino-f32"),
        ("auto", {"onnxruntime-f32"}, "onnxruntime-f32"),
        ("auto", set(), "sentence-transformers-f32"),
        ("openvino", {"openvino-f32", "onnxruntime-f32"}, "openvino-f32"),
        ("onnxruntime", {"openvino-bf16", "onnxruntime-f32"}, "onnxruntime-f32"),
        ("sentence-transformers", {"openvino-bf16"}, "sentence-transformers-f32"),
    ],
)
def test_the_best_runtime_that_passed_is_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, runtime: str, passing: set[str], chosen: str
) -> None:
    assert choose(monkeypatch, tmp_path, runtime, passing=passing) == chosen


def test_a_failed_check_is_said_aloud(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    choose(monkeypatch, tmp_path, "auto", passing=set())
    assert "openvino-bf16: It is wrong." in caplog.text
    assert "falls back to sentence-transformers" in caplog.text


def test_a_runtime_asked_for_by_name_does_not_fall_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingFailed, match=r"openvino cannot be used.*It is wrong"):
        choose(monkeypatch, tmp_path, "openvino", passing={"onnxruntime-f32"})


def test_without_bfloat16_openvino_runs_in_float32() -> None:
    assert Variant.OPENVINO_BF16 not in variants_for("auto", frozenset({"avx2"}))


def test_one_check_serves_every_start(checks: dict[Variant, int], folder: ModelFolder, tmp_path: Path) -> None:
    flags = frozenset({"avx2"})
    for _ in range(3):
        assert verdict_for(folder, Variant.OPENVINO_F32, flags, tmp_path).passed
    assert checks == {Variant.OPENVINO_F32: 1}
    verdict_for(folder, Variant.OPENVINO_F32, frozenset({"avx2", "amx_bf16"}), tmp_path)
    assert checks == {Variant.OPENVINO_F32: 2}


def test_processes_that_start_at_once_check_once(
    checks: dict[Variant, int], folder: ModelFolder, tmp_path: Path
) -> None:
    threads = [
        threading.Thread(target=verdict_for, args=(folder, Variant.OPENVINO_F32, frozenset(), tmp_path))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert checks == {Variant.OPENVINO_F32: 1}


def test_a_lost_graph_or_a_damaged_file_of_verdicts_is_made_again(
    checks: dict[Variant, int], folder: ModelFolder, tmp_path: Path
) -> None:
    verdict_for(folder, Variant.OPENVINO_F32, frozenset(), tmp_path)
    graph_path(folder, tmp_path).unlink()
    verdict_for(folder, Variant.OPENVINO_F32, frozenset(), tmp_path)
    (tmp_path / verdicts.VERDICTS_FILE).write_bytes(b'{"verdicts": 3')
    verdict_for(folder, Variant.OPENVINO_F32, frozenset(), tmp_path)
    assert checks == {Variant.OPENVINO_F32: 3}


def test_a_check_that_crashes_fails_the_runtime(
    monkeypatch: pytest.MonkeyPatch, folder: ModelFolder, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = verdict_for(folder, Variant.OPENVINO_F32, frozenset(), tmp_path)
    assert not found.passed and "status 1" in found.reason


def test_the_fingerprint_names_model_versions_and_processor(folder: ModelFolder) -> None:
    one = fingerprint(folder, Variant.OPENVINO_F32, frozenset({"avx2"}))
    assert folder.id in one and "openvino=" in one
    assert one != fingerprint(folder, Variant.OPENVINO_F32, frozenset({"avx2", "amx_bf16"}))
    assert one != fingerprint(folder, Variant.ONNXRUNTIME_F32, frozenset({"avx2"}))


@pytest.mark.parametrize("model", ["no-such-model", "nobody/no-such-model", "a/b/c"])
def test_a_model_that_is_not_on_this_machine_is_refused_and_not_fetched(model: str, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingFailed, match="nothing is downloaded"):
        load_embedder(model, "auto", threads=1, cache_dir=tmp_path)


def test_another_model_runs_on_sentence_transformers_only(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    with pytest.raises(EmbeddingFailed, match="sentence-transformers only"):
        load_embedder(str(tmp_path), "openvino", threads=1, cache_dir=tmp_path / "cache")


def test_the_default_model_may_be_named(folder: ModelFolder) -> None:
    assert find_model(DEFAULT_MODEL) == find_model(f"sentence-transformers/{DEFAULT_MODEL}") == folder


def test_an_unknown_runtime_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingFailed, match="tensorflow"):
        load_embedder(None, "tensorflow", threads=1, cache_dir=tmp_path)  # type: ignore[arg-type]


def test_processor_flags_are_those_of_the_first_core(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nflags\t\t: fpu avx2 amx_bf16\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    assert processor_flags(cpuinfo) == {"fpu", "avx2", "amx_bf16"}
    assert has_bfloat16(processor_flags(cpuinfo))
    assert processor_flags(tmp_path / "absent") == frozenset()


def test_batches_hold_every_text_once_and_waste_little_padding() -> None:
    generator = np.random.default_rng(1)
    encoded = [[1] * int(length) for length in generator.integers(2, 257, 500)]
    made = list(batches(encoded, pad_id=0, max_length=256))
    rows = np.concatenate([batch.rows for batch in made])
    assert sorted(rows.tolist()) == list(range(500))
    for batch in made:
        assert batch.ids.shape == batch.mask.shape and batch.ids.size <= 4096
        assert (batch.ids == batch.mask).all()
        assert batch.mask.sum(axis=1).tolist() == [len(encoded[row]) for row in batch.rows]
        assert batch.ids.shape[1] % LENGTH_STEP == 0
    assert sum(batch.ids.size for batch in made) < 1.2 * sum(map(len, encoded))


def test_a_serving_process_loads_neither_torch_nor_analytics(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from retrieval.embedding import load_embedder
for _ in range(2):
    embedder = load_embedder(None, "auto", threads=1, cache_dir=Path({str(tmp_path)!r}))
    assert embedder.embed(["net sales"]).shape == (1, 384)
heavy = {{"torch", "transformers", "sentence_transformers", "openvino_telemetry.main"}}
print(embedder.runtime, sorted(heavy & set(sys.modules)))
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    runtime, loaded = finished.stdout.split(maxsplit=1)
    assert loaded.strip() == "[]"
    assert runtime != "sentence-transformers-f32", finished.stderr
