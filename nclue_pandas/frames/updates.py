"""Only the users who changed: found among sequences, and their scores put into those of before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames.alignment import UserScores, require_unique_ids
from nclue_pandas.frames.columns import (
    find_column,
    one_column,
    read_chunks,
    require_frame,
    text_column,
)
from nclue_pandas.frames.cross_checks import Known
from nclue_pandas.frames.ids import encode_ids
from nclue_pandas.frames.pseudonyms import with_ids
from nclue_pandas.frames.reports import ATTRIBUTE, tell
from nclue_pandas.kernels.arrays import cast, pieces, take_rows
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.kernels.arrays import Flags

#: Sequences that are compared at a time.
_BLOCK_ROWS: Final = 1 << 16
_LEAD: Final = N_("These scores cannot be put together")


@named_options
def changed(
    sequences: pd.DataFrame,
    before: pd.DataFrame,
    *,
    user: str = "user_id",
    sequence: str = "sequence",
) -> pd.DataFrame:
    """Return the users that are new, or whose sequence is another than before.

    Score them alone, and put the scores into those of before with :func:`updated`: a score
    depends on the model and the user's own sequence. Everybody is billed once, not every night.

    Parameters
    ----------
    sequences : pandas.DataFrame
        One row per user, of today. It is not changed.
    before : pandas.DataFrame
        Of the last time, made with the same options.
    user, sequence : str
        Columns of both.

    Returns
    -------
    pandas.DataFrame
        Rows of `sequences` in their order; users and sequences are compared as text.

    Raises
    ------
    MissingColumnError
        When a column is not there.
    InvalidDataError
        When an id is null or there twice, with the rows.

    Warns
    -----
    NclueDataWarning
        When users of `before` are not in `sequences` any more, with their number.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"user_id": ["a", "b"], "sequence": ["tea", "milk"]})
    >>> today = pd.DataFrame({"user_id": ["b", "a", "c"], "sequence": ["milk", "tea->jam", "tea"]})
    >>> changed(today, before)["user_id"].tolist()
    ['a', 'c']
    """
    frames = [require_frame(sequences, "sequences"), require_frame(before, "before")]
    ids, known = (
        require_unique_ids(frame, user, name)
        for frame, name in zip(frames, ("sequences", "before"), strict=True)
    )
    texts, old = (sequence_texts(frame, sequence) for frame in frames)
    places = pc.index_in(ids, value_set=known)
    flags = ~places.is_valid().to_numpy(zero_copy_only=False)
    gone = len(known) - int(flags.size - flags.sum())
    for start, block in pieces(texts, _BLOCK_ROWS):
        was_there = np.flatnonzero(~flags[start : start + len(block)])
        rows = places.take(pa.array(start + was_there)).to_numpy()
        same = pc.equal(block.take(pa.array(was_there)), take_rows(old, rows)).fill_null(False)
        flags[start + was_there] = ~same.to_numpy(zero_copy_only=False)
    tell_gone(gone, len(known))
    found: pd.DataFrame = frames[0][flags]
    return found


@named_options
def updated(
    scores: pd.DataFrame,
    newer: pd.DataFrame,
    *,
    ids: pd.Series[Any] | Sequence[Any] | None = None,
    user: str = "user_id",
    score: str = "score",
) -> pd.DataFrame:
    """Put newer scores of some users into the scores of all.

    Parameters
    ----------
    scores : pandas.DataFrame
        Of the last time. It is not changed.
    newer : pandas.DataFrame
        Of the users that are new or changed, see :func:`changed`, by the same model.
    ids : Series, array or sequence, optional
        The users that there are now, for example ``sequences["user_id"]``: scores of others are
        left out, and each of these must have one. By default all of both are kept.
    user, score : str
        Columns of both frames.

    Returns
    -------
    pandas.DataFrame
        The rows of `scores` whose users are not in `newer`, then those of `newer`, in their
        order and with the columns of both. Ids that are of two types are text.

    Raises
    ------
    ConfigurationError
        When `ids` are no series, array or list.
    MissingColumnError
        When a column is not there.
    InvalidDataError
        When ids are null or there twice, scores null or not finite, or a user of `ids` has none.

    Warns
    -----
    NclueDataWarning
        When the scores are known to be of two models, which were trained on other answers.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame({"user_id": ["a", "b"], "score": [0.5, 0.25]})
    >>> newer = pd.DataFrame({"user_id": ["c", "a"], "score": [0.75, 1.0]})
    >>> updated(scores, newer).to_dict("list")
    {'user_id': ['b', 'c', 'a'], 'score': [0.25, 0.75, 1.0]}
    """
    frames = [require_frame(scores, "scores"), require_frame(newer, "newer")]
    wanted = None if ids is None else _wanted(ids)
    of_all, of_some = (
        UserScores.of(frame, user=user, score=score, lead=_LEAD).ids for frame in frames
    )
    old, new = (Known.of_scores(frame) for frame in frames)
    if old.trained and new.trained and (old.cutoff, old.trained) != (new.cutoff, new.trained):
        tell(
            _(
                "The scores and the newer ones are of models that were trained on other answers, "
                "so that they cannot be ranked together. Score all users with the newer model "
                "once."
            )
        )
    keep = [~_among(of_all, of_some), np.ones(len(of_some), dtype=bool)]
    if wanted is not None:
        _require_scores(wanted, of_all, of_some)
        keep = [
            flags & _among(each, wanted)
            for flags, each in zip(keep, (of_all, of_some), strict=True)
        ]
    if frames[0][user].dtype != frames[1][user].dtype:
        frames = [
            with_ids(frame, user, text_column(each))
            for frame, each in zip(frames, (of_all, of_some), strict=True)
        ]
    rows = [frame[flags] for frame, flags in zip(frames, keep, strict=True)]
    made = pd.concat([each for each in rows if len(each)] or rows[:1], ignore_index=True)
    made.attrs = {name: value for name, value in frames[1].attrs.items() if name != ATTRIBUTE}
    return made if new == Known() else replace(new, told=new.told and old.told).carry(made)


def tell_gone(gone: int, known: int) -> None:
    """Warn of users that are there no more."""
    if gone:
        tell(
            _(
                "{gone:,} of {known:,} users of before are not in these sequences any more. To "
                "leave out their scores, give updated() the ids that there are: ids=."
            ).format(gone=gone, known=known)
        )


def sequence_texts(frame: pd.DataFrame, sequence: str) -> pa.ChunkedArray:
    """Return the sequences of a frame as text."""
    texts = read_chunks(find_column(frame, sequence, "sequence"), "sequence").texts
    chunks = [cast(chunk, pa.large_string()) for chunk in texts.chunks]
    return pa.chunked_array(chunks, pa.large_string())


def _wanted(ids: object) -> pa.Array[Any]:
    given = one_column(ids)
    if given is None:
        raise ConfigurationError(
            _(
                "ids= must be a Series, an array or a list of ids, not {given}. Of a frame, give "
                "the column of the ids."
            ).format(given=type(ids).__name__)
        )
    return encode_ids(given, "ids").texts


def _among(ids: pa.Array[Any], known: pa.Array[Any]) -> Flags:
    flags: Flags = pc.is_in(ids, value_set=known).to_numpy(zero_copy_only=False)
    return flags


def _require_scores(wanted: pa.Array[Any], *scored: pa.Array[Any]) -> None:
    missing = ~np.logical_or.reduce([_among(wanted, ids) for ids in scored])
    if missing.any():
        raise InvalidDataError(
            _(
                "{count:,} of {users:,} users of ids= have no score, for example the one at "
                "position {place} of the distinct ids. Score them too: changed() finds the users "
                "that are new."
            ).format(
                count=int(missing.sum()), users=len(wanted), place=int(np.flatnonzero(missing)[0])
            )
        )
