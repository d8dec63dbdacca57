"""Handles: Feature, Task, Run, ShoppingIntent and CustomAttributes, and what each can do.

A job found by its id or by its name.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload
from uuid import UUID

from nclue_pandas.errors import ConfigurationError, JobNotFoundError, NotFoundError
from nclue_pandas.jobs.job import Job, R
from nclue_pandas.service import operations
from nclue_pandas.service.records import (
    CustomAttributesRecord,
    FeatureRecord,
    RunRecord,
    ShoppingIntentRecord,
    TaskRecord,
)
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from nclue_pandas.jobs.reference import ClientLike


class _Figures(Job[R]):
    """A job whose vectors or model stay in the service: its result is its figures."""

    def result(self, timeout: float | None = None) -> pd.Series[Any]:
        """Wait, then return what the service reports of the job.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        pandas.Series
            The fields of the job's record, by name.
        """
        import pandas as pd

        from nclue_pandas.jobs.account import as_row

        self.wait(timeout)
        return pd.Series(as_row(self.record), name=self.name, dtype=object)


class _Scores(Job[R]):
    """A job that writes one score per user to the bucket."""

    @overload
    def result(
        self, timeout: float | None = None, *, engine: Literal["pandas"] = "pandas"
    ) -> pd.DataFrame: ...
    @overload
    def result(self, timeout: float | None = None, *, engine: str) -> Any: ...
    def result(self, timeout: float | None = None, *, engine: str = "pandas") -> Any:
        """Wait, then read the scores.

        Parameters
        ----------
        timeout : float, optional
            Seconds for waiting and reading together.
        engine : {"pandas", "dask"}
            What to read with. Dask reads pieces of the file in partitions, when they are
            computed, with keys of the workers' own environment.

        Returns
        -------
        pandas.DataFrame, or dask.dataframe.DataFrame
            ``user_id`` (string[pyarrow]) and ``score`` (double[pyarrow]), one row per user, in
            the file's order, and any further columns of the file.

        Raises
        ------
        JobFailed, JobTimeout
            See :meth:`wait`.
        CountMismatchError
            When the result does not have one row for each user. Dask tells it when a partition
            is computed.
        ResultNotFoundError, ResultFormatError
            When the file is not there, or is not TAB-separated text.
        ConfigurationError
            When there is no such engine.
        """
        from nclue_pandas.jobs.results import read_within, reader

        return read_within(self, timeout, reader(engine))

    def iter_result(self, timeout: float | None = None) -> Iterator[pd.DataFrame]:
        """Wait, then read the scores in batches, for files larger than memory.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Yields
        ------
        pandas.DataFrame
            As :meth:`result`, some rows at a time.

        Raises
        ------
        CountMismatchError
            After the last batch, when they do not have one row for each user.
        """
        from nclue_pandas.jobs.results import iterate

        self.wait(timeout)
        yield from iterate(self)


class Feature(_Figures[FeatureRecord]):
    """User representations, made from a sequence dataset; the vectors stay in the service."""

    kind = operations.FEATURE

    def custom_attributes(self, name: str, keywords: Sequence[str]) -> CustomAttributes:
        """Score every user's likeness to a set of keywords.

        Parameters
        ----------
        name : str
            Unique name of the profile, 1 to 100 characters.
        keywords : sequence of str
            Combined (AND) into one similarity; together at most 1,000 characters, without commas
            and newlines.

        Returns
        -------
        CustomAttributes
            Created, not waited for.
        """
        from nclue_pandas.jobs.create import make_custom_attributes

        return make_custom_attributes(self.client, name, self, keywords)


class Task(_Figures[TaskRecord]):
    """A 0/1 model on a Feature."""

    kind = operations.TASK

    @property
    def auroc(self) -> float | None:
        """The service's AUROC on its test answers, 0 to 1; None until the task is completed."""
        return self.record.auroc

    def run(self, feature: Feature | str, *, name: str | None = None) -> Run:
        """Score every user of a Feature.

        Parameters
        ----------
        feature : Feature or str
            A handle, an id or a name: the Task's own, or another (train on the past, score the
            present). The service answers ``IncompatibleModel`` (10113) where it does not allow
            that, most likely for a Feature of another NCLUE model.
        name : str, optional
            Unique name of the run; by default made from the names of task and feature.

        Returns
        -------
        Run
            Created, not waited for.
        """
        from nclue_pandas.jobs.create import make_run

        return make_run(self.client, name, self, as_job(self.client, Feature, feature))

    def shopping_intent(self, name: str) -> ShoppingIntent:
        """Profile the task's target group by similar NAVER users.

        Parameters
        ----------
        name : str
            Unique name of the profile, 1 to 100 characters.

        Returns
        -------
        ShoppingIntent
            Created, not waited for.
        """
        from nclue_pandas.jobs.create import make_shopping_intent

        return make_shopping_intent(self.client, name, self)


class Run(_Scores[RunRecord]):
    """The scores of a Task for every user of a Feature."""

    kind = operations.RUN


class CustomAttributes(_Scores[CustomAttributesRecord]):
    """Likeness of every user of a Feature to a set of keywords."""

    kind = operations.CUSTOM_ATTRIBUTES


class ShoppingIntent(Job[ShoppingIntentRecord]):
    """Estimated demographics and shopping interests of a Task's target group."""

    kind = operations.SHOPPING_INTENT

    def result(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait, then download the profile.

        Parameters
        ----------
        timeout : float, optional
            Seconds for waiting and reading together.

        Returns
        -------
        pandas.DataFrame
            Whatever columns the service writes, Arrow-backed.
        """
        from nclue_pandas.jobs.results import download, read_within

        return read_within(self, timeout, download)


HANDLES: dict[str, type[Job[Any]]] = {
    handle.kind.name: handle for handle in (Feature, Task, Run, ShoppingIntent, CustomAttributes)
}
JobT = TypeVar("JobT", bound=Job[Any])


def find_job(client: ClientLike, handle: type[JobT], id_or_name: str) -> JobT:
    """Return the job of an id (one request) or of a name (list pages until it is met).

    Raises
    ------
    JobNotFoundError
        When there is none; the message names those whose names are near.
    ConfigurationError
        When it is not text.
    """
    if not isinstance(id_or_name, str):
        raise ConfigurationError(
            f"The id or name of a {handle.kind.title} is text, not {type(id_or_name).__name__}."
        )
    found = _by_id(client, handle, id_or_name) if _is_id(id_or_name) else None
    return _by_name(client, handle, id_or_name) if found is None else found


def as_job(client: ClientLike, handle: type[JobT], given: JobT | str) -> JobT:
    """Return a handle as it is, or the job of an id or name.

    Raises
    ------
    JobNotFoundError
        As :func:`find_job`.
    ConfigurationError
        When it is neither, or a handle of another kind.
    """
    if isinstance(given, handle):
        return given
    if not isinstance(given, str):
        raise ConfigurationError(
            _(
                "A {kind} is given by its handle, its id or its name, not by {given}. "
                "client.get_{name}() finds the handle."
            ).format(kind=handle.kind.title, given=type(given).__name__, name=handle.kind.name)
        )
    return find_job(client, handle, given)


def _by_id(client: ClientLike, handle: type[JobT], job_id: str) -> JobT | None:
    try:
        return handle(job_id, client).refresh()
    except NotFoundError:
        return None


def _by_name(client: ClientLike, handle: type[JobT], name: str) -> JobT:
    names = []
    for record in handle.kind.iterate(client.service):
        if record.name == name:
            return handle.of(record, client)
        names.append(record.name or "")
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    guess = _("Did you mean {name}?").format(name=_(" or ").join(map(repr, near)))
    job_id = name if _is_id(name) else None
    missing = N_("There is no {kind} named {name!r} among the {count:,} of account {account}.")
    if job_id:
        missing = N_(
            "There is no {kind} with the id or name {name!r} among the {count:,} of account "
            "{account}."
        )
    told = _(missing).format(
        kind=handle.kind.title, name=name, count=len(names), account=client.ref.account
    )
    shown = _("client.list_{plural}() shows them.").format(plural=handle.kind.plural)
    raise JobNotFoundError(
        " ".join([told, guess, shown] if near else [told, shown]),
        kind=handle.kind.name,
        job_id=job_id,
        name=name,
    )


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return "-" in text
