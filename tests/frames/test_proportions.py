"""Shares of users against SciPy, and against slow sums of exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nclue_pandas.frames import proportions

pytestmark = pytest.mark.property


@st.composite
def tables(draw, most=400):
    """Draw hits and users of two groups."""
    users = tuple(draw(st.integers(1, most)) for _ in range(2))
    return tuple(draw(st.integers(0, n)) for n in users), users


@given(tables(), st.floats(0.5, 0.999))
def test_wilsons_interval_is_that_of_scipy(table, confidence):
    (hits, _), (users, _) = table
    z = stats.norm.ppf((1 + confidence) / 2)
    expected = stats.binomtest(hits, users).proportion_ci(confidence, method="wilson")
    found = proportions.wilson(hits / users, users, z)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@given(tables(), st.floats(0.5, 0.999))
def test_newcombes_interval_is_put_together_from_wilsons(table, confidence):
    hits, users = table
    (l1, u1), (l2, u2) = (
        stats.binomtest(x, n).proportion_ci(confidence, method="wilson")
        for x, n in zip(hits, users, strict=True)
    )
    p1, p2 = hits[0] / users[0], hits[1] / users[1]
    low = p1 - p2 - math.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    high = p1 - p2 + math.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    found = proportions.difference_interval(hits, users, confidence)
    np.testing.assert_allclose(found, (low, high), atol=1e-7)
    assert -1 <= found[0] <= p1 - p2 <= found[1] <= 1


@given(tables())
def test_p_values_of_a_difference_are_those_of_scipy(table):
    hits, users = table
    cells = [[x, n - x] for x, n in zip(hits, users, strict=True)]
    found, test = proportions.difference_p_value(hits, users)
    expected = np.outer(np.sum(cells, axis=1), np.sum(cells, axis=0)) / np.sum(cells)
    if expected.min() < 5:
        assert test == "Fisher's exact test"
        assert found == pytest.approx(stats.fisher_exact(cells).pvalue, abs=1e-9)
    else:
        assert test == "score test"
        assert found == pytest.approx(stats.chi2_contingency(cells, correction=False).pvalue)


@given(st.data())
def test_one_sided_p_values_are_those_of_scipy(data):
    total = data.draw(st.integers(2, 3_000))
    drawn = data.draw(st.integers(1, total - 1))
    having = data.draw(st.lists(st.integers(1, total), min_size=1, max_size=8))
    hits = [
        data.draw(st.integers(max(0, each - total + drawn), min(each, drawn))) for each in having
    ]
    found = proportions.at_least_p_values(np.array(hits), np.array(having), drawn, total)
    expected = stats.hypergeom.sf(np.array(hits) - 1, total, having, drawn)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-10)


@given(st.data())
def test_one_sided_p_values_are_sums_of_exact_fractions(data):
    total = data.draw(st.integers(2, 40))
    drawn = data.draw(st.integers(1, total - 1))
    having = data.draw(st.integers(1, total))
    hits = data.draw(st.integers(max(0, having - total + drawn), min(having, drawn)))
    ways = sum(
        math.comb(having, k) * math.comb(total - having, drawn - k)
        for k in range(hits, min(having, drawn) + 1)
    )
    found = proportions.at_least_p_values(np.array([hits]), np.array([having]), drawn, total)
    assert found[0] == pytest.approx(float(Fraction(ways, math.comb(total, drawn))), rel=1e-9)


def test_one_sided_p_values_of_many_users_stay_exact_and_fast():
    hits, having = np.array([50_400, 49_000, 1_200]), np.array([5_000_000, 5_000_000, 100_000])
    found = proportions.at_least_p_values(hits, having, 100_000, 10_000_000)
    expected = stats.hypergeom.sf(hits - 1, 10_000_000, having, 100_000)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values_are_those_of_scipy(p_values):
    found = proportions.benjamini_hochberg(np.array(p_values))
    np.testing.assert_allclose(found, stats.false_discovery_control(p_values), rtol=1e-12)


@given(tables(), st.floats(0.5, 0.999))
def test_a_ratio_lies_in_its_interval_and_the_other_way_round_in_its_inverse(table, confidence):
    hits, users = table
    low, high = proportions.ratio_interval(tuple(np.array([x]) for x in hits), users, confidence)
    back = proportions.ratio_interval(
        tuple(np.array([x]) for x in hits[::-1]), users[::-1], confidence
    )
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(low, 1 / back[1], rtol=1e-6, atol=1e-12)
    if hits[1]:
        ratio = hits[0] / users[0] / (hits[1] / users[1])
        assert low[0] <= ratio * (1 + 1e-9)
        assert ratio <= high[0] * (1 + 1e-9)
    else:
        assert high[0] == np.inf


@pytest.mark.parametrize("rates", [(0.12, 0.10), (0.05, 0.08), (0.5, 0.4)])
@pytest.mark.parametrize("control", [0.1, 0.5])
def test_so_many_users_find_the_difference_as_often_as_asked(rates, control):
    shares = 1 - control, control
    needed = proportions.users_needed(rates, shares, 0.95, 0.8)
    users = [round(needed * share) for share in shares]
    random = np.random.default_rng(5)
    hits = [random.binomial(n, rate, 4_000) for n, rate in zip(users, rates, strict=True)]
    p_values = [
        proportions.difference_p_value(pair, tuple(users))[0]
        for pair in zip(*(each.tolist() for each in hits), strict=True)
    ]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.8, abs=0.03)
    assert proportions.users_needed((0.1, 0.1), shares, 0.95, 0.8) is None


def holds(interval, hits, users, truth):
    low, high = interval(hits, users, 0.95)
    return np.mean((low <= truth) & (truth <= high))


@pytest.mark.slow
@pytest.mark.parametrize("control", [200, 1_000, 10_000])
@pytest.mark.parametrize("rates", [(0.12, 0.10), (0.05, 0.05), (0.33, 0.30)])
def test_intervals_hold_the_truth_in_94_to_96_percent_of_10_000_simulations(rates, control):
    random = np.random.default_rng(11)
    users = 9 * control, control
    hits = tuple(random.binomial(n, rate, 10_000) for n, rate in zip(users, rates, strict=True))
    difference = holds(proportions.difference_interval, hits, users, rates[0] - rates[1])
    ratio = holds(proportions.ratio_interval, hits, users, rates[0] / rates[1])
    print(f"\n{users} {rates}: difference {difference:.4f}, ratio {ratio:.4f}")
    assert 0.94 <= difference <= 0.96
    assert 0.94 <= ratio <= 0.96
