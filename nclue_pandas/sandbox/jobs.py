"""The jobs of the service: made, aged by the clock, worked off, told of, deleted."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.contract import COMPLETED, FAILED, IN_PROGRESS, PENDING, REGISTERED
from nclue_pandas.sandbox.datasets import Failed
from nclue_pandas.sandbox.refusals import nclue, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from nclue_pandas.sandbox.settings import SandboxSettings

FEATURE: Final = "feature"
TASK: Final = "task"
RUN: Final = "run"
SHOPPING_INTENT: Final = "shopping_intent"
CUSTOM_ATTRIBUTES: Final = "custom_attributes"
KINDS: Final = (FEATURE, TASK, RUN, SHOPPING_INTENT, CUSTOM_ATTRIBUTES)

#: Kind -> code of a refusal because of the job's own state.
PROCESSING: Final = {
    FEATURE: 10114,
    TASK: 10115,
    RUN: 10116,
    SHOPPING_INTENT: 10117,
    CUSTOM_ATTRIBUTES: 10117,
}
#: Fields of a create request for a task that are given together or not at all.
TEST_FIELDS: Final = ("test_feature_id", "test_bucket", "test_file_path")
_IN_USE: Final = {FEATURE: 10134, TASK: 10135}
#: Shares of a job's time after which it is pending, and in progress.
_PENDING_FROM, _IN_PROGRESS_FROM = 0.25, 0.5


@dataclass(eq=False)
class Job:
    """One job.

    Parameters
    ----------
    kind, id, name : str
        What it is.
    created : float
        Seconds since the epoch, on the service's clock.
    request : dict
        The fields that it was created with.
    uses : tuple of Job
        The features and tasks that it depends on.
    state : str
        Of the life cycle.
    finished : float or None
        When it was completed or failed.
    fail_message : str or None
        Why it failed.
    figures : dict
        Fields of the answer that the work brings.
    product : object
        What other jobs need of it: representations, a model, a profile.
    """

    kind: str
    id: str
    name: str
    created: float
    request: dict[str, Any]
    uses: tuple[Job, ...] = ()
    state: str = REGISTERED
    finished: float | None = None
    fail_message: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)
    product: Any = None

    @property
    def done(self) -> bool:
        """Whether it was completed or failed."""
        return self.finished is not None


class Registry:
    """All jobs of the account.

    Parameters
    ----------
    settings : callable
        Gives the present settings.
    work : callable
        Does a job's work: fills its figures and its product, or raises :class:`Failed`.
    """

    def __init__(
        self, settings: Callable[[], SandboxSettings], work: Callable[[Job], None]
    ) -> None:
        self._settings = settings
        self._work = work
        self._jobs: dict[str, dict[str, Job]] = {kind: {} for kind in KINDS}
        self._failures: dict[str, deque[str]] = {kind: deque() for kind in KINDS}
        self._random = random.Random(settings().seed)  # noqa: S311 - ids that repeat with the seed
        self._deleted: list[tuple[Job, float]] = []
        self._ahead = 0.0
        #: When the last finished task was finished: the next one begins no sooner.
        self._tasks_free = 0.0
        self.lock = threading.RLock()

    def clear(self) -> None:
        """Forget all jobs, and the failures that wait for one."""
        with self.lock:
            self._deleted.clear()
            for kind in KINDS:
                self._jobs[kind].clear()
                self._failures[kind].clear()

    def now(self) -> float:
        """Return the time that jobs age by, in seconds since the epoch."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let jobs age by so many seconds at once."""
        self._ahead += seconds

    def fail_next(self, kind: str, message: str) -> None:
        """Let the next job of a kind that is worked off fail with this message."""
        self._failures[kind].append(message)

    def check_name(self, kind: str, name: str) -> None:
        """Refuse a name that another job of the kind has."""
        if any(job.name == name for job in self._jobs[kind].values()):
            raise nclue(10102, name)

    def add(self, kind: str, name: str, request: dict[str, Any], uses: tuple[Job, ...]) -> Job:
        """Register a job."""
        job_id = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        job = Job(kind, job_id, name, self.now(), request, uses)
        self._jobs[kind][job_id] = job
        return job

    def get(self, kind: str, job_id: str) -> Job:
        """Return a job in its present state.

        Raises
        ------
        Refusal
            When there is none of that id.
        """
        job = self._jobs[kind].get(job_id)
        if job is None:
            profile = kind in {SHOPPING_INTENT, CUSTOM_ATTRIBUTES}
            raise nclue(10124, job_id) if profile else not_found(kind)
        self._age(kind)
        return job

    def completed(self, kind: str, job_id: str) -> Job:
        """Return a job that others may use.

        Raises
        ------
        Refusal
            When it is not completed.
        """
        job = self.get(kind, job_id)
        if job.state != COMPLETED:
            raise nclue(PROCESSING[kind], f"{kind} {job.name} is {job.state}")
        return job

    def all(self, kind: str) -> list[Job]:
        """Return the jobs of a kind as lists show them: late, where they lag."""
        self._age(kind)
        shown_until = self.now() - self._settings().list_lag
        self._deleted = [(job, when) for job, when in self._deleted if when > shown_until]
        gone = [job for job, _ in self._deleted if job.kind == kind]
        jobs = sorted([*gone, *self._jobs[kind].values()], key=lambda job: job.created)
        shown = [job for job in reversed(jobs) if job.created <= shown_until]
        if self._settings().list_order == "oldest":
            shown.reverse()
        elif self._settings().list_order == "shuffled":
            shown.sort(key=lambda job: job.id)
        return shown

    def delete(self, kind: str, job_id: str) -> None:
        """Delete a job, or cancel it while it is registered.

        Raises
        ------
        Refusal
            When it is being processed, or others that use it are not finished.
        """
        job = self.get(kind, job_id)
        processed = job.state in {PENDING, IN_PROGRESS}
        if processed and self._settings().delete_processing == "refuse":
            raise nclue(PROCESSING[kind], f"{kind} {job.name} is {job.state}")
        for other_kind in KINDS:
            self._age(other_kind)
            for other in self._jobs[other_kind].values():
                if job in other.uses and not other.done:
                    raise nclue(_IN_USE[kind], f"{other_kind} {other.name} is {other.state}")
        del self._jobs[kind][job_id]
        self._deleted.append((job, self.now()))

    def disk_usage(self) -> int:
        """Return the bytes that all jobs take in the service's own storage."""
        jobs = (job for kind in KINDS for job in self._jobs[kind].values())
        return sum(job.figures.get("disk_usage", 0) for job in jobs)

    def _age(self, kind: str) -> None:
        """Bring the jobs of a kind to their present state; tasks one at a time, in order."""
        seconds = self._settings().job_seconds
        free = self._tasks_free
        for job in [job for job in self._jobs[kind].values() if not job.done]:
            start = max(job.created, free) if kind == TASK else job.created
            self._step(job, start, seconds)
            waits = start > job.created and self._settings().waiting_task == PENDING
            if waits and job.state == REGISTERED:
                job.state = PENDING
            free = start + seconds
            if kind == TASK and job.done:
                self._tasks_free = free

    def _step(self, job: Job, start: float, seconds: float) -> None:
        elapsed = self.now() - start
        if elapsed >= seconds:
            self._finish(job, start + seconds)
        elif elapsed >= seconds * _IN_PROGRESS_FROM:
            job.state = IN_PROGRESS
        elif elapsed >= seconds * _PENDING_FROM:
            job.state = PENDING
        else:
            job.state = REGISTERED

    def _finish(self, job: Job, moment: float) -> None:
        try:
            self._do(job)
            job.state = COMPLETED
        except Failed as failure:
            job.state = FAILED
            job.fail_message = str(failure)
        job.finished = moment

    def _do(self, job: Job) -> None:
        if self._failures[job.kind]:
            raise Failed(self._failures[job.kind].popleft())
        self._work(job)
