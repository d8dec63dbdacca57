"""Pictures as they are drawn, against stored ones.

Texts are left out: their shapes differ between versions of matplotlib and FreeType, and other
tests read them. ``pytest tests/plotting/test_images.py --draw-pictures`` stores them anew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
import matplotlib.image
import matplotlib.style
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text

import nclue_pandas as nclue
from nclue_pandas import plotting
from nclue_pandas.frames.campaign import result

STORED = Path(__file__).parent / "pictures"
#: Root mean square of the differences of 0..255: edges are smoothed a little differently.
TOLERANCE = 3.0


def scores_and_answers():
    """Scores that are good and scores that are worse, by formula: the same on every machine."""
    users = np.arange(1_200)
    chance = (users * 7_919 % 1_200) / 1_200
    labels = (users * 104_729 % 1_009) / 1_009 < chance**3
    worse = 0.6 * chance + 0.4 * ((users * 15_485_863 % 997) / 997)
    answers = pd.DataFrame({"user_id": users, "label": labels})
    good = pd.DataFrame({"user_id": users, "score": chance**2})
    return good, pd.DataFrame({"user_id": users, "score": worse**2}), answers


def sequences():
    lengths = np.unique(np.geomspace(1, 900, 600).round()).astype(int).repeat(3)
    lengths = lengths[(lengths * 31 % 97) < 90 - lengths // 12]
    return pd.DataFrame({"sequence": ["->".join(["running socks"] * each) for each in lengths]})


def jobs():
    start = pd.Timestamp("2026-11-02 09:00", tz="UTC")
    minutes = [(0, 18), (1, 21), (22, 58), (24, 66), (60, None), (70, None)]
    states = ["completed", "complete", "completed", "failed", "in_progress", "pending"]
    return pd.DataFrame(
        {
            "kind": ["Feature", "Feature", "Task", "Task", "Run", "Run"],
            "name": list("abcdef"),
            "status": states,
            "created_at": [start + pd.Timedelta(minutes=begun) for begun, _ in minutes],
            "completed_at": pd.to_datetime(
                [None if end is None else start + pd.Timedelta(minutes=end) for _, end in minutes]
            ),
        }
    )


def two(plot):
    def draw(ax):
        good, worse, answers = scores_and_answers()
        plot(good, answers, ax=ax, name="good")
        plot(worse, answers, ax=ax, name="worse")

    return draw


def distribution(ax):
    good, _, answers = scores_and_answers()
    plotting.plot_scores(good, answers, ax=ax)


def campaign(ax):
    result((1_800, 200), (270, 20), 0.95, 0.8).plot(ax=ax)


def behaviors(ax):
    good, _, _ = scores_and_answers()
    good["sequence"] = [
        "->".join(["a"] + ["b"] * (user % 3 == 0) + ["top"] * (user * 7_919 % 1_200 > 900))
        for user in range(len(good))
    ]
    nclue.behaviors(good, good).plot(ax=ax)


def drifted(ax):
    good, worse, _ = scores_and_answers()
    nclue.drift(good, worse).plot(ax=ax)


SCENES = {
    "behaviors": behaviors,
    "drift": drifted,
    "campaign": campaign,
    "lift": two(plotting.plot_lift),
    "gain": two(plotting.plot_gain),
    "roc": two(plotting.plot_roc),
    "calibration": two(plotting.plot_calibration),
    "scores": distribution,
    "sequence_lengths": lambda ax: plotting.plot_sequence_lengths(sequences(), ax=ax),
    "token_use": lambda ax: plotting.plot_token_use(sequences(), ax=ax),
    "timeline": lambda ax: plotting.plot_timeline(
        jobs(), ax=ax, now=datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
    ),
}


def draw(scene, path, style="default"):
    with mpl.style.context(style), mpl.rc_context({"savefig.dpi": 60, "figure.dpi": 60}):
        figure = Figure(figsize=(4, 3))
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.1, 0.1, 0.85, 0.85))
        scene(axes)
        axes.get_legend().remove()
        for text in figure.findobj(Text):
            text.set_visible(False)
        figure.savefig(path, metadata={"Software": None})


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_is_the_stored_one(name, tmp_path, request):
    stored = STORED / f"{name}.png"
    if request.config.getoption("--draw-pictures"):
        draw(SCENES[name], stored)
        pytest.skip("the picture was stored anew: look at it")
    draw(SCENES[name], tmp_path / stored.name)
    differs = compare_images(str(stored), str(tmp_path / stored.name), TOLERANCE)
    assert differs is None, differs


def test_another_picture_is_told_apart(tmp_path):
    """The tolerance is small enough: one curve more, or a thinner one, is another picture."""
    good, _, answers = scores_and_answers()
    draw(lambda ax: plotting.plot_roc(good, answers, ax=ax), tmp_path / "one.png")
    assert compare_images(str(STORED / "roc.png"), str(tmp_path / "one.png"), TOLERANCE)


@pytest.mark.parametrize("name", SCENES)
def test_what_the_stored_picture_shows_is_there_in_gray(name, tmp_path):
    """In a style without any color everything is drawn all the same."""
    draw(SCENES[name], tmp_path / "gray.png", style="grayscale")
    pixels = mpl.image.imread(tmp_path / "gray.png")[..., :3]
    assert np.ptp(pixels, axis=2).max() < 1 / 255, "no color"
    colored = mpl.image.imread(STORED / f"{name}.png")[..., :3].min(axis=2) < 0.9
    drawn = pixels.min(axis=2) < 0.9
    assert drawn.sum() > 0.9 * colored.sum()
