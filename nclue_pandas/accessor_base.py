"""The verbs that every kind of frame has: ``df.nclue`` and ``ddf.nclue`` share them.

Each method delegates to the function of the same name, in the package that takes this kind of
frame; those that need an account are the same for all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from nclue_pandas.client import Client
    from nclue_pandas.frames.checks import CheckReport
    from nclue_pandas.frames.reports import Report
    from nclue_pandas.jobs.handles import Feature, Task
    from nclue_pandas.jobs.planning import Plan

FrameT = TypeVar("FrameT")


class Verbs(Generic[FrameT]):
    """From an event log to scores, as methods of a frame.

    Parameters
    ----------
    frame : DataFrame
        An event log, or a frame of sequences or answers.
    """

    #: The package whose functions take this kind of frame.
    _functions: ClassVar[str] = "nclue_pandas"

    def __init__(self, frame: FrameT) -> None:
        self._frame: Any = frame

    def _call(self, name: str, **options: Any) -> Any:
        return getattr(import_module(self._functions), name)(self._frame, **options)

    def to_sequences(
        self, *, user: str, time: str, behavior: str | Sequence[str], **options: Any
    ) -> FrameT:
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
        DataFrame
            ``user_id`` and ``sequence`` (string[pyarrow]), of the kind of this frame.
        """
        options |= {"user": user, "time": time, "behavior": behavior}
        made: FrameT = self._call("to_sequences", **options)
        return made

    def to_answers(self, **options: Any) -> FrameT:
        """Cut 0/1 answers from this log or these labels: :func:`nclue_pandas.to_answers`.

        Parameters
        ----------
        **options
            As the function takes them.

        Returns
        -------
        DataFrame
            ``user_id`` (string[pyarrow]) and ``label`` (int8[pyarrow]), of the kind of this frame.
        """
        made: FrameT = self._call("to_answers", **options)
        return made

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
        report: CheckReport = self._call("check", **columns)
        return report

    def report(self) -> Report | None:
        """Return what was dropped, cut and replaced: :func:`nclue_pandas.report`.

        Returns
        -------
        Report or None
            None when this frame carries no report.
        """
        found: Report | None = self._call("report")
        return found

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
            ``score_on``, ``test``, ``timeout``, ``client``; ``user``, ``sequence``, ``label``.

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
            ``score_on``, ``test``, ``client``; ``user``, ``sequence``, ``label``.

        Returns
        -------
        Plan
            Nothing is changed.
        """
        from nclue_pandas.api import plan

        return plan(self._frame, answers, name=name, **options)
