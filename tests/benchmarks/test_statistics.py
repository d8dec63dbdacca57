"""The statistics of the benchmarks, with numbers that can be worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks import comparisons, goals
from benchmarks.figures import Cell, Measured, load, save
from benchmarks.statistics import Spread, growth_per_decade, ratios


def cell(rows, **methods):
    """Make a cell of seconds by method, the memory being ten times as many megabytes."""
    made = Cell("int", rows, {"cores": 2})
    for key, (digest, *seconds) in methods.items():
        times = dict(enumerate(seconds))
        made.methods[key] = Measured(times, times, {n: 10 * s for n, s in times.items()}, digest)
    return made


def test_a_spread_is_median_least_greatest_and_count():
    spread = Spread.of({0: 3.0, 1: 1.0, 2: 2.0, 5: 10.0})
    assert spread == Spread(2.5, 1.0, 10.0, 4)
    assert spread.show() == "2.50 (1.00 to 10.00)"
    assert Spread.of({}) is None


def test_ratios_pair_rounds_and_leave_single_ones_out():
    above, below = {0: 3.0, 1: 8.0, 2: 5.0, 4: 1.0}, {0: 2.0, 2: 10.0, 3: 1.0, 4: 0.0}
    assert ratios(above, below) == {0: 1.5, 2: 0.5}


def test_the_median_of_ratios_is_not_the_ratio_of_medians():
    measured = cell(10, ours=("a", 1.0, 2.0, 4.0), peer=("a", 3.0, 3.0, 3.0))
    assert comparisons.slowdown(measured, "peer") == Spread(1.5, 0.75, 3.0, 3)
    assert comparisons.lightness(measured, "peer") == Spread(pytest.approx(2 / 3), 1 / 3, 4 / 3, 3)
    needs_none = cell(10, ours=("a", 1.0), peer=("a", 0.01))
    assert comparisons.lightness(needs_none, "peer") is None


@pytest.mark.parametrize(
    ("small", "large", "times"),
    [((10, 1.0), (100, 11.0), 11.0), ((10, 1.0), (1000, 100.0), 10.0), ((4, 3.0), (40, 3.0), 1.0)],
)
def test_growth_is_per_ten_times_the_rows(small, large, times):
    assert growth_per_decade(small, large) == pytest.approx(times)


def test_growth_is_told_between_neighboring_sizes():
    cells = [cell(1000, ours=("a", 40.0)), cell(10, ours=("a", 1.0)), cell(100, ours=("a", 8.0))]
    assert comparisons.growth(cells, "ours") == [(10, 100, 8.0), (100, 1000, 5.0)]


def test_only_peers_with_our_result_can_be_the_best():
    measured = cell(10, ours=("a", 2.0), fast=("other", 1.0), slow=("a", 3.0), quiet=(None, 4.0))
    assert comparisons.best(measured, ["fast", "slow", "quiet"]) == "slow"
    assert comparisons.best(measured, ["fast", "absent"]) is None


def test_goals_follow_from_cells():
    rows = 10 * goals.MILLION
    measured = {
        ("sequences", "int", rows): cell(
            rows, ours=("a", 2.0, 2.0), polars=("a", 4.0, 3.0), duckdb=("a", 9.0, 9.0)
        ),
        ("sequences", "int", goals.MILLION): cell(goals.MILLION, ours=("a", 0.2, 0.2)),
    }
    faster = goals.times_faster("sequences", "int", rows, *goals.ENGINES)(measured)
    lighter = goals.memory_over_lightest("sequences", "int", rows, *goals.ENGINES)(measured)
    grown = goals.time_growth("sequences", "int", goals.MILLION, rows)(measured)
    assert faster == Spread(1.75, 1.5, 2.0, 2)
    assert lighter == Spread(pytest.approx(7 / 12), 0.5, pytest.approx(2 / 3), 2)
    assert grown.median == pytest.approx(10)
    assert goals.Goal("", lambda _: None, at_least=1.5).reached(faster)
    assert not goals.Goal("", lambda _: None, at_most=0.5).reached(lighter)
    assert goals.extra_memory("sequences", "int", 5)(measured) is None


def test_figures_survive_the_file(tmp_path):
    measured = cell(10, ours=("a", 1.0, 2.0))
    save(tmp_path, "sequences", [measured])
    assert load(tmp_path, "sequences") == [measured]
    assert load(tmp_path, "sequences")[0].rounds == 2
    assert load(tmp_path, "publish") == []
