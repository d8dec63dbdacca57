"""What every job is to a user: a name, a state, waiting, deleting; a value that pickles.

A job holds its kind, its id, its name and a reference to its client that holds no secret. Nothing
but the methods that say so sends a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self, TypeVar, cast

from nclue_pandas import display
from nclue_pandas.contract import COMPLETED, COMPLETED_SPELLINGS, FAILED, REGISTERED
from nclue_pandas.errors import JobNotCancellableError
from nclue_pandas.errors.codes import FAILURES, fail_code, job_failed
from nclue_pandas.jobs.reference import BoundedClient, ClientLike, ClientRef, resolve
from nclue_pandas.service.records import Record
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from nclue_pandas.deadline import Deadline
    from nclue_pandas.frames.cross_checks import Known
    from nclue_pandas.service.operations import Kind

R = TypeVar("R", bound=Record)


class Job(display.Shown, Generic[R]):
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
        self._users: int | None = None
        self._known: Known | None = None

    @classmethod
    def of(cls, record: R, client: ClientLike, known: Known | None = None) -> Self:
        """Make the handle of a record, of a job that was made of what is `known`."""
        job = cls(record.id, client, name=record.name, record=record)
        job._known = known
        return job

    @property
    def known(self) -> Known | None:
        """What the job was made of, as far as this handle was told: nothing after a look-up."""
        return self._known

    @property
    def client(self) -> ClientLike:
        """The client of the job's account; see :mod:`nclue_pandas.jobs.reference`."""
        if self._client is None:
            self._client = resolve(self._ref)
        return self._client

    def within(self, deadline: Deadline) -> Self:
        """Return another handle of the job, whose every request ends by a deadline."""
        bounded = BoundedClient(self.client, deadline)
        other = type(self)(self.id, bounded, name=self._name, record=self._record)
        other._users, other._known = self._users, self._known  # noqa: SLF001 - of the same class
        return other

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

    @property
    def users(self) -> int | None:
        """How many users the job should be about, as far as that is known here."""
        return self._users

    def expect(self, users: int | None) -> Self:
        """Let what the service counts be compared with so many users, now and later.

        Raises
        ------
        CountMismatchError
            When the job is completed and counts others.
        """
        if users is not None and users != self._users:
            self._users = users
            self._compare()
        return self

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
        from nclue_pandas.jobs.wait import wait

        wait([self], timeout=timeout)
        return self

    def raise_if_failed(self) -> None:
        """Raise :class:`JobFailed` when the last known state is failed."""
        if self.failed:
            raise job_failed(self.kind.title, self.id, self.name, self.record.fail_message)

    def raise_if_wrong(self) -> None:
        """Raise when the last known state is failed, or the job counts other users than were sent.

        Raises
        ------
        JobFailed, CountMismatchError
            The first of both that is so.
        """
        self.raise_if_failed()
        self._compare()

    def _compare(self) -> None:
        from nclue_pandas.jobs.counts import compare

        compare(self)

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
        return _unpickle, (type(self), self.id, self._name, self._ref, (self._users, self._known))

    def _card(self) -> display.Card:
        return job_card(self.kind.title, self.id, self._name, self._record)


def _unpickle(
    cls: type[Job[Any]],
    job_id: str,
    name: str | None,
    ref: ClientRef,
    told: tuple[int | None, Known | None] = (None, None),
) -> Job[Any]:
    job = cls.__new__(cls)
    job.id = job_id
    job._ref = ref  # noqa: SLF001 - the second half of __reduce__
    job._client = None  # noqa: SLF001
    job._name = name  # noqa: SLF001
    job._record = None  # noqa: SLF001
    job._users, job._known = told  # noqa: SLF001
    return job


#: Field of a record -> its label, and how its value is shown.
_FIELDS: Final[dict[str, tuple[str, Callable[[Any], str]]]] = {
    "auroc": ("AUROC", display.decimal),
    "user_count": (N_("Users"), display.count),
    "token_count": (N_("Tokens"), display.count),
    "line_count": (N_("Lines"), display.count),
    "disk_usage": (N_("Disk"), display.size),
    "feature_name": (N_("Feature"), str),
    "task_name": (N_("Task"), str),
    "train_feature_name": (N_("Feature"), str),
    "test_feature_name": (N_("Test feature"), str),
    "keywords": (N_("Keywords"), ", ".join),
}
#: Label -> the two fields that make an address on Object Storage.
_PLACES: Final = {
    N_("Sequences"): ("source_bucket", "source_file_path"),
    N_("Answers"): ("train_bucket", "train_file_path"),
    N_("Test answers"): ("test_bucket", "test_file_path"),
    N_("Result"): ("result_bucket", "result_file_path"),
}


def job_card(kind: str, job_id: str, name: str | None, record: Record | None) -> display.Card:
    """Describe a job by what is known of it: nothing is asked for."""
    title = f"{kind} {name!r}" if name else kind
    if record is None:
        return display.Card(title, _("not asked yet"), facts=[("Id", job_id)])
    status = COMPLETED if record.status in COMPLETED_SPELLINGS else record.status
    return display.Card(
        title,
        status or _("created"),
        _mood(status),
        [("Id", job_id), *_times(record), *_fields(record), *_places(record)],
        notes=_failure(record) if status == FAILED else (),
    )


def _mood(status: str | None) -> display.Mood | None:
    if status is None:
        return None
    if status == COMPLETED:
        return "good"
    return "bad" if status == FAILED else "busy"


def _times(record: Record) -> list[tuple[str, str]]:
    created: datetime | None = record.created_at
    ended: datetime | None = record.completed_at
    facts = []
    if created:
        facts.append((_("Created"), display.moment(created)))
    if ended:
        shown = display.moment(ended)
        if created:
            took = display.duration((ended - created).total_seconds())
            shown = _("{moment} (after {took})").format(moment=shown, took=took)
        facts.append((_("Completed"), shown))
    return facts


def _fields(record: Record) -> list[tuple[str, str]]:
    values = ((getattr(record, field, None), shown) for field, shown in _FIELDS.items())
    return [(_(label), show(value)) for value, (label, show) in values if value not in (None, ())]


def _places(record: Record) -> list[tuple[str, str]]:
    facts = []
    for label, (bucket, path) in _PLACES.items():
        if getattr(record, bucket, None) and getattr(record, path, None):
            facts.append((_(label), f"s3://{getattr(record, bucket)}/{getattr(record, path)}"))
    return facts


def _failure(record: Record) -> list[str]:
    said = record.fail_message or _("no reason")
    notes = [_("The service says: {message}").format(message=said)]
    failure = FAILURES.get(fail_code(record.fail_message) or "")
    if failure:
        notes += [
            _("Cause: {cause}").format(cause=_(failure.cause)),
            _("Remedy: {remedy}").format(remedy=_(failure.remedy)),
        ]
    return notes
