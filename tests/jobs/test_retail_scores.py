"""Scores of a real, messy log: honest labels, held-out users, and no signal in shuffled labels.

The labels, their counts and the bounds on the AUROC are facts of the data set: customers of a
gift shop with a purchase before 2011-09-01, and what they buy in the 90 days after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn import metrics

import nclue_pandas as nclue
from nclue_pandas.sandbox import Sandbox

CUTOFF = "2011-09-01"
COLUMNS = {"user": "CustomerID", "time": "InvoiceDate"}


@dataclass(frozen=True)
class Label:
    """A question asked of the log, and what is known of its answer."""

    word: str | None
    positives: int
    auroc: float


LABELS = {
    "bought again": Label(None, 1_864, 0.70),
    "CHRISTMAS": Label("CHRISTMAS", 1_285, 0.72),
    "LUNCH BAG": Label("LUNCH BAG", 493, 0.85),
}


@pytest.fixture(scope="module")
def purchases(online_retail):
    return online_retail[~online_retail["InvoiceNo"].astype(str).str.startswith("C")]


@pytest.fixture(scope="module")
def client():
    with Sandbox() as sandbox, nclue.connect(sandbox) as connected:
        yield connected


@pytest.fixture(scope="module")
def feature(client, purchases):
    with pytest.warns(nclue.frames.reports.NclueDataWarning):
        sequences = purchases.nclue.to_sequences(
            **COLUMNS, behavior="Description", until=CUTOFF, on_invalid="drop"
        )
    assert len(sequences) == 3_317
    return sequences.nclue.create_feature("retail").wait()


@pytest.fixture(scope="module")
def answers_for(purchases):
    def answers_for(label):
        positive = None
        if label.word is not None:
            positive = purchases["Description"].str.contains(label.word, na=False)
        return purchases.nclue.to_answers(
            **COLUMNS, cutoff=CUTOFF, horizon="90D", positive=positive, on_invalid="drop"
        )

    return answers_for


def held_out_auroc(feature, answers, name, seed):
    """Train on 70 % of the users, score all, and measure on the other 30 %."""
    train, test = answers.nclue.split(test=0.3, seed=seed)
    assert not set(train["user_id"]) & set(test["user_id"])
    task = train.nclue.create_task(f"{name} {seed}", feature, client=feature.client)
    scores = task.run(feature).result()
    found = scores.nclue.evaluate(test)
    both = scores.merge(test, on="user_id")
    label, score = both["label"].to_numpy(dtype=int), both["score"].to_numpy(dtype=float)
    assert found.auroc == pytest.approx(metrics.roc_auc_score(label, score), abs=1e-12)
    assert found.average_precision == pytest.approx(
        metrics.average_precision_score(label, score), abs=1e-12
    )
    assert found.brier == pytest.approx(metrics.brier_score_loss(label, score), abs=1e-12)
    return found.auroc


@pytest.mark.retail
@pytest.mark.filterwarnings("ignore::nclue_pandas.frames.reports.NclueDataWarning")
@pytest.mark.parametrize("name", LABELS)
def test_one_split(feature, answers_for, name):
    label = LABELS[name]
    answers = answers_for(label)
    assert len(answers) == 3_317
    assert int(answers["label"].sum()) == label.positives
    assert held_out_auroc(feature, answers, name, seed=0) > label.auroc - 0.02


@pytest.mark.retail
@pytest.mark.filterwarnings("ignore::nclue_pandas.frames.reports.NclueDataWarning")
def test_where_a_free_score_is_as_good_it_is_told(feature, purchases, answers_for):
    for name, said in (
        ("bought again", "'active_days' is free and as good"),
        ("CHRISTMAS", "'frequency' is free and as good"),
        ("LUNCH BAG", "No baseline is as good"),
    ):
        word = LABELS[name].word
        positive = word and purchases["Description"].str.contains(word, na=False)
        free = purchases.nclue.baselines(
            **COLUMNS, cutoff=CUTOFF, positive=positive, on_invalid="drop"
        )
        train, test = answers_for(LABELS[name]).nclue.split(test=0.3, seed=0)
        task = train.nclue.create_task(f"free {name}", feature, client=feature.client)
        found = task.run(feature).result().nclue.evaluate(test, baselines=free)
        assert found.verdict.startswith(said)
        tested = found.baselines.iloc[1:]
        worse = (tested["difference"] < 0) & (tested["p_adjusted"] < 0.05)
        assert worse.all() == said.startswith("No")


@pytest.mark.retail
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::nclue_pandas.frames.reports.NclueDataWarning")
@pytest.mark.parametrize("name", LABELS)
def test_ten_splits(feature, answers_for, name, record_property):
    label = LABELS[name]
    answers = answers_for(label)
    found = [held_out_auroc(feature, answers, name, seed) for seed in range(10)]
    record_property("mean_auroc", float(np.mean(found)))
    print(f"\n{name}: mean AUROC {np.mean(found):.4f}, from {min(found):.4f} to {max(found):.4f}")
    assert np.mean(found) >= label.auroc


@pytest.mark.retail
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::nclue_pandas.frames.reports.NclueDataWarning")
def test_nothing_is_learned_from_shuffled_labels(feature, answers_for):
    answers = answers_for(LABELS["CHRISTMAS"])
    found = []
    for seed in range(20):
        shuffled = answers.copy()
        order = np.random.default_rng(seed).permutation(len(answers))
        shuffled["label"] = answers["label"].array.take(order)
        found.append(held_out_auroc(feature, shuffled, f"shuffled {seed}", seed))
    print(f"\nshuffled labels: mean AUROC {np.mean(found):.4f}")
    assert 0.48 <= np.mean(found) <= 0.52
