"""One poller for any number of jobs.

A round asks for every unfinished job once: singly, or through list pages where those cost fewer
requests. Rounds back off from the first to the longest interval of the options, with jitter.

Where jobs stand in a queue, told from the records of a list page. The service builds one Task at a
time, in the order of the requests (NCLUE user guide).
"""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Iterable
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.config import options
from nclue_pandas.contract import COMPLETED_SPELLINGS, FAILED, PENDING, REGISTERED
from nclue_pandas.deadline import TRANSIENT, Deadline
from nclue_pandas.errors import ConfigurationError, JobTimeout, NclueError
from nclue_pandas.jobs.job import Job
from nclue_pandas.jobs.reference import Clock
from nclue_pandas.progress import FACTS, WaitProgress, emit, step
from nclue_pandas.service.records import Record
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nclue_pandas.jobs.reference import ClientRef

_ENDED: Final = COMPLETED_SPELLINGS | {FAILED}


def stands_in_queue(job: Job[Any]) -> bool:
    """Tell whether other jobs may be done before this one, as far as it was asked for."""
    return job.kind.queued and job.status in {REGISTERED, PENDING}


def jobs_before(records: Iterable[Record]) -> dict[str, int]:
    """Return how many jobs come before each unfinished one, by id.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from nclue_pandas.service.records import TaskRecord
    >>> def task(name, day, status="pending"):
    ...     made = datetime(2026, 1, day, tzinfo=UTC)
    ...     return TaskRecord(id=name, name=name, status=status, created_at=made)
    >>> jobs_before([task("c", 3), task("a", 1, "completed"), task("b", 2)])
    {'b': 0, 'c': 1}
    """
    waiting = [
        (record.created_at, record.id)
        for record in records
        if record.created_at is not None and record.status not in _ENDED
    ]
    return {job_id: place for place, (_, job_id) in enumerate(sorted(waiting))}


_log = logging.getLogger("nclue_pandas")
#: Jobs that a list page must hold to be cheaper than asking for them singly.
_PAYS: Final = 2
#: Jobs beside which a list page in vain costs little.
_MANY: Final = 10
_GROWTH: Final = 1.5
_JITTER: Final = 0.1
#: Seconds between two updates of what is shown while waiting.
_STEP: Final = 1.0


@named_options
def wait(jobs: Job[Any] | Iterable[Job[Any]], *, timeout: float | None = None) -> None:
    """Wait until every job is completed or failed.

    Parameters
    ----------
    jobs : Job or iterable of Job
        Handles of any kinds and clients.
    timeout : float, optional
        Seconds; without it there is no deadline.

    Raises
    ------
    JobFailed
        When jobs have failed, for the first of them, after all are finished.
    JobTimeout
        When the deadline passes. The jobs go on.
    ConfigurationError
        When something else than handles is given, or `timeout` is no number of seconds.

    Examples
    --------
    >>> wait([])
    """
    given = _handles(jobs)
    clock = given[0].client.clock if given else Clock()
    wait_by(given, Deadline.of(clock, timeout))


def wait_by(given: Sequence[Job[Any]], deadline: Deadline) -> None:
    """Wait until a deadline, and tell how to resume when that is interrupted."""
    try:
        wait_until(given, deadline)
    except KeyboardInterrupt as interrupt:
        stopped = _("Stopped waiting; the jobs go on.")
        interrupt.add_note(f"{stopped} {how_to_resume(given)}")
        raise


def wait_until(
    jobs: Sequence[Job[Any]], deadline: Deadline, place: tuple[int, int] | None = None
) -> None:
    """Wait with others that have the same deadline; `place` tells which step of how many it is."""
    waited = [job.within(deadline) for job in dict.fromkeys(jobs)]
    watch = _Watch(waited, deadline, place)
    try:
        watch.until_finished()
    finally:
        watch.close()
        _tell(waited, jobs)
    for job in waited:
        job.raise_if_wrong()


def _handles(jobs: Job[Any] | Iterable[Job[Any]]) -> list[Job[Any]]:
    given = [jobs] if isinstance(jobs, Job | str) or not isinstance(jobs, Iterable) else [*jobs]
    for job in given:
        if not isinstance(job, Job):
            raise ConfigurationError(
                _(
                    "wait() takes handles of jobs, not {given}. Find the handle by an id or name "
                    "with client.get_feature(), get_task(), get_run() and the like."
                ).format(given=type(job).__name__)
            )
    return given


def _tell(waited: Sequence[Job[Any]], jobs: Sequence[Job[Any]]) -> None:
    """Let all handles of a job know what the one that was waited with was told."""
    told = {job: job for job in waited if job.status is not None}
    for job in jobs:
        if job in told:
            job.take(told[job].record)


def how_to_resume(jobs: Sequence[Job[Any]]) -> str:
    """Say how to pick the jobs up again, here or in another process."""
    own = list(dict.fromkeys(jobs))
    calls = ", ".join(f"client.get_{job.kind.name}({job.name or job.id!r})" for job in own[:5])
    more = _(" and {count} more").format(count=len(own) - 5) if len(own) > 5 else ""  # noqa: PLR2004
    return _("Pick up with {calls}{more}, then .wait() or .result().").format(
        calls=calls, more=more
    )


class _Watch:
    """One wait: which jobs are unfinished, and since when they are in their state."""

    def __init__(
        self, jobs: Sequence[Job[Any]], deadline: Deadline, place: tuple[int, int] | None
    ) -> None:
        self._clock = deadline.clock
        self._place = place or (None, None)
        self._deadline = deadline
        self._started = self._clock.monotonic()
        self._unfinished = [job for job in jobs if not job.finished]
        self._since = dict.fromkeys(self._unfinished, self._started)
        self._poller = _Poller()

    def until_finished(self) -> None:
        """Ask, tell, pause, until nothing is unfinished or the deadline has passed."""
        if self._unfinished:
            first = self._unfinished[0]
            name = (first.name or first.id) if len(self._unfinished) == 1 else ""
            with step(N_("wait"), name, job=len(self._unfinished)):
                self._ask_in_rounds()

    def _ask_in_rounds(self) -> None:
        interval = options.poll_first
        while self._unfinished:
            before = {job: job.status for job in self._unfinished}
            self._poller.refresh(self._unfinished)
            now = self._clock.monotonic()
            for job, was in before.items():
                if job.status != was:
                    self._since[job] = now
                    self._tell_state(job)
            self._tell()
            self._unfinished = [job for job in self._unfinished if not job.finished]
            if self._unfinished:
                self._pause(interval)
                interval = min(interval * _GROWTH, options.poll_longest)

    def close(self) -> None:
        """Tell that nobody waits for the unfinished jobs any more."""
        self._tell(stopped=True)

    def _pause(self, interval: float) -> None:
        """Wait with some jitter, in short steps so that what is shown moves on."""
        pause = interval * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads polls
        left = self._deadline.left()
        if left <= 0:
            raise _timed_out(self._unfinished, self._deadline, self._poller.trouble)
        pause = min(pause, left)
        while pause > 0:
            self._clock.sleep(min(pause, _STEP))
            pause -= _STEP
            self._tell()

    def _tell_state(self, job: Job[Any]) -> None:
        name, seconds = job.name or job.id, round(self._clock.monotonic() - self._started, 2)
        facts = {"step": job.kind.title.lower(), "job": name, "status": job.status}
        extra = {FACTS: facts | {"seconds": seconds}}
        _log.info("%s %r is %s", job.kind.title, name, job.status, extra=extra)

    def _tell(self, *, stopped: bool = False) -> None:
        now = self._clock.monotonic()
        for job in self._unfinished:
            emit(
                WaitProgress(
                    kind=job.kind.title,
                    name=job.name or job.id,
                    status=job.status or "unknown",
                    seconds_in_state=now - self._since[job],
                    elapsed=now - self._started,
                    position=self._poller.before.get(job.id),
                    stopped=stopped,
                    step=self._place[0],
                    steps=self._place[1],
                )
            )


class _Poller:
    """Asks for each job once a round, in as few requests as the lists allow."""

    def __init__(self) -> None:
        #: How many jobs the service does before a job, by id, where a list page has told.
        self.before: dict[str, int] = {}
        #: What prevented the last round from being answered.
        self.trouble: NclueError | None = None
        self._paying: dict[tuple[ClientRef, str, int], int] = {}

    def refresh(self, jobs: Sequence[Job[Any]]) -> None:
        """Ask for each job; what fails in passing is asked for again in the next round."""
        self.before, self.trouble = {}, None
        groups = defaultdict(list)
        for job in jobs:
            groups[job.client.ref, job.kind.name].append(job)
        for key, group in groups.items():
            left = {job.id: job for job in group}
            with self._passing():
                self._from_pages(key, left)
            for job in left.values():
                with self._passing():
                    job.refresh()

    @contextmanager
    def _passing(self) -> Iterator[None]:
        """Go on after a fault that passes by itself."""
        try:
            yield
        except TRANSIENT as error:
            self.trouble = error
            _log.warning("waiting goes on after: %s", error)

    def _from_pages(self, key: tuple[ClientRef, str], left: dict[str, Job[Any]]) -> None:
        """Refresh what the first list pages hold, and take it out of `left`.

        A page costs one request, so it pays when it holds two of the jobs or more, or one that
        stands in a queue: the page tells how many are before it. The first page that does not pay
        is the last one, in this round and in those to come; for many jobs one page is tried all
        the same, because it costs little beside them and lists may lag.
        """
        first = next(iter(left.values()))
        pays = 1 if any(stands_in_queue(job) for job in left.values()) else _PAYS
        most = max(self._paying.get((*key, pays), len(left) // pays), len(left) >= _MANY)
        paid, seen = 0, list[Record]()
        for page in islice(first.kind.pages(first.client.service), most):
            seen += page
            held = [record for record in page if record.id in left]
            for record in held:
                left.pop(record.id).take(record)
            if len(held) < pays:
                break
            paid += 1
            if len(left) < pays:
                break
        self._paying[*key, pays] = paid
        if first.kind.queued:
            self.before |= jobs_before(seen)


def _timed_out(
    jobs: Sequence[Job[Any]], deadline: Deadline, trouble: NclueError | None
) -> JobTimeout:
    state = _("{kind} {name!r} is {status}")
    states = ", ".join(
        state.format(
            kind=job.kind.title, name=job.name or job.id, status=job.status or _("not known")
        )
        for job in jobs
    )
    first = jobs[0]
    goes_on = _("The service goes on working.")
    why = _(" The last question was not answered: {trouble}").format(trouble=trouble)
    how = _(deadline.advice) if deadline.advice else how_to_resume(jobs)
    return JobTimeout(
        f"{deadline.told_time}: {states}. {goes_on}{why if trouble else ''} {how}",
        kind=first.kind.name,
        job_id=first.id,
        name=first.name,
    )
