"""The 21 operations: what each checks, and what it makes.

What the service tells of a job, in the layout that is set.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nclue_pandas.contract import (
    COMPLETED,
    KEYWORDS_LENGTH,
    LIST_LIMIT,
    LIST_LIMIT_DEFAULT,
    NAME_LENGTH,
    PENDING,
    forbidden_in_path,
)
from nclue_pandas.sandbox import files, jobs
from nclue_pandas.sandbox.jobs import TEST_FIELDS
from nclue_pandas.sandbox.refusals import Refusal, bad_request, nclue
from nclue_pandas.sandbox.settings import KOREAN_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nclue_pandas.sandbox.jobs import Job, Registry
    from nclue_pandas.sandbox.object_storage import ObjectStorage
    from nclue_pandas.sandbox.settings import SandboxSettings

#: Kind -> path below the base URL.
PATHS = {
    jobs.FEATURE: "/features",
    jobs.TASK: "/tasks",
    jobs.RUN: "/task-runs",
    jobs.SHOPPING_INTENT: "/profile/shopping-intents",
    jobs.CUSTOM_ATTRIBUTES: "/profile/custom-attributes",
}
DOWNLOAD_PATH = "/profile/shopping-intents-download"
#: Kind -> how its operations name many of it.
PLURALS = {
    jobs.FEATURE: "features",
    jobs.TASK: "tasks",
    jobs.RUN: "runs",
    jobs.SHOPPING_INTENT: "shopping_intents",
    jobs.CUSTOM_ATTRIBUTES: "custom_attributes",
}
#: Kind -> field of a list answer.
ARRAYS = {
    jobs.FEATURE: "features",
    jobs.TASK: "tasks",
    jobs.RUN: "runs",
    jobs.SHOPPING_INTENT: "profiles",
    jobs.CUSTOM_ATTRIBUTES: "profiles",
}
#: Kind -> fields of a create request beside the name.
REQUIRED: dict[str, tuple[str, ...]] = {
    jobs.FEATURE: ("source_bucket", "source_file_path"),
    jobs.TASK: ("train_feature_id", "train_bucket", "train_file_path"),
    jobs.RUN: ("task_id", "feature_id", "result_bucket", "result_file_path"),
    jobs.SHOPPING_INTENT: ("task_id",),
    jobs.CUSTOM_ATTRIBUTES: ("feature_id", "keyword_set", "result_bucket", "result_file_path"),
}
_LARGEST_INDEX = 2**31


class Operations:
    """The service's operations on one account.

    Parameters
    ----------
    registry : Registry
        Its jobs.
    storage : ObjectStorage
        Its Object Storage.
    settings : callable
        Gives the present settings.
    """

    def __init__(
        self, registry: Registry, storage: ObjectStorage, settings: Callable[[], SandboxSettings]
    ) -> None:
        self._registry = registry
        self._storage = storage
        self._settings = settings

    def list(self, kind: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return one page of the jobs of a kind."""
        index = _number(query.get("index", "0"), "index")
        limit = _number(query.get("limit", str(LIST_LIMIT_DEFAULT)), "limit")
        if not 1 <= limit <= LIST_LIMIT:
            raise nclue(10133, f"limit is {limit}")
        if not 0 <= index < _LARGEST_INDEX:
            raise bad_request(f"index is {index}")
        found = self._registry.all(kind)
        start = index * limit if self._settings().paging == "page" else index
        page = found[start : start + limit]
        total = len(found) if self._settings().total == "all" else len(page)
        with self._registry.lock:
            shown = [told(job, self._settings()) for job in page]
        return {"index": index, "limit": limit, "total": total, ARRAYS[kind]: shown}

    def get(self, kind: str, job_id: str) -> dict[str, Any]:
        """Return what is known of a job."""
        job = self._registry.get(kind, job_id)
        with self._registry.lock:
            return told(job, self._settings())

    def delete(self, kind: str, job_id: str) -> dict[str, Any]:
        """Delete a job."""
        self._registry.delete(kind, job_id)
        return {f"{PREFIX[kind]}_id": job_id}

    def download(self, job_id: str) -> bytes:
        """Return the TSV of a completed Shopping Intent profile."""
        job = self._registry.completed(jobs.SHOPPING_INTENT, job_id)
        text: bytes = job.product
        return text

    def create(self, kind: str, body: Any) -> dict[str, Any]:
        """Check a request in full, then register the job."""
        name, request = _request(kind, body)
        unit = self._settings().name_unit
        length = len(name) if unit == "characters" else len(name.encode("utf-8", "replace"))
        if not 1 <= length <= NAME_LENGTH:
            raise nclue(10101, f"{length} {unit}")
        self._registry.check_name(kind, name)
        uses = self._used(request)
        read = self._check_content(kind, request, uses)
        self._check_room(kind)
        size = max([read, *(used.size for used in uses)])
        return created(self._registry.add(kind, name, request, uses, size=size), self._settings())

    def _used(self, request: dict[str, Any]) -> tuple[Job, ...]:
        """Return the completed jobs that a request names."""
        named = [
            (jobs.FEATURE if "feature" in field else jobs.TASK, field)
            for field in ("task_id", "feature_id", "train_feature_id", "test_feature_id")
            if field in request
        ]
        found = [self._registry.get(used, request[field]) for used, field in named]
        return tuple(self._registry.completed(job.kind, job.id) for job in found)

    def _check_content(self, kind: str, request: dict[str, Any], uses: tuple[Job, ...]) -> int:
        """Check files, places and words; return the bytes of a file that holds sequences."""
        if kind == jobs.FEATURE:
            return self._check_file(request, "source", files.SOURCE)
        if kind == jobs.TASK:
            self._check_file(request, "train", files.TRAIN)
            if "test_file_path" in request:
                self._check_file(request, "test", files.TEST)
        elif kind == jobs.RUN:
            self._check_result(request)
            task, feature = uses
            if self._settings().other_feature == "refuse" and feature is not task.uses[0]:
                raise nclue(10113, feature.name)
        elif kind == jobs.CUSTOM_ATTRIBUTES:
            if not request["keyword_set"].strip():
                raise nclue(10118)
            if len(request["keyword_set"]) > KEYWORDS_LENGTH:
                raise nclue(10112, f"{len(request['keyword_set'])} characters")
            self._check_result(request)
        return 0

    def _check_file(self, request: dict[str, Any], role: str, codes: files.PathCodes) -> int:
        self._check_storage()
        bucket, path = request[f"{role}_bucket"], request[f"{role}_file_path"]
        return files.check(self._storage, bucket, path, codes)

    def _check_result(self, request: dict[str, Any]) -> None:
        self._check_storage()
        path = request["result_file_path"]
        if not path.strip("/") or forbidden_in_path(path):
            raise nclue(10130, path)
        if not self._storage.has_bucket(request["result_bucket"]):
            raise nclue(10136, request["result_bucket"])

    def _check_storage(self) -> None:
        access = self._settings().storage_access
        if access != "granted":
            raise nclue(10131 if access == "denied" else 10132)

    def _check_room(self, kind: str) -> None:
        limit = self._settings().storage_limit
        kept = kind in {jobs.FEATURE, jobs.TASK, jobs.SHOPPING_INTENT}
        if kept and limit is not None and self._registry.disk_usage() >= limit:
            raise nclue(10119)


def _request(kind: str, body: Any) -> tuple[str, dict[str, Any]]:
    """Return the name and the other known fields of a create request."""
    if not isinstance(body, dict):
        raise bad_request("The body is not a JSON object.")
    fields = REQUIRED[kind]
    if kind == jobs.TASK and any(body.get(field) is not None for field in TEST_FIELDS):
        fields += TEST_FIELDS
    wrong = [field for field in ("name", *fields) if not isinstance(body.get(field), str)]
    if wrong:
        raise bad_request(f"Not a text: {', '.join(wrong)}.")
    return body["name"], {field: body[field] for field in fields}


def _number(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        refusal: Refusal = bad_request(f"{name} is not a number.")
        raise refusal from None


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
