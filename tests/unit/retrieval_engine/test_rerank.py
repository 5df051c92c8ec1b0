"""A real cross-encoder, made here: tiny, of random weights, read from a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import InvalidQuery, RerankFailed
from retrieval.rerank import CrossEncoderReranker, Rerankers
from retrieval.rerank.cross_encoder import FIRST_GUESS_MS

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "pension", "plan", "rain", "spain", "in"]


def make_model(folder: Path, *, labels: int = 1) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=labels,
        initializer_range=2.0,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny-ranker")


def test_passages_get_scores_of_their_own_between_0_and_1(folder: Path) -> None:
    reranker = Rerankers([str(folder)]).get("tiny-ranker")
    before = reranker.expected_ms(10)
    passages = ["pension plan", "rain in spain", "pension plan"]
    scores = reranker.scores("pension", passages)
    assert all(0 <= score <= 1 for score in scores)
    assert scores[0] == pytest.approx(scores[2]) and abs(scores[0] - scores[1]) > 1e-4
    assert scores == pytest.approx([reranker.scores("pension", [passage])[0] for passage in passages], abs=1e-5)
    assert before > 10 * FIRST_GUESS_MS and reranker.expected_ms(10) < before
    assert reranker.scores("pension", []) == []


def test_allowed_models_are_found_by_name_and_no_others(folder: Path) -> None:
    models = Rerankers([str(folder), "cross-encoder/other"])
    assert models.get(None) is models.get("tiny-ranker")
    assert models.get("cross-encoder/other").name == "cross-encoder/other"
    for name in (str(folder), "other", ""):
        with pytest.raises(InvalidQuery) as caught:
            models.get(name)
        assert caught.value.field == "rerank.model" and str(folder.parent) not in str(caught.value).replace(
            repr(name), ""
        )


def test_a_model_that_is_not_here_or_gives_no_score_fails_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for source in (tmp_path / "empty", make_model(tmp_path / "classes", labels=3)):
        with pytest.raises(RerankFailed) as caught:
            CrossEncoderReranker(source.name, str(source)).scores("q", ["a"])
        assert str(tmp_path) not in str(caught.value)
