"""``ddf.nclue``: the verbs of every frame, on Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dask.dataframe as dd
from dask.dataframe.extensions import register_dataframe_accessor

from nclue_pandas.accessor import NclueAccessor, Verb, Verbs
from nclue_pandas.dask import (
    changes,
    datasets,
    first_look,
    following,
    free_scores,
    snapshots,
    verbs,
)


class DaskAccessor(Verbs[dd.DataFrame]):
    """The verbs of ``nclue_pandas`` as methods of a Dask DataFrame.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        An event log, or a frame of sequences or answers.
    """

    inspect = Verb(lambda: first_look.inspect, "nclue_pandas.dask")
    to_sequences = Verb(lambda: verbs.to_sequences, "nclue_pandas.dask")
    to_answers = Verb(lambda: verbs.to_answers, "nclue_pandas.dask")
    to_snapshots = Verb(lambda: snapshots.to_snapshots, "nclue_pandas.dask")
    baselines = Verb(lambda: free_scores.baselines, "nclue_pandas.dask")
    check = Verb(lambda: datasets.check, "nclue_pandas.dask")
    report = Verb(lambda: verbs.report, "nclue_pandas.dask")
    split = Verb(lambda: following.split, "nclue_pandas.dask")
    pseudonymize = Verb(lambda: following.pseudonymize, "nclue_pandas.dask")
    changed = Verb(lambda: changes.changed, "nclue_pandas.dask")
    add_scores = Verb(lambda: following.add_scores, "nclue_pandas.dask")
    restore_ids = Verb(lambda: following.restore_ids, "nclue_pandas.dask")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Say of a verb that only frames in memory have how to come by one."""
            if not name.startswith("_") and name in dir(NclueAccessor):
                raise AttributeError(
                    f"{name}() takes a frame in memory: ddf.compute().nclue.{name}(...). Of a "
                    "large log take the columns that are needed, or some of the users, first."
                )
            return super().__getattr__(name)


def register() -> None:
    """Register ``ddf.nclue``, silently also the second time (a reload, an autoreload).

    An accessor of the same name that is not ours is left to Dask, which warns.
    """
    present = getattr(dd.DataFrame, "nclue", None)
    if getattr(present, "__module__", None) == __name__:
        del dd.DataFrame.nclue
    register_dataframe_accessor("nclue")(DaskAccessor)
