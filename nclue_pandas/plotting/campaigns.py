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
    name_axes,
    name_rows,
    name_ticks,
    percent,
    reference,
    reference_style,
)
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

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
    groups = [_("treatment"), _("control")]
    for place, name in enumerate(groups):
        rate, (low, high) = result.rates[place], result.rate_intervals[place]
        label = _("{name}: {rate} of {users}").format(
            name=name, rate=display.percent(rate), users=display.users(result.users[place])
        )
        line = curve(ax, np.array([float(place)]), np.array([rate]), label)
        ax.vlines(place, low, high, color=line.get_color(), linestyle=line.get_linestyle())
    low, high = (100 * bound for bound in result.difference_interval)
    apart = _("difference {difference:+.2f} points ({low:+.2f} to {high:+.2f})").format(
        difference=100 * result.difference, low=low, high=high
    )
    reference(ax, (0, 1), (result.rates[1], result.rates[1]), apart)
    ax.set(xlim=(-0.5, 1.5))
    name_axes(ax, y=_("Rate"))
    name_ticks(ax.xaxis, groups)
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
    of = _("{count} highest, {confidence:g} % intervals").format(
        count=display.count(found.highest), confidence=100 * found.confidence
    )
    (points,) = ax.plot(lift, places, "o", label=of)
    ax.hlines(places, low, high, color=points.get_color())
    ax.axvline(1, label=_("all users"), **reference_style())
    name_rows(ax, table["behavior"].tolist())
    ax.invert_yaxis()
    name_axes(ax, _("Lift: share among the highest over share among all"))
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
    looks = ((N_("before"), "-", ""), (N_("after"), "--", "///"))
    for place, (name, line, hatch) in enumerate(looks):
        shares = found.bins[f"share_{name}"].to_numpy()
        label = f"{_(name)}: {display.users(found.users[place])}"
        histogram(ax, shares, edges, label=label, line=line, hatch=hatch)
    index = _("stability index {index:.3f}: {verdict}")
    ax.plot([], [], " ", label=index.format(index=found.psi, verdict=found.verdict))
    name_axes(ax, _("Bin of scores before, lowest first"), _("Users"))
    ax.set_xticks(np.arange(len(found.bins)) + 1)
    percent(ax.yaxis)
    legend(ax)
    return ax
