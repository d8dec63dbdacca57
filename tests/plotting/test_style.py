"""Pictures: what is drawn, on what, and in whose style."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from nclue_pandas import plotting
from nclue_pandas.errors.base import MissingExtraError
from nclue_pandas.frames.evaluation import evaluate

CURVES = [
    plotting.plot_lift,
    plotting.plot_gain,
    plotting.plot_roc,
    plotting.plot_calibration,
]
ALL = [*CURVES, plotting.plot_scores]


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(5)
    labels = rng.random(400) < 0.25
    ids = np.arange(400)
    chance = 1 / (1 + np.exp(1 - labels - rng.normal(size=400)))
    scores = pd.DataFrame({"user_id": ids, "score": chance})
    return scores, pd.DataFrame({"user_id": ids, "label": labels})


@pytest.fixture
def ax():
    return Figure().subplots()


def rendered(axes):
    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize("plot", ALL)
def test_draws_on_the_axes_given_and_returns_it(plot, inputs, ax):
    assert plot(*inputs, ax=ax) is ax
    assert rendered(ax).min() < 128
    assert ax.get_xlabel()
    assert ax.get_ylabel()


@pytest.mark.parametrize("plot", ALL)
def test_draws_on_a_figure_of_its_own_without_axes(plot, inputs):
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    axes = plot(*inputs)
    try:
        assert len(plt.get_fignums()) == len(before) + 1
    finally:
        plt.close(axes.figure)


def test_lift_is_that_of_the_evaluation(inputs, ax):
    plotting.plot_lift(*inputs, ax=ax)
    lift = evaluate(*inputs).deciles["lift"]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), lift.to_numpy())
    assert f"top decile {lift.iloc[0]:.1f}x" in legend(ax)[0]


def test_gain_passes_through_the_evaluation_s_deciles(inputs, ax):
    plotting.plot_gain(*inputs, ax=ax)
    x, y = ax.lines[0].get_data()
    gain = evaluate(*inputs).deciles["gain"].to_numpy()
    np.testing.assert_allclose(np.interp(np.arange(1, 11) / 10, x, y), gain, atol=1e-9)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)


def test_the_area_under_the_roc_curve_is_the_auroc(inputs, ax):
    plotting.plot_roc(*inputs, ax=ax)
    area = np.trapezoid(ax.lines[0].get_ydata(), ax.lines[0].get_xdata())
    assert area == pytest.approx(evaluate(*inputs).auroc)
    assert f"AUROC {area:.3f}" in legend(ax)[0]


def test_the_distributions_of_both_labels_add_up_to_one(inputs, ax):
    plotting.plot_scores(*inputs, ax=ax)
    for patch in ax.patches:
        assert sum(patch.get_data()[0]) == pytest.approx(1)
    positives = int(inputs[1]["label"].sum())
    assert legend(ax) == [f"label 0 ({400 - positives} users)", f"label 1 ({positives} users)"]


def test_equal_scores_have_a_distribution_too(inputs, ax):
    scores, answers = inputs
    plotting.plot_scores(scores.assign(score=0.5), answers, ax=ax)
    assert len(ax.patches) == 2


@pytest.mark.parametrize("plot", CURVES)
def test_several_scores_share_one_axes_and_differ_without_color(plot, inputs, ax):
    scores, answers = inputs
    for name, power in (("first", 1), ("second", 2), ("third", 0.5)):
        plot(scores.assign(score=scores["score"] ** power), answers, ax=ax, name=name)
    curves = [line for line in ax.lines if line.get_gid() == "nclue-curve"]
    styles = {(line.get_linestyle(), line.get_marker()) for line in curves}
    assert len(curves) == len(styles) == 3
    assert len({line.get_color() for line in curves}) == 3
    assert len(ax.lines) == 4, "the reference is drawn once"
    assert [entry.split(":")[0] for entry in legend(ax)[:3]] == ["first", "second", "third"]
    assert legend(ax)[3] in {"average", "random order", "calibrated"}
    assert all(line.get_ydata().max() <= ax.get_ylim()[1] for line in curves)
    assert ax.get_ylim()[0] == 0


def test_limits_that_the_user_has_set_are_kept(inputs, ax):
    ax.set_ylim(0, 9)
    plotting.plot_lift(*inputs, ax=ax)
    assert ax.get_ylim() == (0, 9)


def test_the_labels_of_the_distribution_differ_without_color(inputs, ax):
    plotting.plot_scores(*inputs, ax=ax)
    one, other = ax.patches
    assert one.get_linestyle() != other.get_linestyle()
    assert one.get_hatch() != other.get_hatch()


@pytest.mark.parametrize("plot", ALL)
def test_colors_are_those_of_the_user_s_style(plot, inputs):
    style = {"axes.prop_cycle": mpl.cycler(color=["#123456", "#abcdef"]), "axes.labelcolor": "red"}
    with mpl.rc_context(style):
        axes = plot(*inputs, ax=Figure().subplots())
    drawn = axes.lines[0].get_color() if axes.lines else axes.patches[0].get_edgecolor()
    assert mpl.rcParams["axes.labelcolor"] != "red", "the style is as it was"
    assert to_hex(drawn) == "#123456"


@pytest.mark.parametrize("plot", [plotting.plot_gain, plotting.plot_roc])
def test_a_curve_of_many_users_is_thinned_but_keeps_its_ends(plot, ax):
    rng = np.random.default_rng(1)
    n = 20_000
    scores = pd.DataFrame({"user_id": np.arange(n), "score": rng.random(n)})
    answers = pd.DataFrame({"user_id": np.arange(n), "label": rng.random(n) < 0.1})
    plot(scores, answers, ax=ax)
    x, y = ax.lines[0].get_data()
    assert x.size == 2_000
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)


def test_columns_may_have_other_names(inputs, ax):
    scores, answers = inputs
    renamed = scores.rename(columns={"user_id": "customer", "score": "p"})
    bought = answers.rename(columns={"user_id": "customer", "label": "bought"})
    for plot in ALL:
        plot(renamed, bought, ax=ax, user="customer", score="p", label="bought")


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


SMALL = """
import pandas as pd, sys
from nclue_pandas.plotting import plot_gain
scores = pd.DataFrame({"user_id": [1, 2], "score": [0.1, 0.9]})
answers = pd.DataFrame({"user_id": [1, 2], "label": [0, 1]})
"""


def test_importing_the_module_does_not_import_matplotlib():
    run(SMALL + "assert 'matplotlib' not in sys.modules")


def test_pyplot_is_left_alone_when_axes_are_given():
    run(
        SMALL + "from matplotlib.figure import Figure\n"
        "plot_gain(scores, answers, ax=Figure().subplots())\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )


def test_without_matplotlib_the_extra_is_named(inputs, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for plot in ALL:
        with pytest.raises(MissingExtraError, match=r"nclue-pandas\[plot\]"):
            plot(*inputs)
