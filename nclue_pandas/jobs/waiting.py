"""One poller for any number of jobs.

A round asks for every unfinished job once: singly, or through list pages where those cost fewer
requests. Rounds back off from the first to the longest interval of the options, with jitter.
"""

from __future__ import annotations

import logging
import random
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.errors import (
    BackendError,
    ConnectionFailedError,
    InvalidAnswerError,
    JobTimeout,
    RequestTimeoutError,
    Throttled,
)
from nclue_pandas.options import options
from nclue_pandas.progress import WaitProgress, emit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nclue_pandas.jobs.handles import Job
    from nclue_pandas.jobs.reference import ClientRef, Clock

_log = logging.getLogger("nclue_pandas")

#: What passes by itself: the job is not concerned, only the question about it.
TRANSIENT: Final = (
    BackendError,
    ConnectionFailedError,
    InvalidAnswerError,
    RequestTimeoutError,
    Throttled,
)
_GROWTH: Final = 1.5
_JITTER: Final = 0.1


def wait(jobs: Iterable[Job[Any]], *, timeout: float | None = None) -> None:
    """Wait until every job is completed or failed.

    Parameters
    ----------
    jobs : iterable of Job
        Handles of any kinds and clients.
    timeout : float, optional
        Seconds; without it there is no deadline.

    Raises
    ------
    JobFailed
        When jobs have failed, for the first of them, after all are finished.
    JobTimeout
        When the deadline passes. The jobs go on.

    Examples
    --------
    >>> wait([])
    """
    waited = list(dict.fromkeys(jobs))
    if not waited:
        return
    clock = waited[0].client.clock
    try:
        _poll(waited, clock, timeout)
    except KeyboardInterrupt:
        sys.stderr.write(f"\nStopped waiting; the jobs go on. {how_to_resume(waited)}\n")
        raise
    for job in waited:
        job.raise_if_failed()


def how_to_resume(jobs: Sequence[Job[Any]]) -> str:
    """Say how to pick the jobs up again, here or in another process."""
    calls = ", ".join(f"client.get_{job.kind.name}({job.name or job.id!r})" for job in jobs[:5])
    more = f" and {len(jobs) - 5} more" if len(jobs) > 5 else ""  # noqa: PLR2004
    return f"Pick up with {calls}{more}, then .wait() or .result()."


def _poll(jobs: Sequence[Job[Any]], clock: Clock, timeout: float | None) -> None:
    started = clock.monotonic()
    interval = options.poll_first
    poller = _Poller()
    unfinished = [job for job in jobs if not job.finished]
    since = dict.fromkeys(unfinished, started)
    while unfinished:
        before = {job: job.status for job in unfinished}
        poller.refresh(unfinished)
        now = clock.monotonic()
        for job in unfinished:
            if job.status != before[job]:
                since[job] = now
            emit(_progress(job, now - since[job], now - started))
        unfinished = [job for job in unfinished if not job.finished]
        if not unfinished:
            return
        pause = interval * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - spreads polls
        if timeout is not None:
            left = started + timeout - now
            if left <= 0:
                raise _timed_out(unfinished, timeout)
            pause = min(pause, left)
        clock.sleep(pause)
        interval = min(interval * _GROWTH, options.poll_longest)


class _Poller:
    """Asks for each job once a round, in as few requests as the list allows."""

    def __init__(self) -> None:
        self._list_is_dear: set[tuple[ClientRef, str]] = set()

    def refresh(self, jobs: Sequence[Job[Any]]) -> None:
        """Ask for each job; what fails in passing is asked for again in the next round."""
        groups = defaultdict(list)
        for job in jobs:
            groups[job.client.ref, job.kind.name].append(job)
        for key, group in groups.items():
            try:
                left = self._from_first_page(key, group)
                for job in left:
                    job.refresh()
            except TRANSIENT as error:
                _log.warning("waiting goes on after: %s", error)

    def _from_first_page(self, key: tuple[ClientRef, str], group: list[Job[Any]]) -> list[Job[Any]]:
        """Refresh what the first list page holds; return the others.

        A page costs one request, so it pays when it holds two jobs of the group or more. When it
        does not, the group's jobs are asked for singly from then on.
        """
        if len(group) < 2 or key in self._list_is_dear:  # noqa: PLR2004
            return group
        kind, service = group[0].kind, group[0].client.service
        records = {record.id: record for record in kind.first_page(service)}
        left = []
        for job in group:
            if job.id in records:
                job.take(records[job.id])
            else:
                left.append(job)
        if len(group) - len(left) < 2:  # noqa: PLR2004
            self._list_is_dear.add(key)
        return left


def _progress(job: Job[Any], in_state: float, elapsed: float) -> WaitProgress:
    return WaitProgress(
        kind=job.kind.title,
        name=job.name or job.id,
        status=job.status or "unknown",
        seconds_in_state=in_state,
        elapsed=elapsed,
    )


def _timed_out(jobs: Sequence[Job[Any]], timeout: float) -> JobTimeout:
    states = ", ".join(f"{job.kind.title} {job.name or job.id!r} is {job.status}" for job in jobs)
    first = jobs[0]
    return JobTimeout(
        f"After {timeout:g} s: {states}. The service goes on working. {how_to_resume(jobs)}",
        kind=first.kind.name,
        job_id=first.id,
        name=first.name,
    )
