"""Scores as columns of any frame of users, one column for each model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from nclue_pandas.errors import ConfigurationError, InvalidDataError
from nclue_pandas.frames.columns import arrow_column, find_column
from nclue_pandas.frames.cross_checks import Known
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.reports import AnswerReport, SplitReport, report, tell_all
from nclue_pandas.kernels.hash import hash_ids
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from nclue_pandas.frames.alignment import UserScores

_LOOK = N_(
    "ids are compared as text ('0012' is not '12'), and scores of pseudonyms need restore_ids() "
    "first"
)


def check_new_columns(columns: Iterable[Any], names: Iterable[Any]) -> None:
    """Refuse to write over columns that are there."""
    present = {*columns}
    if taken := [name for name in names if name in present]:
        raise ConfigurationError(
            _(
                "The frame has a column {name!r} already. Give the scores another name, or drop "
                "the column first."
            ).format(name=taken[0])
        )


def with_scores(
    frame: pd.DataFrame, ids: pa.Array[Any], scores: Mapping[Any, UserScores]
) -> tuple[pd.DataFrame, dict[Any, int]]:
    """Return a copy of a frame with a column for each score, and how many rows have none.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any frame of users.
    ids : pyarrow.Array of string, shape (rows,)
        Its ids, as text.
    scores : mapping of hashable to UserScores
        By the name of the column.

    Returns
    -------
    copy : pandas.DataFrame
        The new columns are double[pyarrow], null where a row's user has no score.
    unmatched : dict of hashable to int
        How many rows those are, by name.
    """
    copy, unmatched = frame.assign(), {}  # a copy as the version of pandas makes them
    for name, each in scores.items():
        found, values = each.of_users(ids)
        column = arrow_column(pa.array(values, mask=~found), pa.float64())
        copy[name] = column.array
        unmatched[name] = int(found.size - found.sum())
    return copy, unmatched


def tell_unmatched(unmatched: Mapping[Any, int], rows: int) -> None:
    """Warn, once, of rows without a score.

    Raises
    ------
    InvalidDataError
        When no row has one.
    """
    for name, count in unmatched.items():
        if rows and count == rows:
            raise InvalidDataError(
                _(
                    "None of the {rows:,} rows is of a user that has a score of {name!r}: {look}."
                ).format(rows=rows, name=name, look=_(_LOOK))
            )
    part = _("{count:,} of {name!r}")
    missing = [part.format(count=count, name=name) for name, count in unmatched.items() if count]
    if missing:
        text = _("of {rows:,} rows some have no score, which is null there: {missing}")
        tell_all([text.format(rows=rows, missing=", ".join(missing))])


def tell_seen(frame: pd.DataFrame, user: Any, scores: Mapping[Any, pd.DataFrame]) -> None:
    """Warn, once, when scores are put beside the answers that their models were trained on."""
    told = report(frame)
    if not isinstance(told, AnswerReport | SplitReport):
        return
    known = {name: Known.of_scores(each) for name, each in scores.items()}
    ids = id_text(find_column(frame, user, "user")).drop_null()
    tell_all(_seen(known, told.cutoff, ids))


def _seen(known: Mapping[Any, Known], cutoff: str | None, ids: pa.Array[Any]) -> Iterator[str]:
    of_these = {name: each for name, each in known.items() if each.trained}
    hashes = hash_ids(ids) if of_these else None
    for name, each in of_these.items():
        share = 0.0 if hashes is None else each.share_trained_on(hashes)
        if share and each.cutoff == cutoff:
            yield _(
                "about {share:.1%} of the answers are of users that the model of {name!r} was "
                "trained on: another model that is trained on its scores trusts them too much. "
                "Take those of out_of_fold()"
            ).format(share=share, name=name)
