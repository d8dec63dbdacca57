"""Pictures of scores against answers, drawn with matplotlib (extra ``plot``).

Colors, fonts and sizes are those of the user's style. Curves also differ in line and marker, so
that they can be told apart in grayscale; draw several scores on one Axes to compare them::

    ax = nclue.plot_gain(recency, answers, name="recency")
    nclue.plot_gain(model, answers, name="model", ax=ax)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from nclue_pandas.errors.base import MissingExtraError
from nclue_pandas.frames import roc
from nclue_pandas.frames.alignment import align
from nclue_pandas.frames.evaluation import deciles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from nclue_pandas.frames.roc import Booleans, Floats

_LINES: Final = ("-", "--", "-.", ":")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_CURVE: Final = "nclue-curve"
_REFERENCE: Final = "nclue-reference"
#: More points than this make a curve slower to draw and no smoother.
_POINTS: Final = 2_000
_BINS: Final = 40
_FAINT: Final = 0.2


def plot_lift(
    scores: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    ax: Axes | None = None,
    name: str | None = None,
    user: str = "user_id",
    score: str = "score",
    label: str = "label",
) -> Axes:
    """Draw how many times more positives each tenth of the users holds than the average.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per user: `user`, `score`.
    answers : pandas.DataFrame
        One row per user: `user`, `label` (0/1 or bool).
    ax : matplotlib.axes.Axes, optional
        What to draw on, for example the Axes of another curve; by default a new figure's.
    name : str, optional
        Of the scores, for the legend.
    user, score, label : str
        Names of the columns.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    InvalidDataError
        As for :func:`evaluate`.
    """
    values, labels = _aligned(scores, answers, user=user, score=score, label=label)
    table = deciles(roc.ranking(values, labels))
    ax = _axes(ax)
    lift = table["lift"].to_numpy()
    _curve(ax, table["decile"].to_numpy(), lift, _label(name, f"top decile {lift[0]:.1f}x"))
    _reference(ax, (1, len(table)), (1, 1), "average")
    ax.set(xlabel="Decile of users, highest scores first", ylabel="Lift", xticks=table["decile"])
    ax.set_ylim(bottom=0, auto=None)
    _legend(ax)
    return ax


def plot_gain(
    scores: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    ax: Axes | None = None,
    name: str | None = None,
    user: str = "user_id",
    score: str = "score",
    label: str = "label",
) -> Axes:
    """Draw the share of all positives among the highest-scored users (cumulative gain).

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per user: `user`, `score`.
    answers : pandas.DataFrame
        One row per user: `user`, `label` (0/1 or bool).
    ax : matplotlib.axes.Axes, optional
        What to draw on, for example the Axes of another curve; by default a new figure's.
    name : str, optional
        Of the scores, for the legend.
    user, score, label : str
        Names of the columns.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    InvalidDataError
        As for :func:`evaluate`.
    """
    values, labels = _aligned(scores, answers, user=user, score=score, label=label)
    order = roc.ranking(values, labels)
    users = np.append(0, order.users) / labels.size
    gain = np.append(0, order.positives) / labels.sum()
    ax = _axes(ax)
    top = float(np.interp(0.1, users, gain))
    _curve(
        ax,
        users,
        gain,
        _label(name, f"first 10 % of users hold {100 * top:.0f} %"),
        marker_every=0.1,
    )
    _reference(ax, (0, 1), (0, 1), "random order")
    _shares(ax, "Users, highest scores first", "Positives found")
    return ax


def plot_roc(
    scores: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    ax: Axes | None = None,
    name: str | None = None,
    confidence: float = 0.95,
    user: str = "user_id",
    score: str = "score",
    label: str = "label",
) -> Axes:
    """Draw the receiver operating characteristic, its area in the legend.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per user: `user`, `score`.
    answers : pandas.DataFrame
        One row per user: `user`, `label` (0/1 or bool).
    ax : matplotlib.axes.Axes, optional
        What to draw on, for example the Axes of another curve; by default a new figure's.
    name : str, optional
        Of the scores, for the legend.
    confidence : float, default 0.95
        Of the area's interval in the legend.
    user, score, label : str
        Names of the columns.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    InvalidDataError
        As for :func:`evaluate`.
    """
    values, labels = _aligned(scores, answers, user=user, score=score, label=label)
    false, true = roc.roc_points(roc.ranking(values, labels))
    placements = roc.placements(values, labels)
    low, high = roc.interval(placements, confidence)
    ax = _axes(ax)
    area = f"AUROC {placements.auroc:.3f} ({low:.3f} to {high:.3f})"
    _curve(ax, false, true, _label(name, area), marker_every=0.1)
    _reference(ax, (0, 1), (0, 1), "random order")
    _shares(ax, "False positive rate", "True positive rate")
    ax.set_aspect("equal")
    return ax


def plot_scores(
    scores: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    ax: Axes | None = None,
    user: str = "user_id",
    score: str = "score",
    label: str = "label",
) -> Axes:
    """Draw the distribution of the scores of each label; each adds up to 100 %.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per user: `user`, `score`.
    answers : pandas.DataFrame
        One row per user: `user`, `label` (0/1 or bool).
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.
    user, score, label : str
        Names of the columns.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    InvalidDataError
        As for :func:`evaluate`.
    """
    values, labels = _aligned(scores, answers, user=user, score=score, label=label)
    ax = _axes(ax)
    edges = np.histogram_bin_edges(values, bins=_BINS)
    for which, line, hatch in ((False, "-", None), (True, "--", "///")):
        chosen = values[labels == which]
        share = np.histogram(chosen, edges)[0] / chosen.size
        name = f"label {int(which)} ({chosen.size:,} users)"
        patch = ax.stairs(share, edges, linestyle=line, hatch=hatch, label=name)
        patch.set(fill=True, facecolor=(*patch.get_edgecolor()[:3], _FAINT))
    ax.set(xlabel="Score", ylabel="Users of the label")
    _percent(ax.yaxis)
    _legend(ax)
    return ax


def _aligned(
    scores: pd.DataFrame, answers: pd.DataFrame, *, user: str, score: str, label: str
) -> tuple[Floats, Booleans]:
    aligned = align({"": scores}, answers, user=user, score=score, label=label)
    return aligned.scores[""], aligned.labels


def _axes(ax: Axes | None) -> Axes:
    """Return `ax`, or the Axes of a new figure."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        raise MissingExtraError.of("matplotlib", "plot", "Drawing") from error
    return plt.subplots()[1]


def _label(name: str | None, figure: str) -> str:
    return f"{name}: {figure}" if name else figure


def _curve(
    ax: Axes, x: Floats, y: Floats, label: str, *, marker_every: float | None = None
) -> None:
    """Draw a curve that differs in line and marker from those before it."""
    drawn = sum(line.get_gid() == _CURVE for line in ax.lines)
    shown = np.unique(np.linspace(0, x.size - 1, _POINTS).astype(int))
    ax.plot(
        x[shown],
        y[shown],
        linestyle=_LINES[drawn % len(_LINES)],
        marker=_MARKERS[drawn % len(_MARKERS)],
        markevery=marker_every,
        label=label,
        gid=_CURVE,
    )


def _reference(ax: Axes, x: tuple[float, float], y: tuple[float, float], label: str) -> None:
    """Draw, once on each Axes, what scores without information would give."""
    if any(line.get_gid() == _REFERENCE for line in ax.lines):
        return
    from matplotlib import rcParams

    color = rcParams["axes.labelcolor"]
    ax.plot(x, y, color=color, alpha=0.6, linestyle=(0, (1, 2)), label=label, gid=_REFERENCE)


def _shares(ax: Axes, x: str, y: str) -> None:
    ax.set(xlabel=x, ylabel=y, xlim=(0, 1), ylim=(0, 1.02))
    _percent(ax.xaxis)
    _percent(ax.yaxis)
    _legend(ax)


def _legend(ax: Axes) -> None:
    """Name the curves in the order they were drawn, then the reference."""
    handles, _ = ax.get_legend_handles_labels()
    ax.legend(handles=sorted(handles, key=lambda each: each.get_gid() == _REFERENCE))


def _percent(axis: Axis) -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1))
