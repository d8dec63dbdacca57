"""Results of decisions: what a campaign brought, what the highest do, how far two runs differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nclue_pandas import display
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.plotting.canvas import (
    axes,
    curve,
    histogram,
    legend,
    name_rows,
    percent,
    reference,
    reference_style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nclue_pandas.frames.behavior_lift import BehaviorLift
    from nclue_pandas.frames.campaign import Campaign
    from nclue_pandas.frames.drift import Drift


def plot_campaign(result: Campaign, *, ax: Axes | None = None) -> Axes:
    """Draw the rates of the addressed users and of the control group with their intervals.

    Parameters
    ----------
    result : Campaign
        As :func:`measure` returns it.
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on; the difference and its interval are in the legend.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    ax = axes(ax)
    for place, name in enumerate(("treatment", "control")):
        rate, (low, high) = result.rates[place], result.rate_intervals[place]
        label = f"{name}: {display.percent(rate)} of {display.counted(result.users[place], 'user')}"
        line = curve(ax, np.array([float(place)]), np.array([rate]), label)
        ax.vlines(place, low, high, color=line.get_color(), linestyle=line.get_linestyle())
    low, high = (100 * bound for bound in result.difference_interval)
    apart = f"difference {100 * result.difference:+.2f} points ({low:+.2f} to {high:+.2f})"
    reference(ax, (0, 1), (result.rates[1], result.rates[1]), apart)
    ax.set(xlim=(-0.5, 1.5), xticks=[0, 1], ylabel="Rate")
    ax.set_xticklabels(["treatment", "control"])
    top = max(high for _, high in result.rate_intervals)
    ax.set_ylim(0, 1.4 * top)
    percent(ax.yaxis)
    legend(ax, "upper left")
    return ax


def plot_behaviors(found: BehaviorLift, *, ax: Axes | None = None, rows: int = 10) -> Axes:
    """Draw the lift of the first behaviors with its interval, one below the other.

    Parameters
    ----------
    found : BehaviorLift
        As :func:`behaviors` returns it.
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.
    rows : int, default 10
        Behaviors to draw.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    InvalidDataError
        When there is no behavior of enough users.
    ConfigurationError
        When `rows` is below 1.
    """
    if rows < 1:
        raise ConfigurationError(f"rows={rows!r}: give at least 1.")
    table = found.table.head(rows)
    if not len(table):
        raise InvalidDataError(
            f"No behavior is of {display.counted(found.min_users, 'user')} or more, so there is "
            "nothing to draw. Give a lower min_users= where the behaviors are found."
        )
    ax = axes(ax)
    lift, low, high = (table[name].to_numpy() for name in ("lift", "lift_low", "lift_high"))
    places = np.arange(len(table))
    of = f"{display.count(found.highest)} highest, {100 * found.confidence:g} % intervals"
    (points,) = ax.plot(lift, places, "o", label=of)
    ax.hlines(places, low, high, color=points.get_color())
    ax.axvline(1, label="all users", **reference_style())
    name_rows(ax, table["behavior"].tolist())
    ax.invert_yaxis()
    ax.set(xlabel="Lift: share among the highest over share among all")
    ax.set_xlim(left=0, auto=None)
    legend(ax, "lower right")
    return ax


def plot_drift(found: Drift, *, ax: Axes | None = None) -> Axes:
    """Draw the share of the users in each bin of scores before and after.

    Parameters
    ----------
    found : Drift
        As :func:`drift` returns it.
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on; the stability index is in the legend.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    ax = axes(ax)
    edges = np.linspace(0.5, len(found.bins) + 0.5, len(found.bins) + 1)
    for place, (name, line, hatch) in enumerate((("before", "-", ""), ("after", "--", "///"))):
        shares = found.bins[f"share_{name}"].to_numpy()
        users = display.counted(found.users[place], "user")
        histogram(ax, shares, edges, label=f"{name}: {users}", line=line, hatch=hatch)
    ax.plot([], [], " ", label=f"stability index {found.psi:.3f}: {found.verdict}")
    ax.set(xlabel="Bin of scores before, lowest first", ylabel="Users")
    ax.set_xticks(np.arange(len(found.bins)) + 1)
    percent(ax.yaxis)
    legend(ax)
    return ax
