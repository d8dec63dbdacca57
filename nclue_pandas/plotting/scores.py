"""Curves of scores against answers: lift, cumulative gain, ROC.

Scores as they are distributed, and as they keep what they promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from nclue_pandas.frames import statistics
from nclue_pandas.frames.evaluation import Choices, calibration, check_confidence, deciles
from nclue_pandas.plotting.canvas import (
    aligned,
    axes,
    curve,
    diagonal,
    histogram,
    labeled,
    legend,
    name_axes,
    percent,
    reference,
)
from nclue_pandas.plotting.comparisons import draw_lift
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@named_options
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

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> scores = pd.DataFrame({"user_id": list("abcd"), "score": [0.9, 0.8, 0.3, 0.1]})
    >>> answers = pd.DataFrame({"user_id": list("abcd"), "label": [1, 0, 1, 0]})
    >>> ax = plot_lift(scores, answers, ax=Figure().subplots())
    >>> ax.get_ylabel()
    'Lift'
    """
    values, labels = aligned(scores, answers, user=user, score=score, label=label)
    table = deciles(statistics.ranking(values, labels))
    return draw_lift(table, ax=ax, name=name)


@named_options
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

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> scores = pd.DataFrame({"user_id": list("abcd"), "score": [0.9, 0.8, 0.3, 0.1]})
    >>> answers = pd.DataFrame({"user_id": list("abcd"), "label": [1, 0, 1, 0]})
    >>> ax = plot_gain(scores, answers, ax=Figure().subplots())
    >>> ax.get_ylabel()
    'Positives found'
    """
    values, labels = aligned(scores, answers, user=user, score=score, label=label)
    order = statistics.ranking(values, labels)
    users = np.append(0, order.users) / labels.size
    gain = np.append(0, order.positives) / labels.sum()
    ax = axes(ax)
    top = float(np.interp(0.1, users, gain))
    curve(
        ax,
        users,
        gain,
        labeled(name, _("first 10 % of users hold {share:.0f} %").format(share=100 * top)),
        marker_every=0.1,
    )
    reference(ax, (0, 1), (0, 1), _("random order"))
    _shares(ax, _("Users, highest scores first"), _("Positives found"))
    return ax


@named_options
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

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> scores = pd.DataFrame({"user_id": list("abcd"), "score": [0.9, 0.8, 0.3, 0.1]})
    >>> answers = pd.DataFrame({"user_id": list("abcd"), "label": [1, 0, 1, 0]})
    >>> ax = plot_roc(scores, answers, ax=Figure().subplots())
    >>> ax.get_ylabel()
    'True positive rate'
    """
    values, labels = aligned(scores, answers, user=user, score=score, label=label)
    check_confidence(confidence)
    false, true = statistics.roc_points(statistics.ranking(values, labels))
    placements = statistics.placements(values, labels)
    low, high = statistics.interval(placements, confidence)
    ax = axes(ax)
    area = _("AUROC {auroc:.3f} ({low:.3f} to {high:.3f})").format(
        auroc=placements.auroc, low=low, high=high
    )
    curve(ax, false, true, labeled(name, area), marker_every=0.1)
    reference(ax, (0, 1), (0, 1), _("random order"))
    _shares(ax, _("False positive rate"), _("True positive rate"))
    ax.set_aspect("equal")
    return ax


def _shares(ax: Axes, x: str, y: str) -> None:
    ticks = np.linspace(0, 1, 6)
    ax.set(xlim=(0, 1), xticks=ticks, yticks=ticks)
    ax.set_ylim(0, 1.02, auto=True)
    name_axes(ax, x, y)
    percent(ax.xaxis, ax.yaxis)
    legend(ax, "lower right")


_BINS: Final = 40


@named_options
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

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> scores = pd.DataFrame({"user_id": list("abcd"), "score": [0.9, 0.8, 0.3, 0.1]})
    >>> answers = pd.DataFrame({"user_id": list("abcd"), "label": [1, 0, 1, 0]})
    >>> ax = plot_scores(scores, answers, ax=Figure().subplots())
    >>> ax.get_ylabel()
    'Users of the label'
    """
    values, labels = aligned(scores, answers, user=user, score=score, label=label)
    ax = axes(ax)
    edges = np.histogram_bin_edges(values, bins=_BINS)
    for which, line, hatch in ((False, "-", ""), (True, "--", "///")):
        chosen = values[labels == which]
        share = np.histogram(chosen, edges)[0] / chosen.size
        name = _("label {label} ({count:,} users)").format(label=int(which), count=chosen.size)
        histogram(ax, share, edges, label=name, line=line, hatch=hatch)
    name_axes(ax, _("Score"), _("Users of the label"))
    percent(ax.yaxis)
    legend(ax)
    return ax


@named_options
def plot_calibration(
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
    """Draw how often users are positive against how likely their scores call it.

    Scores that are probabilities lie on the diagonal; below it they promise too much.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per user: `user`, `score`, a probability.
    answers : pandas.DataFrame
        One row per user: `user`, `label` (0/1 or bool).
    ax : matplotlib.axes.Axes, optional
        What to draw on, for example the Axes of another curve; by default a new figure's.
    name : str, optional
        Of the scores, for the legend.
    confidence : float, default 0.95
        Of the Wilson interval of each group's rate, drawn as a bar.
    user, score, label : str
        Names of the columns.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on: ten groups of near-equal size, as in ``Evaluation.calibration``.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    InvalidDataError
        As for :func:`evaluate`, and for scores outside 0 to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> scores = pd.DataFrame({"user_id": list("abcd"), "score": [0.9, 0.8, 0.3, 0.1]})
    >>> answers = pd.DataFrame({"user_id": list("abcd"), "label": [1, 0, 1, 0]})
    >>> ax = plot_calibration(scores, answers, ax=Figure().subplots())
    >>> ax.get_ylabel()
    'Positives in the group'
    """
    values, labels = aligned(scores, answers, user=user, score=score, label=label)
    Choices(confidence, probabilities=True).are_probabilities(values)
    table = calibration(values, labels, confidence)
    x, y, low, high = (
        table[column].to_numpy() for column in ("mean_score", "rate", "rate_low", "rate_high")
    )
    brier = np.mean((values - labels) ** 2)
    ax = axes(ax)
    line = curve(ax, x, y, labeled(name, _("Brier score {brier:.3f}").format(brier=brier)))
    ax.vlines(x, low, high, color=line.get_color(), linestyle="-")
    diagonal(ax, _("calibrated"))
    name_axes(ax, _("Mean score of the group"), _("Positives in the group"))
    ax.set_xlim(left=0, auto=None)
    ax.set_ylim(bottom=0, auto=None)
    percent(ax.xaxis, ax.yaxis)
    legend(ax)
    return ax
