"""Sequences on Dask that changed: told by hashes, two for each user, which the client compares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import dask.dataframe as dd
import numpy as np
from dask import compute, delayed

from nclue_pandas.dask.originals import other_rows, unconverted
from nclue_pandas.dask.pieces import Whole
from nclue_pandas.dask.routing import pattern
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.alignment import problems_of_ids, refuse_users
from nclue_pandas.frames.columns import find_column, require_frame
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.partitions import ROWS_TOLD
from nclue_pandas.frames.updates import sequence_texts, tell_gone
from nclue_pandas.kernels.hash import derive_key, hash_ids
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    import pandas as pd

    from nclue_pandas.kernels.arrays import Flags
    from nclue_pandas.kernels.hash import Hashes


@named_options
def changed(
    sequences: dd.DataFrame,
    before: dd.DataFrame | pd.DataFrame,
    *,
    user: str = "user_id",
    sequence: str = "sequence",
) -> dd.DataFrame:
    """Return the users on Dask that are new, or whose sequence is another than before.

    Hashes of ids and sequences are brought to the client, 16 bytes for each user; rows stay where
    they are, and are taken when the result is computed.

    Parameters
    ----------
    sequences : dask.dataframe.DataFrame
        One row per user, of today.
    before : dask.dataframe.DataFrame or pandas.DataFrame
        Of the last time, made with the same options.
    user, sequence : as on pandas
        See :func:`nclue_pandas.changed`.

    Returns
    -------
    dask.dataframe.DataFrame
        Rows of `sequences` in their order.

    Raises
    ------
    MissingColumnError, InvalidDataError
        As on pandas.

    Warns
    -----
    NclueDataWarning
        As on pandas.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> before = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea", "milk"]})
    >>> today = pd.DataFrame({"user_id": ["b", "a", "c"], "sequence": ["milk", "tea->jam", "tea"]})
    >>> changed(dd.from_pandas(today, npartitions=2), before)["user_id"].compute().tolist()
    ['a', 'c']
    """
    if not isinstance(sequences, dd.DataFrame):
        raise InvalidDataError(
            f"sequences must be a Dask DataFrame, not {type(sequences).__name__}."
        )
    if not isinstance(before, dd.DataFrame):
        before = dd.from_pandas(require_frame(before, "before"), npartitions=1, sort=False)
    now, old = (
        _Marks.of(unconverted(frame), user, sequence, name)
        for frame, name in ((sequences, "sequences"), (before, "before"))
    )
    order = np.argsort(old.ids)
    places = np.minimum(np.searchsorted(old.ids, now.ids, sorter=order), max(order.size - 1, 0))
    flags = np.ones(now.ids.size, dtype=bool)
    if order.size:
        rows = order[places]
        known = old.ids[rows] == now.ids
        flags = ~(known & (old.texts[rows] == now.texts) & now.present & old.present[rows])
        tell_gone(old.ids.size - int(known.sum()), old.ids.size)
    parts = np.split(flags, np.cumsum(now.lengths)[:-1])
    taken = [
        delayed(_rows)(part, own) for part, own in zip(sequences.to_delayed(), parts, strict=True)
    ]
    return dd.from_delayed(taken, meta=pattern(sequences), verify_meta=False)


@dataclass(frozen=True, eq=False)
class _Marks:
    """Hashes of ids and of sequences of a frame, and which sequences there are."""

    ids: Hashes
    texts: Hashes
    present: Flags
    lengths: list[int]

    @classmethod
    def of(cls, frame: dd.DataFrame, user: str, sequence: str, what: str) -> _Marks:
        """Look at all partitions, each of which stays where it is."""
        _mark(pattern(frame), user, sequence)
        parts = compute(*(delayed(_mark)(part, user, sequence) for part in frame.to_delayed()))
        null, ids, texts, present = (np.concatenate(each) for each in zip(*parts, strict=True))
        lengths = [each[0].size for each in parts]
        _, places, counts = np.unique(ids, return_inverse=True, return_counts=True)
        repeated = (counts[places] > 1) & ~null
        problems = [
            replace(each, rows=each.rows[:ROWS_TOLD], total=len(each.rows))
            if len(each.rows) > ROWS_TOLD
            else each
            for each in problems_of_ids(null, repeated, what)
        ]
        whole = Whole(frame, None, np.array(lengths, dtype=np.int64), {})
        refuse_users(problems, whole.fetch(problems).rows if problems else pattern(frame), what)
        return cls(ids, texts, present, lengths)


def _mark(part: pd.DataFrame, user: str, sequence: str) -> tuple[Flags, Hashes, Hashes, Flags]:
    ids = id_text(find_column(part, user, "user"))
    texts = sequence_texts(part, sequence)
    null = ids.is_null().to_numpy(zero_copy_only=False)
    present = texts.is_valid().to_numpy()
    key = derive_key("changed", "sequences")
    return null, hash_ids(ids.fill_null("")), hash_ids(texts.fill_null(""), key=key), present


def _rows(part: pd.DataFrame, flags: Flags) -> pd.DataFrame:
    if len(part) != flags.size:
        raise other_rows()
    return part[flags]
