"""Sequences as they are: how long, and how much of the token budget they use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from nclue_pandas import display
from nclue_pandas.contract import BEHAVIOR_SEPARATOR, TOKENS_PER_USER
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.columns import find_column, require_frame, to_arrow
from nclue_pandas.frames.tokens import sequence_tokens
from nclue_pandas.kernels.arrays import is_text
from nclue_pandas.plotting.canvas import axes, histogram, legend, name_axes, reference_style
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

#: Bars of a histogram, at most; each is wider than the one before it by the same factor.
_BARS: Final = 30
#: Height of the picture over the highest bar: room for the legend.
_ROOM: Final = 1.35
_DASHES: Final = ("--", "-.")


@named_options
def plot_sequence_lengths(
    sequences: pd.DataFrame, *, ax: Axes | None = None, sequence: str = "sequence"
) -> Axes:
    """Draw how many behaviors the users have, on a logarithmic scale.

    Parameters
    ----------
    sequences : pandas.DataFrame
        One row per user, as :func:`to_sequences` makes it.
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.
    sequence : str
        Column of the sequences.

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on, with lines at the median and at the length that nine of ten users do
        not exceed.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    MissingColumnError, InvalidDataError
        When there is no column of texts of that name, or no sequence in it.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> sequences = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea->milk->tea", "milk"]})
    >>> ax = plot_sequence_lengths(sequences, ax=Figure().subplots())
    >>> ax.get_xlabel()
    'Behaviors in the sequence'
    """
    texts = _texts(sequences, sequence)
    lengths = pc.count_substring(texts, BEHAVIOR_SEPARATOR).to_numpy(zero_copy_only=False) + 1
    ax = axes(ax)
    _distribution(ax, lengths, display.users(lengths.size))
    for share, line in zip((0.5, 0.9), _DASHES, strict=True):
        reached = int(np.quantile(lengths, share, method="inverted_cdf"))
        of = _("{share:g} % of the users have at most {reached:,}").format(
            share=100 * share, reached=reached
        )
        ax.axvline(reached, **{**reference_style(), "linestyle": line}, label=of)
    name_axes(ax, _("Behaviors in the sequence"))
    legend(ax, "upper left")
    return ax


@named_options
def plot_token_use(
    sequences: pd.DataFrame,
    *,
    ax: Axes | None = None,
    sequence: str = "sequence",
    max_tokens: int = TOKENS_PER_USER,
) -> Axes:
    """Draw how much of the token budget the users' sequences take, on a logarithmic scale.

    Users near the budget are those whose oldest behaviors :func:`to_sequences` had to cut.

    Parameters
    ----------
    sequences : pandas.DataFrame
        One row per user, as :func:`to_sequences` makes it.
    ax : matplotlib.axes.Axes, optional
        What to draw on; by default a new figure's.
    sequence : str
        Column of the sequences.
    max_tokens : int, default 2048
        The budget: the service's limit for a user (NCLUE user guide).

    Returns
    -------
    matplotlib.axes.Axes
        What was drawn on. Tokens are estimated, as in :func:`to_sequences`.

    Raises
    ------
    MissingExtraError
        When matplotlib is not installed.
    MissingColumnError, InvalidDataError
        When there is no column of texts of that name, or no sequence in it.
    ConfigurationError
        When `max_tokens` is below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> sequences = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea->milk->tea", "milk"]})
    >>> ax = plot_token_use(sequences, ax=Figure().subplots())
    >>> ax.get_xlabel()
    'Estimated tokens of the sequence'
    """
    if max_tokens < 1:
        raise ConfigurationError(f"max_tokens={max_tokens!r}: give at least 1.")
    tokens = sequence_tokens(_texts(sequences, sequence))
    ax = axes(ax)
    used = tokens.sum() / tokens.size / max_tokens
    near = int((tokens > 0.9 * max_tokens).sum())
    average = _("{users}, {share:.1f} % used on average")
    _distribution(ax, tokens, average.format(users=display.users(tokens.size), share=100 * used))
    of = _("budget of {budget:,}; {users} above 90 % of it").format(
        budget=max_tokens, users=display.users(near)
    )
    ax.axvline(max_tokens, **{**reference_style(), "linestyle": "--"}, label=of)
    name_axes(ax, _("Estimated tokens of the sequence"))
    legend(ax, "upper left")
    return ax


def _texts(sequences: pd.DataFrame, name: str) -> pa.Array[Any]:
    """Return the sequences that are there."""
    column = to_arrow(find_column(require_frame(sequences, "sequences"), name, "sequence"))
    texts = column.drop_null()
    if not len(texts):
        raise InvalidDataError(f"Column {name!r} holds no sequence, so there is nothing to draw.")
    if not is_text(texts.type):
        raise InvalidDataError(f"Column {name!r} is {texts.type}, not text. Name it: sequence=.")
    return texts


def _distribution(ax: Axes, counts: NDArray[np.int64], label: str) -> None:
    """Draw whole numbers, at least 1, on a logarithmic scale."""
    from matplotlib.ticker import StrMethodFormatter

    # Between whole numbers, so that no bar is narrower than one of them.
    edges = np.unique(np.geomspace(counts.min(), counts.max() + 1, _BARS + 1).round()) - 0.5
    heights = np.histogram(counts, edges)[0]
    histogram(ax, heights, edges, label=label)
    if ax.get_autoscaley_on():
        ax.set_ylim(0, _ROOM * heights.max(), auto=True)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    name_axes(ax, y=_("Users"))
