"""Intervals of the AUROC: quantiles, draws, what is chosen when, and how often they hold."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

import nclue_pandas as nclue
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames import statistics
from nclue_pandas.frames.evaluation import evaluate
from nclue_pandas.frames.statistics import normal_quantile, student_quantile


def normal_scores(random, positives, negatives, auroc):
    """Scores of two normal distributions that are as far apart as the true AUROC says."""
    labels = np.arange(positives + negatives) < positives
    shift = math.sqrt(2) * stats.norm.ppf(auroc)
    return random.normal(size=labels.size) + shift * labels, labels


def frames(values, labels):
    ids = np.arange(len(values))
    return (
        pd.DataFrame({"user_id": ids, "score": values}),
        pd.DataFrame({"user_id": ids, "label": labels}),
    )


@given(st.floats(0.01, 0.999), st.floats(1, 1e6))
def test_quantiles_are_those_of_scipy(confidence, freedom):
    expected = stats.t.ppf((1 + confidence) / 2, freedom)
    assert student_quantile(confidence, freedom) == pytest.approx(expected, rel=1e-5)
    assert normal_quantile(confidence) == pytest.approx(stats.norm.ppf((1 + confidence) / 2))


def test_degrees_of_freedom_are_welchs():
    random = np.random.default_rng(2)
    one, other = random.normal(size=7), 3 * random.normal(size=40)
    expected = stats.ttest_ind(one, other, equal_var=False).df
    assert statistics._freedom(one, other) == pytest.approx(expected)


@settings(max_examples=8)
@given(st.data())
def test_a_draw_is_the_auroc_of_the_users_drawn(data):
    n = data.draw(st.integers(2, 15))
    ones = data.draw(st.integers(1, n - 1))
    labels = np.array(data.draw(st.permutations([True] * ones + [False] * (n - ones))))
    scores = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.5]), min_size=n, max_size=n)))
    seed = data.draw(st.integers(0, 2**32))
    random = np.random.default_rng(seed)
    places = [np.flatnonzero(labels), np.flatnonzero(~labels)]
    chosen = [which[random.integers(0, which.size, (100, which.size))] for which in places]
    found = statistics.Bootstrap(resamples=100, seed=seed).aurocs(scores, labels)
    for won, lost, auroc in zip(*chosen, found, strict=True):
        drawn = np.concatenate([won, lost])
        assert auroc == pytest.approx(metrics.roc_auc_score(labels[drawn], scores[drawn]))


def test_draws_in_parts_are_as_good_as_at_once(monkeypatch):
    scores, labels = normal_scores(np.random.default_rng(0), 30, 70, 0.8)
    monkeypatch.setattr(statistics, "_AT_ONCE", 1_000)
    found = statistics.Bootstrap(resamples=2_003).aurocs(scores, labels)
    assert found.shape == (2_003,)
    assert found.mean() == pytest.approx(statistics.placements(scores, labels).auroc, abs=0.005)
    placed = statistics.placements(scores, labels)
    error = math.sqrt(statistics.variance(placed.positives, placed.negatives))
    assert found.std() == pytest.approx(error, rel=0.1)


def test_both_methods_agree_on_many_users_and_say_their_name():
    inputs = frames(*normal_scores(np.random.default_rng(1), 200, 800, 0.75))
    formula, drawn = evaluate(*inputs), evaluate(*inputs, interval="bootstrap")
    assert (formula.interval_method, drawn.interval_method) == ("DeLong", "bootstrap")
    assert drawn.auroc_interval == pytest.approx(formula.auroc_interval, abs=0.006)
    assert "DeLong" in repr(formula)
    assert "bootstrap" in repr(drawn)


def test_draws_are_repeatable_and_their_seed_is_the_users():
    inputs = frames(*normal_scores(np.random.default_rng(1), 20, 80, 0.75))
    same = [
        evaluate(*inputs, interval=nclue.Bootstrap(resamples=200, seed=3)).auroc_interval
        for _ in range(2)
    ]
    assert same[0] == same[1]
    assert evaluate(*inputs, interval=nclue.Bootstrap(200, 4)).auroc_interval != same[0]


@pytest.mark.parametrize("interval", ["delong", "bootstrap"])
@pytest.mark.parametrize("labels", [[0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 1]])
def test_perfect_separation_has_newcombes_interval(interval, labels):
    found = evaluate(*frames(np.arange(6), labels), interval=interval)
    assert found.interval_method == "Newcombe"
    low, high = found.auroc_interval
    assert (0.2 < low < 0.8, high) == (True, 1.0)


@pytest.mark.parametrize("interval", ["wald", "", None, 3])
def test_another_interval_is_refused(interval):
    with pytest.raises(ConfigurationError, match="'delong', 'bootstrap'"):
        evaluate(*frames([0.1, 0.9], [0, 1]), interval=interval)


@pytest.mark.parametrize("options", [{"resamples": 99}, {"seed": -1}])
def test_draws_that_make_no_interval_are_refused(options):
    with pytest.raises(ConfigurationError, match="give"):
        nclue.Bootstrap(**options)


def test_scores_between_0_and_1_are_probabilities_unless_the_user_says_no():
    inputs = frames([0.1, 0.9, 0.4], [0, 1, 0])
    assert evaluate(*inputs).brier is not None
    without = evaluate(*inputs, probabilities=False)
    assert (without.brier, without.calibration) == (None, None)


def test_what_cannot_be_a_probability_is_said():
    with pytest.raises(InvalidDataError, match=r"from -1 to 2.*between 0 and 1"):
        evaluate(*frames([-1.0, 2.0], [0, 1]), probabilities=True)


def test_few_positives_give_an_interval_that_is_wide_enough():
    """Five positives: the normal quantile alone would hold the truth in less than nine of ten."""
    random = np.random.default_rng(8)
    held = 0
    for _ in range(400):
        low, high = statistics.interval(
            statistics.placements(*normal_scores(random, 5, 495, 0.75)), 0.95
        )
        held += low <= 0.75 <= high
    assert held / 400 > 0.91


def coverage(interval, simulations=1_000, positives=100):
    """Share of seeded data sets (500 users, true AUROC 0.75) whose interval holds the truth."""
    random = np.random.default_rng(0)
    held = 0
    for _ in range(simulations):
        low, high = interval(*normal_scores(random, positives, 500 - positives, 0.75))
        held += low <= 0.75 <= high
    return held / simulations


INTERVALS = {
    "delong": lambda *data: statistics.interval(statistics.placements(*data), 0.95),
    "bootstrap": lambda *data: statistics.Bootstrap(resamples=1_000).interval(*data, 0.95),
    "newcombe": lambda *data: statistics.newcombe(statistics.placements(*data), 0.95),
}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("method", INTERVALS)
def test_the_interval_covers_the_truth_in_93_to_97_percent(method, record_property):
    found = coverage(INTERVALS[method])
    record_property("coverage", found)
    print(f"\n{method}: {100 * found:.1f} % of 1,000 simulations")
    assert 0.93 <= found <= 0.97


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_interval_still_covers_with_few_positives(record_property):
    for positives in (5, 10, 20, 30, 50):
        found = {
            method: coverage(INTERVALS[method], 2_000 if method == "delong" else 300, positives)
            for method in ("delong", "bootstrap")
        }
        record_property(f"coverage with {positives} positives", found)
        print(
            f"\n{positives} positives of 500: DeLong {100 * found['delong']:.1f} %, "
            f"bootstrap {100 * found['bootstrap']:.1f} %",
            end="",
        )
        assert 0.92 <= found["delong"] <= 0.98


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("positives", [100, 20])
def test_the_paired_test_finds_a_difference_where_there_is_none_in_5_percent(positives):
    """Two noisy copies of one score have the same AUROC."""
    random = np.random.default_rng(0)
    rejected = 0
    for _ in range(2_000):
        shared, labels = normal_scores(random, positives, 500 - positives, 0.75)
        one, other = (
            statistics.placements(shared + random.normal(size=500) / 2, labels) for _ in range(2)
        )
        rejected += statistics.difference_test(one, other)[1] < 0.05
    print(f"\npaired test, {positives} positives of 500: {rejected / 20:.1f} % below 0.05")
    assert 0.03 <= rejected / 2_000 <= 0.08
