"""`python -m benchmarks.answerability --set DATA_DIR QUESTIONS …`: fit and judge the probability that a question can be
answered.

Each question is asked of its whole corpus and of the corpus without the documents that answer it; of the other
corpora too, where nothing answers it; and questions made from the documents by a template are asked both ways. Printed
are, by set, the area under the ROC curve, the Brier score and what was said against what was true, of the coefficients
in the code and of ones fitted here: cross-validated, so that a document's questions are on one side of a split only.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.model_selection import GroupKFold

from benchmarks.answerability_questions import Asked, Corpus, Question, read_questions
from retrieval.answerability import Signals, probability

FOLDS = 10
FOREIGN = 60
"""Questions of each other corpus."""
FOREIGN_WEIGHT = 0.25
"""Of a set of foreign questions, which are easy, beside a set asked both ways."""
STRENGTH = 1.0
"""Inverse of the regularisation (scikit-learn's `C`), with signals of 0..1 and sets weighing as many as they are."""
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.01)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """All askings: signals, truth, and the set and group of each."""

    signals: Array
    truth: NDArray[np.int64]
    sets: NDArray[np.str_]
    groups: NDArray[np.str_]

    @property
    def weights(self) -> Array:
        """Every set weighs the same, whatever its size, foreign ones less; the mean is 1."""
        weights = np.empty(len(self.truth))
        for name in np.unique(self.sets):
            mine = self.sets == name
            weights[mine] = (FOREIGN_WEIGHT if self.is_foreign(name) else 1.0) / mine.sum()
        return np.asarray(weights * len(weights) / weights.sum())

    @staticmethod
    def is_foreign(name: str) -> bool:
        return "@" in name


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.answerability", description=__doc__)
    parser.add_argument(
        "--set", nargs=2, action="append", required=True, type=Path, metavar=("DATA_DIR", "QUESTIONS"), dest="sets"
    )
    parser.add_argument("--made", type=int, default=2, help="questions made from each document of the first set")
    arguments = parser.parse_args()
    sample = _collect([(folder, read_questions(path)) for folder, path in arguments.sets], arguments.made)
    shipped = np.array([probability(Signals(**dict(zip(_names(), row, strict=True)))) for row in sample.signals])
    _print_scores("the coefficients in the code", sample, shipped)
    _print_scores(f"fitted here, {FOLDS} folds by document", sample, _cross_validated(sample))
    model = _fitted(sample, np.ones(len(sample.truth), dtype=bool))
    print(f"\nCONSTANT = {model.intercept_[0]:.2f}")
    print(
        "WEIGHTS: " + ", ".join(f"{name}={weight:.2f}" for name, weight in zip(_names(), model.coef_[0], strict=True))
    )


def _collect(sets: Sequence[tuple[Path, list[Question]]], made: int) -> Sample:
    asked: list[tuple[str, Asked]] = []
    for number, (folder, questions) in enumerate(sets):
        with ExitStack() as closing:
            corpus = closing.enter_context(Corpus(folder))
            asked += [(folder.name, one) for one in corpus.both_ways(questions)]
            if number == 0 and made:
                asked += [("made", one) for one in corpus.both_ways(corpus.made(made))]
            for other, others in sets:
                if other != folder:
                    step = max(1, len(others) // FOREIGN)
                    name = f"{other.name}@{folder.name}"
                    asked += [(name, one) for one in corpus.foreign(others[::step])]
    return Sample(
        signals=np.array([astuple(one.signals) for _, one in asked]),
        truth=np.array([int(one.answerable) for _, one in asked]),
        sets=np.array([name for name, _ in asked]),
        groups=np.array([one.group for _, one in asked]),
    )


def _fitted(sample: Sample, rows: NDArray[np.bool_]) -> LogisticRegression:
    model = LogisticRegression(C=STRENGTH, max_iter=1000)
    return model.fit(sample.signals[rows], sample.truth[rows], sample_weight=sample.weights[rows])


def _cross_validated(sample: Sample) -> Array:
    said = np.empty(len(sample.truth))
    for _, held_out in GroupKFold(FOLDS).split(sample.signals, sample.truth, sample.groups):
        rows = np.ones(len(said), dtype=bool)
        rows[held_out] = False
        said[held_out] = _fitted(sample, rows).predict_proba(sample.signals[held_out])[:, 1]
    return said


def _print_scores(what: str, sample: Sample, said: Array) -> None:
    print(f"\n{what}\n{'set':32} {'asked':>6} {'AUC':>6} {'Brier':>6} {'mean said':>10} {'true':>6}")
    for name in [*dict.fromkeys(sample.sets), "all"]:
        mine = np.ones(len(said), dtype=bool) if name == "all" else sample.sets == name
        truth = sample.truth[mine]
        area = f"{roc_auc_score(truth, said[mine]):.3f}" if len(set(truth)) == 2 else "–"
        brier = brier_score_loss(truth, said[mine])
        print(f"{name:32} {mine.sum():6} {area:>6} {brier:6.3f} {said[mine].mean():10.3f} {truth.mean():6.3f}")
    print("said, of the sets asked both ways: " + "; ".join(_reliability(sample, said)))


def _reliability(sample: Sample, said: Array) -> list[str]:
    both_ways = np.array([not Sample.is_foreign(name) for name in sample.sets])
    lines = []
    for low, high in itertools.pairwise(BINS):
        mine = both_ways & (said >= low) & (said < high)
        if mine.any():
            lines.append(f"{said[mine].mean():.2f} → true {sample.truth[mine].mean():.2f} ({mine.sum()})")
    return lines


def _names() -> list[str]:
    return [field.name for field in fields(Signals)]


if __name__ == "__main__":
    main()
