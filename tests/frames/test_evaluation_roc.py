"""Ranking statistics against scikit-learn and against slow, obvious formulas."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics

from nclue_pandas.frames import statistics

SCORE = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6))


@st.composite
def scored_users(draw, columns=1, at_least=1):
    """Return `columns` arrays of scores, many of them tied, and labels with both values."""
    n = draw(st.integers(2 * at_least, 40))
    positives = draw(st.integers(at_least, n - at_least))
    labels = np.array(draw(st.permutations([True] * positives + [False] * (n - positives))))
    scores = [
        np.array(draw(st.lists(SCORE, min_size=n, max_size=n)), dtype=float) for _ in range(columns)
    ]
    return scores, labels


def kernel(scores, labels):
    """1 where a positive (row) scores above a negative (column), 1/2 where they tie."""
    positive, negative = scores[labels][:, None], scores[~labels][None, :]
    return (positive > negative) + 0.5 * (positive == negative)


def slow_variance(first, second=None):
    """DeLong's variance from the full kernel: of one AUROC, or of the difference of two."""
    values = first if second is None else first - second
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    return rows.var(ddof=1) / rows.size + columns.var(ddof=1) / columns.size


@given(scored_users())
def test_auroc_is_that_of_scikit_learn(users):
    (scores,), labels = users
    assert statistics.placements(scores, labels).auroc == pytest.approx(
        metrics.roc_auc_score(labels, scores), abs=1e-12
    )


@given(scored_users())
def test_average_precision_is_that_of_scikit_learn(users):
    (scores,), labels = users
    assert statistics.average_precision(statistics.ranking(scores, labels)) == pytest.approx(
        metrics.average_precision_score(labels, scores), abs=1e-12
    )


@given(scored_users())
def test_roc_points_are_those_of_scikit_learn(users):
    (scores,), labels = users
    false, true = statistics.roc_points(statistics.ranking(scores, labels))
    expected = metrics.roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(false, expected[0], atol=1e-12)
    np.testing.assert_allclose(true, expected[1], atol=1e-12)


@given(st.lists(SCORE, min_size=1, max_size=50))
def test_midranks_are_those_of_scipy(values):
    np.testing.assert_array_equal(statistics.midranks(np.array(values)), stats.rankdata(values))


@given(scored_users(at_least=2))
def test_placements_are_the_means_of_the_kernel(users):
    (scores,), labels = users
    placed = statistics.placements(scores, labels)
    full = kernel(scores, labels)
    np.testing.assert_allclose(placed.positives, full.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(placed.negatives, full.mean(axis=0), atol=1e-12)
    assert statistics.variance(placed.positives, placed.negatives) == pytest.approx(
        slow_variance(full), abs=1e-12
    )


@given(scored_users(columns=2, at_least=2))
def test_the_paired_test_is_delongs(users):
    (one, other), labels = users
    first, second = statistics.placements(one, labels), statistics.placements(other, labels)
    error = math.sqrt(slow_variance(kernel(one, labels), kernel(other, labels)))
    difference = second.auroc - first.auroc
    tested = statistics.difference_test(first, second)
    if error > 1e-12:
        assert tested[0] == pytest.approx(error, rel=1e-9)
        assert tested[1] == pytest.approx(2 * stats.norm.sf(abs(difference) / error), rel=1e-9)
    elif abs(difference) < 1e-12:
        assert tested == (0.0, 1.0)
    else:
        assert tested is None


def test_the_paired_test_needs_two_users_of_each_label():
    labels = np.array([True, False, False])
    one = statistics.placements(np.array([0.9, 0.1, 0.5]), labels)
    other = statistics.placements(np.array([0.2, 0.1, 0.5]), labels)
    assert statistics.difference_test(one, other) is None


@given(scored_users(), st.floats(0.5, 0.999))
def test_the_interval_holds_the_auroc_and_stays_within_0_and_1(users, confidence):
    (scores,), labels = users
    placed = statistics.placements(scores, labels)
    low, high = statistics.interval(placed, confidence)
    assert 0 <= low <= placed.auroc <= high <= 1
    assert low < high


@given(scored_users(at_least=2))
def test_the_interval_of_reversed_scores_is_the_mirror_image(users):
    (scores,), labels = users
    low, high = statistics.interval(statistics.placements(scores, labels), 0.95)
    mirrored = statistics.interval(statistics.placements(-scores, labels), 0.95)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_perfect_separation_gives_an_interval_that_shrinks_with_the_users():
    lows = []
    for n in (3, 30, 300):
        labels = np.arange(2 * n) < n
        low, high = statistics.interval(statistics.placements(labels.astype(float), labels), 0.95)
        assert high == 1
        lows.append(low)
    assert 0.4 < lows[0] < lows[1] < lows[2] < 1


def test_newcombes_bounds_solve_his_equation():
    """|theta - A| = z * standard error at theta, in the form of his method 5."""
    m, n, z, auroc = 12, 30, 1.96, 0.8
    for theta in statistics._newcombe(auroc, m, n, z):
        mean = (m + n) / 2 - 1
        shape = 1 + mean * (1 - theta) / (2 - theta) + mean * theta / (1 + theta)
        error = math.sqrt(theta * (1 - theta) / (m * n) * shape)
        assert abs(theta - auroc) == pytest.approx(z * error, rel=1e-9)


def slow_deciles(scores, labels, edges):
    """Expected positives in each slice: every user counts as the mean of the users it ties with."""
    expected = np.array([labels[scores == score].mean() for score in scores])
    ordered = expected[np.argsort(-scores, kind="stable")]
    return [ordered[a:b].sum() for a, b in pairwise(edges)]


@given(scored_users())
def test_positives_among_the_first_users_share_ties_evenly(users):
    (scores,), labels = users
    edges = np.arange(0, labels.size + 1, 3)
    reached = statistics.ranking(scores, labels).positives_among(edges)
    np.testing.assert_allclose(np.diff(reached), slow_deciles(scores, labels, edges), atol=1e-9)


@given(scored_users())
def test_score_of_a_position_is_that_of_the_sorted_scores(users):
    (scores,), labels = users
    found = statistics.ranking(scores, labels).score_of(np.arange(scores.size))
    np.testing.assert_array_equal(found, np.sort(scores)[::-1])


def coverage(simulations, seed=0):
    """Share of simulated data sets whose 95 % interval holds the true AUROC of 0.75."""
    rng = np.random.default_rng(seed)
    shift = math.sqrt(2) * stats.norm.ppf(0.75)
    labels = np.arange(500) < 100
    held = 0
    for _ in range(simulations):
        scores = rng.normal(size=500) + shift * labels
        low, high = statistics.interval(statistics.placements(scores, labels), 0.95)
        held += low <= 0.75 <= high
    return held / simulations


@pytest.mark.slow
def test_the_interval_covers_the_truth_in_95_percent_of_1000_simulations():
    assert 0.93 <= coverage(1_000) <= 0.97


@pytest.mark.slow
def test_the_interval_covers_the_truth_in_95_percent_of_20000_simulations():
    assert 0.945 <= coverage(20_000) <= 0.955
