"""Several scores of the same users: AUROCs with their intervals, one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nclue_pandas.frames.columns import find_column
from nclue_pandas.plotting.canvas import (
    axes,
    curve,
    labeled,
    legend,
    name_axes,
    name_rows,
    reference,
    reference_style,
    short_dates,
)
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nclue_pandas.frames.backtest import Backtest


@named_options
def plot_comparison(comparison: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the AUROC of several scores with its interval, one below the other.

    Parameters
    ----------
    comparison : pandas.DataFrame
        As :func:`compare` returns it, or the ``baselines`` of an evaluation.
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    MissingColumnError
        When it is no comparison.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> from matplotlib.figure import Figure
    >>> answers = pd.DataFrame({"user_id": list("abcd"), "label": [1, 1, 0, 0]})
    >>> scores = pd.DataFrame({"user_id": list("abcd"), "score": [4, 2, 3, 1]})
    >>> table = nclue.compare({"recency": scores, "again": scores}, answers)
    >>> nclue.plot_comparison(table, ax=Figure().subplots()).get_xlabel()
    'AUROC'
    """
    middle, low, high = (
        find_column(comparison, name, "comparison").to_numpy(dtype=float)
        for name in ("auroc", "auroc_low", "auroc_high")
    )
    rows = np.arange(len(comparison))
    ax = axes(ax)
    ax.errorbar(middle, rows, xerr=np.array([middle - low, high - middle]), fmt="o", capsize=3)
    ax.axvline(middle[0], **reference_style())
    name_rows(ax, [str(name) for name in comparison.index])
    ax.invert_yaxis()
    ax.set_xlabel("AUROC")
    return ax


@named_options
def plot_backtest(backtest: Backtest, *, ax: Axes | None = None) -> Axes:
    """Draw the AUROC of the model, with its interval, and of what is free, over the cutoffs.

    Parameters
    ----------
    backtest : Backtest
        As :func:`backtest` returns it.
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    """
    ax, table = axes(ax), backtest.table
    at = table["cutoff"].to_numpy()
    auroc = {name: table[name].to_numpy(dtype=float) for name in ("auroc", *backtest.baselines)}
    line = curve(ax, at, auroc.pop("auroc"), _("model"))
    low, high = (table[name].to_numpy(dtype=float) for name in ("auroc_low", "auroc_high"))
    ax.vlines(at, low, high, color=line.get_color())
    for name, values in auroc.items():
        curve(ax, at, values, name)
    reference(ax, (at[0], at[-1]), (0.5, 0.5), _("random order"))
    name_axes(ax, _("Cutoff"), "AUROC")
    if table["cutoff"].dtype.kind == "M":
        short_dates(ax)
    legend(ax)
    return ax


def draw_lift(deciles: pd.DataFrame, *, ax: Axes | None = None, name: str | None = None) -> Axes:
    """Draw how many times more positives each tenth of the users holds than the average."""
    ax = axes(ax)
    lift = deciles["lift"].to_numpy()
    curve(
        ax,
        deciles["decile"].to_numpy(),
        lift,
        labeled(name, _("top decile {lift:.1f}x").format(lift=lift[0])),
    )
    reference(ax, (1, len(deciles)), (1, 1), _("average"))
    ax.set_xticks(deciles["decile"])
    name_axes(ax, _("Decile of users, highest scores first"), _("Lift"))
    ax.set_ylim(bottom=0, auto=None)
    legend(ax)
    return ax
