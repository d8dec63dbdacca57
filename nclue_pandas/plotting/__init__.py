"""Pictures of scores, sequences and jobs, drawn with matplotlib (extra ``plot``).

Colors, fonts and sizes are those of the user's style. Curves also differ in line and marker, and
bars in hatch, so that they can be told apart in grayscale; draw several scores on one Axes to
compare them::

    ax = nclue.plot_gain(recency, answers, name="recency")
    nclue.plot_gain(model, answers, name="model", ax=ax)
"""

from nclue_pandas.plotting.campaigns import plot_behaviors, plot_campaign, plot_drift
from nclue_pandas.plotting.canvas import MissingFontWarning
from nclue_pandas.plotting.comparisons import plot_backtest, plot_comparison
from nclue_pandas.plotting.scores import (
    plot_calibration,
    plot_gain,
    plot_lift,
    plot_roc,
    plot_scores,
)
from nclue_pandas.plotting.sequences import plot_sequence_lengths, plot_token_use
from nclue_pandas.plotting.timeline import plot_timeline

__all__ = [
    "MissingFontWarning",
    "plot_backtest",
    "plot_behaviors",
    "plot_calibration",
    "plot_campaign",
    "plot_comparison",
    "plot_drift",
    "plot_gain",
    "plot_lift",
    "plot_roc",
    "plot_scores",
    "plot_sequence_lengths",
    "plot_timeline",
    "plot_token_use",
]
