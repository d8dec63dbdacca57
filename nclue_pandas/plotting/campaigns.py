"""Results of decisions: what a campaign brought, what the highest do, how far two runs differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nclue_pandas import display
from nclue_pandas.plotting.canvas import axes, curve, legend, percent, reference

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from nclue_pandas.frames.campaign import Campaign


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
