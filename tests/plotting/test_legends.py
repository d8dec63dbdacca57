"""Legends hide no curve, and jobs that took no time are seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from nclue_pandas import plotting

IDS = np.arange(400)
ANSWERS = pd.DataFrame({"user_id": IDS, "label": IDS % 3 == 0})


def scores_of(seed, skill):
    noise = np.random.default_rng(seed).random(IDS.size)
    return pd.DataFrame({"user_id": IDS, "score": skill * (IDS % 3 == 0) + noise})


def hidden(ax):
    box = ax.get_legend().get_window_extent()
    curves = [line for line in ax.lines if line.get_gid() == "nclue-curve"]
    paths = [each.get_path().transformed(each.get_transform()) for each in [*curves, *ax.patches]]
    assert paths
    return [path for path in paths if path.intersects_bbox(box, filled=False)]


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize(
    "draw", [plotting.plot_roc, plotting.plot_gain, plotting.plot_lift], ids=lambda f: f.__name__
)
def test_a_legend_hides_no_curve(draw, layout):
    figure = Figure(layout=layout)
    ax = figure.subplots()
    for seed, skill in enumerate((0, 0.05, 0.5, -0.9)):
        draw(scores_of(seed, skill), ANSWERS, ax=ax, name=f"scores of the model {seed}")
    figure.draw_without_rendering()
    assert not hidden(ax)
    if draw is not plotting.plot_lift:
        assert max(ax.get_yticks()) == 1, "no share is above 100 %"


def test_a_legend_that_is_in_nobody_s_way_takes_no_room():
    ax = plotting.plot_gain(scores_of(0, 2), ANSWERS, ax=Figure().subplots())
    assert ax.get_ylim() == (0, 1.02)


def jobs(seconds):
    created = pd.date_range("2026-05-25 09:00", periods=4, freq="1min", tz="UTC")
    return pd.DataFrame(
        {
            "kind": "Run",
            "name": [f"night-{number}" for number in range(4)],
            "status": "completed",
            "created_at": created,
            "completed_at": created + pd.to_timedelta(seconds, unit="s"),
        }
    )


@pytest.mark.parametrize("seconds", [0, 0.2])
def test_jobs_that_took_no_time_are_seen(seconds):
    ax = plotting.plot_timeline(jobs(seconds), ax=Figure().subplots())
    left, right = ax.get_xlim()
    assert all(patch.get_width() >= 0.005 * (right - left) for patch in ax.patches)
    assert not hidden(ax)


def test_one_job_that_took_no_time_is_seen():
    ax = plotting.plot_timeline(jobs(0).head(1), ax=Figure().subplots())
    assert ax.patches[0].get_width() == pytest.approx(1 / 86_400)
