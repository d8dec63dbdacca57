"""``ddf.nclue``: the same verbs on a Dask DataFrame.

Importing this registers the accessor. The functions of :mod:`nclue_pandas.frames` run inside the
partitions, after one shuffle by user; the client puts together what they tell.
"""

from __future__ import annotations

from nclue_pandas.errors import MissingExtraError

try:
    import dask.dataframe  # noqa: F401 - tells early, and with the extra's name, that it is missing
except ImportError as error:
    raise MissingExtraError.of(error.name or "dask", "dask", "nclue_pandas.dask") from error

from nclue_pandas.dask.accessor import DaskAccessor, register
from nclue_pandas.dask.changes import changed
from nclue_pandas.dask.datasets import check
from nclue_pandas.dask.files import read_parquet
from nclue_pandas.dask.first_look import inspect
from nclue_pandas.dask.following import add_scores, pseudonymize, restore_ids, split
from nclue_pandas.dask.free_scores import baselines
from nclue_pandas.dask.snapshots import to_snapshots
from nclue_pandas.dask.verbs import report, to_answers, to_sequences

__all__ = [
    "DaskAccessor",
    "add_scores",
    "baselines",
    "changed",
    "check",
    "inspect",
    "pseudonymize",
    "read_parquet",
    "report",
    "restore_ids",
    "split",
    "to_answers",
    "to_sequences",
    "to_snapshots",
]

register()
