"""The stand-in's model: what its columns count, how they are weighed, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import roc_auc_score

from nclue_pandas.sandbox import model

WORDS = ["green tea", "jam", "milk", "bread", "rice", "soap", "lamp", "book"]


def users(number, rng):
    """Users whose first word is drawn more often by those with label 1."""
    labels = rng.integers(0, 2, number)
    texts = []
    for label in labels:
        chances = np.array([3.0 if label else 1.0, *[1.0] * 7])
        drawn = rng.choice(WORDS, 12, p=chances / chances.sum())
        texts.append("->".join(drawn))
    return texts, labels


@pytest.fixture
def half():
    texts, labels = users(600, np.random.default_rng(3))
    return model.Representations.of([f"u{n}" for n in range(600)], texts), labels


def test_weights_are_correlations_with_the_labels():
    rng = np.random.default_rng(0)
    dense = rng.integers(0, 3, (50, 9)).astype(float)
    dense[:, 4] = 2.0  # tells nothing
    labels = rng.integers(0, 2, 50)
    found = model.column_weights(sparse.csr_matrix(dense), labels)
    for column in (0, 1, 2, 3, 5):
        wanted = abs(np.corrcoef(dense[:, column], labels)[0, 1]) ** 1.5
        assert found[column] == pytest.approx(wanted)
    assert found[4] == 0
    assert found[-3:].tolist() == [1, 1, 1]


def test_users_held_out_are_told_apart(half):
    made, labels = half
    trained = model.train(made, labels[:400], np.arange(400))
    scores = trained.score(made)
    assert ((scores > 0) & (scores < 1)).all()
    assert roc_auc_score(labels[400:], scores[400:]) > 0.7


def test_another_feature_is_scored_in_the_same_space(half):
    made, labels = half
    trained = model.train(made, labels, np.arange(600))
    other = model.Representations.of(["x", "y"], ["->".join(["green tea"] * 12), "soap->lamp"])
    fond, other_one = trained.score(other)
    assert fond > other_one


def test_the_same_users_give_the_same_scores(half):
    made, labels = half
    again = [model.train(made, labels, np.arange(600)).score(made) for _ in range(2)]
    assert np.array_equal(*again)


def test_nothing_is_learned_where_nothing_is():
    texts, _ = users(600, np.random.default_rng(3))
    made = model.Representations.of([f"u{n}" for n in range(600)], texts)
    found = [
        model.held_out_auroc(
            made, np.arange(600), np.random.default_rng(1_000 + n).integers(0, 2, 600), seed=n
        )
        for n in range(10)
    ]
    assert np.mean(found) == pytest.approx(0.5, abs=0.05)
