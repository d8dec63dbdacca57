"""``df.nclue``: each verb is the function of that name; no logic, no state.

pandas 3 builds the accessor anew at every ``df.nclue``, so making one costs nothing, and it never
raises: ``dir(df)`` and tab completion must work on every frame. What is wrong with a frame is
found by the verbs.
"""

from __future__ import annotations

import pandas as pd

from nclue_pandas.accessor_base import Verb, Verbs


class NclueAccessor(Verbs[pd.DataFrame]):
    """The verbs of ``nclue_pandas`` as methods of a DataFrame.

    Each is the function of the same name, on this frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        An event log, or a frame of sequences, answers or scores.
    """

    split = Verb()
    pseudonymize = Verb()
    restore_ids = Verb()
    evaluate = Verb()
    plot_lift = Verb()
    plot_gain = Verb()
    plot_roc = Verb()
    plot_scores = Verb()
    plot_calibration = Verb()
    plot_sequence_lengths = Verb()
    plot_token_use = Verb()
    plot_timeline = Verb()


def register() -> None:
    """Register ``df.nclue``, silently also the second time (a reload, an autoreload).

    An accessor of the same name that is not ours is left to pandas, which warns.
    """
    present = pd.DataFrame.__dict__.get("nclue")
    accessor = getattr(present, "_accessor", None)
    if getattr(accessor, "__module__", None) == __name__:
        delattr(pd.DataFrame, "nclue")
    pd.api.extensions.register_dataframe_accessor("nclue")(NclueAccessor)
