"""What every job is to a user: a name, a state, waiting, deleting; a value that pickles.

A job holds its kind, its id, its name and a reference to its client that holds no secret. Nothing
but the methods that say so sends a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from nclue_pandas.contract import COMPLETED, COMPLETED_SPELLINGS, FAILED, REGISTERED
from nclue_pandas.errors import JobNotCancellableError
from nclue_pandas.jobs.failures import job_failed
from nclue_pandas.jobs.reference import ClientLike, ClientRef, resolve
from nclue_pandas.service.records import Record

if TYPE_CHECKING:
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
                f"job can be canceled. Wait until it is completed, then delete() it.",
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
