"""Handles: Feature, Task, Run, ShoppingIntent and CustomAttributes.

A handle is a small value that pickles: its kind, its id, its name and a reference to its client
that holds no secret. Nothing but the methods that say so sends a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from nclue_pandas.contract import COMPLETED, COMPLETED_SPELLINGS, FAILED, REGISTERED
from nclue_pandas.errors import JobNotCancellableError
from nclue_pandas.jobs import kinds
from nclue_pandas.jobs.failures import job_failed
from nclue_pandas.jobs.reference import ClientLike, ClientRef, resolve
from nclue_pandas.service.records import (
    CustomAttributesRecord,
    FeatureRecord,
    Record,
    RunRecord,
    ShoppingIntentRecord,
    TaskRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from nclue_pandas.jobs.kinds import Kind

R = TypeVar("R", bound=Record)


class Job(Generic[R]):
    """What all handles have in common.

    Parameters
    ----------
    job_id : str
        The service's id.
    client : ClientLike
        The account that the job belongs to.
    name : str, optional
        The job's name, when it is known.
    record : Record, optional
        What the service last said of the job.
    """

    kind: ClassVar[Kind[Any]]

    def __init__(
        self,
        job_id: str,
        client: ClientLike,
        *,
        name: str | None = None,
        record: R | None = None,
    ) -> None:
        self.id = job_id
        self._ref = client.ref
        self._client: ClientLike | None = client
        self._name = name
        self._record = record

    @classmethod
    def of(cls, record: R, client: ClientLike) -> Self:
        """Make the handle of a record."""
        return cls(record.id, client, name=record.name, record=record)

    @property
    def client(self) -> ClientLike:
        """The client of the job's account; see :mod:`nclue_pandas.jobs.reference`."""
        if self._client is None:
            self._client = resolve(self._ref)
        return self._client

    @property
    def name(self) -> str | None:
        """The job's name, as far as it is known without a request."""
        return self._name

    @property
    def record(self) -> R:
        """What the service last said of the job; asked for when nothing is known yet."""
        if self._record is None:
            self.refresh()
        return cast("R", self._record)

    @property
    def status(self) -> str | None:
        """The state when the service was last asked, or None before that.

        Of the two spellings that the service uses for the end, ``"completed"``.
        """
        status = self._record.status if self._record is not None else None
        return COMPLETED if status in COMPLETED_SPELLINGS else status

    @property
    def completed(self) -> bool:
        """Whether the job was completed when the service was last asked."""
        return self.status == COMPLETED

    @property
    def failed(self) -> bool:
        """Whether the job had failed when the service was last asked."""
        return self.status == FAILED

    @property
    def finished(self) -> bool:
        """Whether the job was completed or failed when the service was last asked."""
        return self.completed or self.failed

    def take(self, record: R) -> None:
        """Take over what the service says of the job."""
        self._record = record
        self._name = record.name or self._name

    def refresh(self) -> Self:
        """Ask the service for the job's present state: one request."""
        self.take(self.kind.get(self.client.service, self.id))
        return self

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until the job is completed.

        Parameters
        ----------
        timeout : float, optional
            Seconds; without it there is no deadline.

        Returns
        -------
        Job
            This handle.

        Raises
        ------
        JobFailed
            With the documented cause and remedy of the service's message.
        JobTimeout
            When the deadline passes; the job goes on.
        """
        from nclue_pandas.jobs.waiting import wait

        wait([self], timeout=timeout)
        return self

    def raise_if_failed(self) -> None:
        """Raise :class:`JobFailed` when the last known state is failed."""
        if self.failed:
            raise job_failed(self.kind.title, self.id, self.name, self.record.fail_message)

    def delete(self) -> None:
        """Delete the job on the service: one request.

        Raises
        ------
        ApiError
            When it is being processed, or other jobs that use it are.
        """
        self.kind.delete(self.client.service, self.id)

    def cancel(self) -> None:
        """Cancel the job, which only works while it is registered: two requests.

        Raises
        ------
        JobNotCancellableError
            When it is past that state.
        """
        self.refresh()
        if self.status != REGISTERED:
            raise JobNotCancellableError(
                f"{self.kind.title} {self.name!r} ({self.id}) is {self.status}: only a registered "
                f"job can be cancelled. Wait until it is completed, then delete() it.",
                kind=self.kind.name,
                job_id=self.id,
                name=self.name,
            )
        self.delete()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and (self.kind, self.id, self._ref) == (
            other.kind,
            other.id,
            other._ref,
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.id, self._ref))

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle, (type(self), self.id, self._name, self._ref)

    def __repr__(self) -> str:
        from nclue_pandas.display import job_text

        return job_text(self.kind.title, self.id, self._name, self._record)

    def _repr_html_(self) -> str:
        from nclue_pandas.display import job_html

        return job_html(self.kind.title, self.id, self._name, self._record)


def _unpickle(cls: type[Job[Any]], job_id: str, name: str | None, ref: ClientRef) -> Job[Any]:
    job = cls.__new__(cls)
    job.id = job_id
    job._ref = ref  # noqa: SLF001 - the second half of __reduce__
    job._client = None  # noqa: SLF001
    job._name = name  # noqa: SLF001
    job._record = None  # noqa: SLF001
    return job


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

        from nclue_pandas.jobs.listing import as_row

        self.wait(timeout)
        return pd.Series(as_row(self.record), name=self.name, dtype=object)


class _Scores(Job[R]):
    """A job that writes one score per user to the bucket."""

    def result(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait, then read the scores.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        pandas.DataFrame
            ``user_id`` (string[pyarrow]) and ``score`` (double[pyarrow]), one row per user, in
            the file's order, and any further columns of the file.

        Raises
        ------
        JobFailed, JobTimeout
            See :meth:`wait`.
        ResultNotFoundError, ResultFormatError
            When the file is not there, or is not TAB-separated text.
        """
        from nclue_pandas.jobs.results import read

        self.wait(timeout)
        return read(self)

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
        """
        from nclue_pandas.jobs.results import iterate

        self.wait(timeout)
        yield from iterate(self)


class Feature(_Figures[FeatureRecord]):
    """User representations, made from a sequence dataset; the vectors stay in the service."""

    kind = kinds.FEATURE

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
        from nclue_pandas.jobs.making import make_custom_attributes

        return make_custom_attributes(self.client, name, self, keywords)


class Task(_Figures[TaskRecord]):
    """A 0/1 model on a Feature."""

    kind = kinds.TASK

    @property
    def auroc(self) -> float | None:
        """The service's AUROC on its test answers, 0 to 1; None until the task is completed."""
        return self.record.auroc

    def run(self, feature: Feature, *, name: str | None = None) -> Run:
        """Score every user of a Feature.

        Parameters
        ----------
        feature : Feature
            The Task's own, or another (train on the past, score the present), where the service
            allows it: it answers ``IncompatibleModel`` (10113) where not.
        name : str, optional
            Unique name of the run; by default made from the names of task and feature.

        Returns
        -------
        Run
            Created, not waited for.
        """
        from nclue_pandas.jobs.making import make_run

        return make_run(self.client, name, self, feature)

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
        from nclue_pandas.jobs.making import make_shopping_intent

        return make_shopping_intent(self.client, name, self)


class Run(_Scores[RunRecord]):
    """The scores of a Task for every user of a Feature."""

    kind = kinds.RUN


class CustomAttributes(_Scores[CustomAttributesRecord]):
    """Likeness of every user of a Feature to a set of keywords."""

    kind = kinds.CUSTOM_ATTRIBUTES


class ShoppingIntent(Job[ShoppingIntentRecord]):
    """Estimated demographics and shopping interests of a Task's target group."""

    kind = kinds.SHOPPING_INTENT

    def result(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait, then download the profile.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Returns
        -------
        pandas.DataFrame
            Whatever columns the service writes, Arrow-backed.
        """
        from nclue_pandas.jobs.results import download

        self.wait(timeout)
        return download(self)


HANDLES: dict[str, type[Job[Any]]] = {
    handle.kind.name: handle for handle in (Feature, Task, Run, ShoppingIntent, CustomAttributes)
}
