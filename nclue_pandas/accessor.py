"""``df.nclue``: one short method per verb, no logic, no state.

pandas 3 builds the accessor anew at every ``df.nclue``, so making one costs nothing, and it never
raises: ``dir(df)`` and tab completion must work on every frame. What is wrong with a frame is
found by the verbs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from nclue_pandas.accessor_pictures import PictureVerbs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nclue_pandas.client import Client
    from nclue_pandas.frames.checks import CheckReport
    from nclue_pandas.frames.evaluation import Evaluation
    from nclue_pandas.frames.reports import Report
    from nclue_pandas.jobs.handles import Feature, Task
    from nclue_pandas.jobs.planning import Plan


class NclueAccessor(PictureVerbs):
    """The verbs of ``nclue_pandas`` as methods of a DataFrame.

    Each method delegates to the function of the same name, whose documentation has the details.

    Parameters
    ----------
    frame : pandas.DataFrame
        An event log, or a frame of sequences, answers or scores.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def to_sequences(
        self, *, user: str, time: str, behavior: str | Sequence[str], **options: Any
    ) -> pd.DataFrame:
        """Turn this event log into one sequence per user: :func:`nclue_pandas.to_sequences`.

        Parameters
        ----------
        user, time : str
            Columns of the user id and of the time.
        behavior : str or sequence of str
            Column of the behavior, or several with ``template=``.
        **options
            As the function takes them.

        Returns
        -------
        pandas.DataFrame
            ``user_id`` and ``sequence`` (string[pyarrow]).
        """
        from nclue_pandas.frames.sequences import to_sequences

        return to_sequences(self._frame, user=user, time=time, behavior=behavior, **options)

    def to_answers(self, **options: Any) -> pd.DataFrame:
        """Cut 0/1 answers from this log or these labels: :func:`nclue_pandas.to_answers`.

        Parameters
        ----------
        **options
            As the function takes them.

        Returns
        -------
        pandas.DataFrame
            ``user_id`` (string[pyarrow]) and ``label`` (int8[pyarrow]).
        """
        from nclue_pandas.frames.answers import to_answers

        return to_answers(self._frame, **options)

    def check(self, **columns: Any) -> CheckReport:
        """Find what the service would refuse in this frame: :func:`nclue_pandas.check`.

        Parameters
        ----------
        **columns
            Names of the columns, where they differ from the defaults.

        Returns
        -------
        CheckReport
            Every problem with its rows.
        """
        from nclue_pandas.frames.checks import check

        return check(self._frame, **columns)

    def report(self) -> Report | None:
        """Return what was dropped, cut and replaced: :func:`nclue_pandas.report`.

        Returns
        -------
        Report or None
            None when this frame carries no report.
        """
        from nclue_pandas.frames.reports import report

        return report(self._frame)

    def split(
        self, *, test: float = 0.3, seed: int = 0, user: str = "user_id", label: str = "label"
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Split these answers into train and test users: :func:`nclue_pandas.split`.

        Parameters
        ----------
        test : float, default 0.3
            Share of test users.
        seed : int, default 0
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

    def create_feature(
        self,
        name: str,
        *,
        user: str = "user_id",
        sequence: str = "sequence",
        client: Client | None = None,
    ) -> Feature:
        """Publish these sequences and create a Feature: :func:`nclue_pandas.create_feature`.

        Parameters
        ----------
        name : str
            Unique name, 1 to 100 characters.
        user, sequence : str
            Names of the columns.
        client : Client, optional
            By default the connected one.

        Returns
        -------
        Feature
            Created, not waited for.
        """
        from nclue_pandas.api import create_feature

        return create_feature(self._frame, name, user=user, sequence=sequence, client=client)

    def create_task(
        self,
        name: str,
        feature: Feature | str,
        *,
        test: pd.DataFrame | None = None,
        test_feature: Feature | str | None = None,
        user: str = "user_id",
        label: str = "label",
        client: Client | None = None,
    ) -> Task:
        """Publish these answers and create a Task: :func:`nclue_pandas.create_task`.

        Parameters
        ----------
        name : str
            Unique name, 1 to 100 characters.
        feature : Feature or str
            Holds the users; a handle, an id or a name.
        test : pandas.DataFrame, optional
            Answers to test on.
        test_feature : Feature or str, optional
            Holds the users of `test`; by default `feature`.
        user, label : str
            Names of the columns.
        client : Client, optional
            By default the one of `feature`, or the connected one.

        Returns
        -------
        Task
            Created, not waited for.
        """
        from nclue_pandas.api import create_task

        return create_task(
            self._frame,
            name,
            feature,
            test=test,
            test_feature=test_feature,
            user=user,
            label=label,
            client=client,
        )

    def predict(self, answers: pd.DataFrame, *, name: str, **options: Any) -> pd.DataFrame:
        """Run the whole chain from these sequences: :func:`nclue_pandas.predict`.

        Parameters
        ----------
        answers : pandas.DataFrame
            One row per user with a 0/1 label.
        name : str
            Where the names of the jobs begin.
        **options
            ``score_on``, ``test``, ``timeout``, ``client``.

        Returns
        -------
        pandas.DataFrame
            ``user_id`` (string[pyarrow]) and ``score`` (double[pyarrow]).
        """
        from nclue_pandas.api import predict

        return predict(self._frame, answers, name=name, **options)

    def plan(self, answers: pd.DataFrame, *, name: str, **options: Any) -> Plan:
        """Show what :meth:`predict` would do: :func:`nclue_pandas.plan`.

        Parameters
        ----------
        answers : pandas.DataFrame
            One row per user with a 0/1 label.
        name : str
            Where the names of the jobs begin.
        **options
            ``score_on``, ``test``, ``client``.

        Returns
        -------
        Plan
            Nothing is changed.
        """
        from nclue_pandas.api import plan

        return plan(self._frame, answers, name=name, **options)

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
