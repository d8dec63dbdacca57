"""Where jobs stand in a queue, told from the records of a list page.

The service builds one Task at a time, in the order of the requests (NCLUE user guide).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.contract import COMPLETED_SPELLINGS, FAILED, PENDING, REGISTERED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nclue_pandas.jobs.job import Job
    from nclue_pandas.service.records import Record

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
