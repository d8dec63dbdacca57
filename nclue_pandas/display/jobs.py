"""What a job handle shows of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.contract import COMPLETED, COMPLETED_SPELLINGS, FAILED
from nclue_pandas.display import formats
from nclue_pandas.display.cards import Card, Mood, html, text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from nclue_pandas.service.records import Record

#: Field of a record -> its label, and how its value is shown.
_FIELDS: Final[dict[str, tuple[str, Callable[[Any], str]]]] = {
    "auroc": ("AUROC", formats.decimal),
    "user_count": ("Users", formats.count),
    "token_count": ("Tokens", formats.count),
    "line_count": ("Lines", formats.count),
    "disk_usage": ("Disk", formats.size),
    "feature_name": ("Feature", str),
    "task_name": ("Task", str),
    "train_feature_name": ("Feature", str),
    "test_feature_name": ("Test feature", str),
    "keywords": ("Keywords", ", ".join),
}
#: Label -> the two fields that make an address on Object Storage.
_PLACES: Final = {
    "Sequences": ("source_bucket", "source_file_path"),
    "Answers": ("train_bucket", "train_file_path"),
    "Test answers": ("test_bucket", "test_file_path"),
    "Result": ("result_bucket", "result_file_path"),
}


def job_card(kind: str, job_id: str, name: str | None, record: Record | None) -> Card:
    """Describe a job.

    Parameters
    ----------
    kind : str
        For people, such as ``"Feature"``.
    job_id : str
        The service's id.
    name : str or None
        The job's name, when it is known.
    record : Record or None
        What the service last said of the job; None when it was not asked yet.

    Returns
    -------
    Card
        Only what is known; nothing is asked for.
    """
    title = f"{kind} {name!r}" if name else kind
    if record is None:
        return Card(title, "not asked yet", facts=[("Id", job_id)])
    status = COMPLETED if record.status in COMPLETED_SPELLINGS else record.status
    return Card(
        title,
        status or ("state unknown" if record.created_at else "created; not asked yet"),
        _mood(status),
        [("Id", job_id), *_times(record), *_fields(record), *_places(record)],
        notes=_failure(record) if status == FAILED else (),
    )


def job_text(kind: str, job_id: str, name: str | None, record: Record | None) -> str:
    """Return a job handle's text repr; see :func:`job_card`."""
    return text(job_card(kind, job_id, name, record))


def job_html(kind: str, job_id: str, name: str | None, record: Record | None) -> str:
    """Return a job handle's HTML repr; see :func:`job_card`."""
    return html(job_card(kind, job_id, name, record))


def _mood(status: str | None) -> Mood | None:
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
        facts.append(("Created", formats.moment(created)))
    if ended:
        took = f" (after {formats.duration((ended - created).total_seconds())})" if created else ""
        facts.append(("Completed", formats.moment(ended) + took))
    return facts


def _fields(record: Record) -> list[tuple[str, str]]:
    values = ((getattr(record, field, None), shown) for field, shown in _FIELDS.items())
    return [(label, show(value)) for value, (label, show) in values if value not in (None, ())]


def _places(record: Record) -> list[tuple[str, str]]:
    facts = []
    for label, (bucket, path) in _PLACES.items():
        if getattr(record, bucket, None) and getattr(record, path, None):
            facts.append((label, f"s3://{getattr(record, bucket)}/{getattr(record, path)}"))
    return facts


def _failure(record: Record) -> list[str]:
    from nclue_pandas.jobs.failures import FAILURES, fail_code

    notes = [f"The service says: {record.fail_message or 'no reason'}"]
    failure = FAILURES.get(fail_code(record.fail_message) or "")
    if failure:
        notes += [f"Cause: {failure.cause}", f"Remedy: {failure.remedy}"]
    return notes
