"""Users in folds, and the score that each has of a model that was trained without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors import ConfigurationError
from nclue_pandas.frames.alignment import UserScores
from nclue_pandas.frames.columns import arrow_column, text_column
from nclue_pandas.kernels.hash import derive_key, hash_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_FEWEST: Final = 2
_MOST: Final = 100
_HALF: Final = np.uint64(32)


@dataclass(frozen=True)
class Folds:
    """Into how many parts users are put, and how.

    Parameters
    ----------
    count : int
        From 2 to 100.
    seed : int or str
        Another seed, other folds.

    Raises
    ------
    ConfigurationError
        When one of them is something else.
    """

    count: int
    seed: int | str

    def __post_init__(self) -> None:
        count: object = self.count
        if not isinstance(count, int) or isinstance(count, bool) or not _FEWEST <= count <= _MOST:
            raise ConfigurationError(f"folds={count!r}: give a whole number from 2 to 100.")
        seed: object = self.seed
        if not isinstance(seed, int | str) or isinstance(seed, bool):
            raise ConfigurationError(f"seed={seed!r}: give a whole number or a text.")

    def of_users(self, ids: pa.Array[Any]) -> NDArray[np.int8]:
        """Return the fold of each id, from 0: a hash of seed and id, and of nothing else.

        Examples
        --------
        >>> folds = Folds(5, seed=0)
        >>> folds.of_users(pa.array(["a0", "a1", "a2", "a3"])).tolist()
        [4, 0, 2, 4]
        """
        hashes = hash_ids(ids, key=derive_key("folds", self.seed))
        return ((hashes >> _HALF) * np.uint64(self.count) >> _HALF).astype(np.int8)


def held_out(
    ids: pa.Array[Any], labeled: pa.Array[Any], folds: Folds, scores: Iterable[pd.DataFrame]
) -> pd.DataFrame:
    """Put together the scores of all models.

    Parameters
    ----------
    ids : pyarrow.Array of string
        All users, each once.
    labeled : pyarrow.Array of string
        Those with a label.
    folds : Folds
        Which model did not see whom.
    scores : iterable of pandas.DataFrame
        Of every model in the order of the folds, each for all users.

    Returns
    -------
    pandas.DataFrame
        ``user_id``, ``score``: of the model that did not see the user, or of all the mean; and
        ``fold`` (int8), null for users without a label.
    """
    fold = np.where(
        pc.is_in(ids, value_set=labeled).to_numpy(zero_copy_only=False),
        folds.of_users(ids),
        np.int8(-1),
    )
    values, total = np.empty(len(ids)), np.zeros(len(ids))
    for number, frame in enumerate(scores):
        _, found = UserScores.of(frame, user="user_id", score="score").of_users(ids)
        values[fold == number] = found[fold == number]
        total += found
    values[fold < 0] = total[fold < 0] / folds.count
    return pd.DataFrame(
        {
            "user_id": text_column(ids),
            "score": arrow_column(pa.array(values), pa.float64()),
            "fold": arrow_column(pa.array(fold, mask=fold < 0), pa.int8()),
        }
    )
