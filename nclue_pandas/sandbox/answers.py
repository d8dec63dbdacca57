"""What the service tells of a job, in the layout that is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from nclue_pandas.contract import COMPLETED, PENDING
from nclue_pandas.sandbox import jobs
from nclue_pandas.sandbox.jobs import TEST_FIELDS

if TYPE_CHECKING:
    from nclue_pandas.sandbox.jobs import Job
    from nclue_pandas.sandbox.settings import SandboxSettings

KOREAN_TIME = timezone(timedelta(hours=9))
#: Seconds that a job takes at least, as far as the service tells.
_LEAST = 1.0
#: Kind -> how the names of its fields begin.
PREFIX = {
    jobs.FEATURE: "feature",
    jobs.TASK: "task",
    jobs.RUN: "run",
    jobs.SHOPPING_INTENT: "profile",
    jobs.CUSTOM_ATTRIBUTES: "profile",
}
#: Kind -> fields that only a get tells, beside state and times.
_FIGURES: dict[str, tuple[str, ...]] = {
    jobs.FEATURE: ("user_count", "token_count", "disk_usage"),
    jobs.TASK: ("line_count", "disk_usage"),
    jobs.RUN: ("line_count",),
    jobs.SHOPPING_INTENT: ("line_count", "disk_usage"),
    jobs.CUSTOM_ATTRIBUTES: ("line_count",),
}


def created(job: Job, settings: SandboxSettings) -> dict[str, Any]:
    """Return the answer of a create operation, which carries no state."""
    answer = {
        f"{PREFIX[job.kind]}_id": job.id,
        f"{PREFIX[job.kind]}_name": job.name,
        **_inputs(job, settings),
        "created_at": timestamp(job.created, settings),
    }
    return answer | ({"region": "KR", "tags": []} if settings.extra_fields else {})


def told(job: Job, settings: SandboxSettings) -> dict[str, Any]:
    """Return the answer of a get operation."""
    spelled = {COMPLETED: settings.finished, PENDING: settings.pending}
    ended = None
    if job.finished is not None and job.state == COMPLETED:
        ended = max(job.finished, job.created + _LEAST)
    answer = {
        **created(job, settings),
        "status": spelled.get(job.state, job.state),
        "completed_at": None if ended is None else timestamp(ended, settings),
        **{name: job.figures.get(name, 0) for name in _FIGURES[job.kind]},
        "fail_message": job.fail_message,
    }
    if job.kind == jobs.TASK:
        answer["AUROC"] = _auroc(job, settings)
    if "final_path" in job.figures and settings.result_path == "final":
        answer["result_file_path"] = job.figures["final_path"]
    return answer


def timestamp(seconds: float, settings: SandboxSettings) -> str:
    """Write a time in the layout that is set."""
    moment = datetime.fromtimestamp(seconds, tz=KOREAN_TIME)
    layout = settings.timestamps
    if layout == "utc":
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    written = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if layout == "fraction":
        written += f".{moment.microsecond // 1000:03d}"
    return written + {"naive": "", "compact": "+0900"}.get(layout, "+09:00")


def _inputs(job: Job, settings: SandboxSettings) -> dict[str, Any]:
    """Return the request's fields, with the names of what it uses."""
    fields = dict(job.request)
    if job.kind == jobs.CUSTOM_ATTRIBUTES:
        words = (word.strip() for word in fields["keyword_set"].split("\n"))
        separator = "," if settings.keywords == "comma" else "\n"
        fields["keyword_set"] = separator.join(word for word in words if word)
    if job.kind == jobs.TASK and settings.test_fields == "null":
        fields = dict.fromkeys(TEST_FIELDS) | fields
    names = {used.id: used.name for used in job.uses}
    for field in list(fields):
        if field.endswith("_id"):
            fields[field.removesuffix("_id") + "_name"] = names.get(fields[field])
    return fields


def _auroc(job: Job, settings: SandboxSettings) -> float | str | None:
    value = job.figures.get("AUROC")
    if value is None or settings.auroc == "null":
        return None
    return str(value) if settings.auroc == "string" else float(value)
