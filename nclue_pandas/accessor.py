"""``df.nclue``: one short method per verb, no logic, no state.

pandas 3 builds the accessor anew at every ``df.nclue``, so making one costs nothing, and it never
raises: ``dir(df)`` and tab completion must work on every frame. What is wrong with a frame is
found by the verbs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from nclue_pandas.accessor_base import Verbs
from nclue_pandas.accessor_pictures import PictureVerbs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.frames.evaluation import Evaluation


class NclueAccessor(Verbs[pd.DataFrame], PictureVerbs):
    """The verbs of ``nclue_pandas`` as methods of a DataFrame.

    Each method delegates to the function of the same name, whose documentation has the details.

    Parameters
    ----------
    frame : pandas.DataFrame
        An event log, or a frame of sequences, answers or scores.
    """

    def split(
        self, *, test: float = 0.3, seed: int | str = 0, user: str = "user_id", label: str = "label"
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Split these answers into train and test users: :func:`nclue_pandas.split`.

        Parameters
        ----------
        test : float, default 0.3
            Share of test users.
        seed : int or str, default 0
            Another seed, another split.
        user, label : str
            Names of the columns.

        Returns
        -------
        tuple of pandas.DataFrame
            Train and test answers, of disjoint users.
        """
        from nclue_pandas.frames.splitting import split

        return split(self._frame, test=test, seed=seed, user=user, label=label)

    def pseudonymize(self, key: str | bytes, *, user: str = "user_id") -> pd.DataFrame:
        """Replace the ids by keyed pseudonyms: :func:`nclue_pandas.pseudonymize`.

        Parameters
        ----------
        key : str or bytes
            Secret, at least 16 bytes; needed again to join the results back.
        user : str
            Column of the ids.

        Returns
        -------
        pandas.DataFrame
            A copy with other ids.
        """
        from nclue_pandas.frames.pseudonyms import pseudonymize

        return pseudonymize(self._frame, key, user=user)

    def restore_ids(
        self, key: str | bytes, *, ids: Sequence[str] | pd.Series[Any], user: str = "user_id"
    ) -> pd.DataFrame:
        """Put the original ids back: :func:`nclue_pandas.restore_ids`.

        Parameters
        ----------
        key : str or bytes
            The one that :meth:`pseudonymize` was given.
        ids : sequence of str or Series
            The original ids.
        user : str
            Column of the pseudonyms.

        Returns
        -------
        pandas.DataFrame
            A copy with the original ids.
        """
        from nclue_pandas.frames.pseudonyms import restore_ids

        return restore_ids(self._frame, key, ids=ids, user=user)

    def evaluate(self, answers: pd.DataFrame, **options: Any) -> Evaluation:
        """Compare these scores with answers: :func:`nclue_pandas.evaluate`.

        Parameters
        ----------
        answers : pandas.DataFrame
            One row per user with a 0/1 label.
        **options
            As the function takes them.

        Returns
        -------
        Evaluation
            AUROC with a confidence interval, lift and gain by decile, counts.
        """
        from nclue_pandas.frames.evaluation import evaluate

        return evaluate(self._frame, answers, **options)


def register() -> None:
    """Register ``df.nclue``, silently also the second time (a reload, an autoreload).

    An accessor of the same name that is not ours is left to pandas, which warns.
    """
    present = pd.DataFrame.__dict__.get("nclue")
    accessor = getattr(present, "_accessor", None)
    if getattr(accessor, "__module__", None) == __name__:
        delattr(pd.DataFrame, "nclue")
    pd.api.extensions.register_dataframe_accessor("nclue")(NclueAccessor)
