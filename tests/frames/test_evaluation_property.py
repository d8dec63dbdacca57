"""Figures of evaluations against scikit-learn, on scores of every awkward shape."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import calibration, metrics

from nclue_pandas.frames.comparison import compare
from nclue_pandas.frames.evaluation import evaluate

pytestmark = pytest.mark.property

EXACT = 1e-12


@st.composite
def users(draw, value):
    """Scores and labels: two users or many, one positive among many, all scores equal or none."""
    n = draw(st.sampled_from([2, 3, 5, 17, 100, 2_000]))
    positives = draw(st.sampled_from(sorted({1, n // 100, n // 2, n - 1} - {0})))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    pool = draw(st.lists(value, min_size=1, max_size=draw(st.sampled_from([1, 2, 30]))))
    scores = np.array(pool)[random.integers(0, len(pool), n)]
    if draw(st.booleans()):
        scores = random.permutation(n) / n
    return scores, random.permutation(np.arange(n) < positives)


def frames(scores, labels):
    ids = [f"u{number}" for number in range(len(scores))]
    order = np.random.default_rng(0).permutation(len(scores))
    answers = pd.DataFrame({"user_id": ids, "label": labels}).iloc[order]
    return pd.DataFrame({"user_id": ids, "score": scores}), answers


ANY = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 5e-324, 1e308, -1e308, 0.1, 0.1 + 1e-16]),
)


@given(users(ANY))
def test_rankings_are_those_of_scikit_learn(drawn):
    scores, labels = drawn
    found = evaluate(*frames(scores, labels))
    with np.errstate(over="ignore", invalid="ignore"):  # of the largest floats, in scikit-learn
        area = metrics.roc_auc_score(labels, scores)
        precision = metrics.average_precision_score(labels, scores)
    assert found.auroc == pytest.approx(area, abs=EXACT)
    assert found.average_precision == pytest.approx(precision, abs=EXACT)
    low, high = found.auroc_interval
    assert 0 <= low <= found.auroc <= high <= 1


@given(users(st.floats(0, 1)))
def test_probabilities_are_judged_as_by_scikit_learn(drawn):
    scores, labels = drawn
    found = evaluate(*frames(scores, labels))
    assert found.brier == pytest.approx(metrics.brier_score_loss(labels, scores), abs=EXACT)
    rate, mean = calibration.calibration_curve(labels, scores, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found.calibration["rate"].to_numpy(), rate, rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.calibration["mean_score"].to_numpy(), mean, rtol=0, atol=EXACT)
    assert found.calibration["users"].sum() == labels.size


@given(users(st.floats(-5, 5)), st.integers(0, 2**32 - 1))
def test_captures_are_the_recall_of_scikit_learn_where_no_users_tie(drawn, seed):
    _, labels = drawn
    scores = np.random.default_rng(seed).permutation(labels.size).astype(float)
    table = evaluate(*frames(scores, labels)).deciles
    for lowest, users_above, gain, lift in zip(
        table["score_min"],
        table["users"].cumsum(),
        table["gain"],
        table["cumulative_lift"],
        strict=True,
    ):
        chosen = scores >= lowest
        assert chosen.sum() == users_above
        assert gain == pytest.approx(metrics.recall_score(labels, chosen), abs=EXACT)
        precision = metrics.precision_score(labels, chosen)
        assert lift == pytest.approx(precision / labels.mean(), rel=EXACT)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=4), st.integers(0, 1_000))
def test_adjusted_p_values_are_holms(noises, seed):
    """Reject at a level when the p-value and all that are smaller are below their share of it."""
    random = np.random.default_rng(seed)
    labels = np.arange(60) < 20
    base = labels + random.normal(size=60)
    scores = {"base": base}
    for number, noise in enumerate(noises):
        scores[str(number)] = base + noise * random.normal(size=60)
    answers = pd.DataFrame({"user_id": np.arange(60), "label": labels})
    table = compare({name: frames60(values) for name, values in scores.items()}, answers)
    tested = table.dropna(subset="p_value").sort_values("p_value")
    for level in (0.001, 0.01, 0.05, 0.2, 0.5, 0.9):
        rejected, going = [], True
        for position, p_value in enumerate(tested["p_value"]):
            going = going and p_value * (len(tested) - position) <= level
            rejected.append(going)
        assert (tested["p_adjusted"] <= level).tolist() == rejected
    assert table["p_adjusted"].isna().tolist() == table["p_value"].isna().tolist()


def frames60(values):
    return pd.DataFrame({"user_id": np.arange(60), "score": values})
