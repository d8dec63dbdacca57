"""What the embedded service plays: durations, limits, and the alternatives of every unknown."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta, timezone
from typing import Any, Final

KOREAN_TIME = timezone(timedelta(hours=9))


#: Setting -> the values it can have, where these are few.
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "finished": ("completed", "complete"),
    "result_path": ("final", "requested"),
    "paging": ("offset", "page"),
    "total": ("all", "answer"),
    "timestamps": ("offset", "utc", "compact", "naive", "fraction"),
    "waiting_task": ("pending", "registered"),
    "auroc": ("number", "string", "null"),
    "other_feature": ("accept", "refuse"),
    "list_order": ("newest", "oldest", "shuffled"),
    "keywords": ("comma", "newline"),
    "test_fields": ("null", "absent"),
    "content_type": ("application/json", "text/plain"),
    "name_unit": ("characters", "bytes"),
    "delete_processing": ("refuse", "delete"),
    "few_labels": ("train", "both"),
    "result_order": ("shuffled", "by_id"),
    "result_hour": ("korean", "utc"),
    "score_range": ("share", "percent"),
    "error_body": (
        "gateway",
        "flat",
        "code_message",
        "code_msg",
        "error_code",
        "status",
        "response_error",
        "spring",
        "text",
        "html",
        "empty",
    ),
    "error_codes": ("string", "number", "name"),
    "account": ("granted", "denied", "not_subscribed"),
    "storage_access": ("granted", "denied", "no_account"),
}


@dataclass(frozen=True, kw_only=True)
class SandboxSettings:
    """How the embedded service behaves; each can be changed while it runs.

    Parameters
    ----------
    seed : int
        Ids, models and results are the same for the same seed and requests.
    rate_limit : bool
        Whether more than one request per second is refused.
    job_seconds : float
        How long a job takes; 0 completes a small one before it is first asked for. One of more
        than 8 MiB is in progress until its work is done.
    job_seconds_per_megabyte : float
        How much longer it takes for each megabyte of sequences that it works on.
    finished : {"completed", "complete"}
        Spelling of the finished state.
    pending : str
        Spelling of the pending state; another word plays an unknown state.
    waiting_task : {"pending", "registered"}
        State of a Task while another is built: only a registered one can be canceled.
    result_path : {"final", "requested"}
        Whether a finished job tells the name of its file, or what was asked for.
    result_header : bool
        Whether result files begin with a line of column names.
    paging : {"offset", "page"}
        What ``index`` of a list means.
    total : {"all", "answer"}
        What ``total`` of a list counts.
    error_body : str
        Shape of refusals, one of :data:`CHOICES`.
    error_codes : {"string", "number", "name"}
        How the codes in them are written; the gateway has no names for its own.
    timestamps : {"offset", "utc", "compact", "naive", "fraction"}
        Layout: ``+09:00``, ``Z``, ``+0900``, none, or with a fraction.
    auroc : {"number", "string", "null"}
        Type of a task's AUROC.
    other_feature : {"accept", "refuse"}
        Whether a run may use another feature than its task's (10113).
    list_order : {"newest", "oldest", "shuffled"}
        Which jobs a list begins with.
    keywords : {"comma", "newline"}
        What stands between the keywords in answers.
    test_fields : {"null", "absent"}
        What a task without a test file tells of it.
    content_type : {"application/json", "text/plain"}
        Of JSON answers.
    trace : bool
        Whether answers carry a trace id.
    retry_after : float or None
        Seconds that throttled answers ask to wait.
    name_unit : {"characters", "bytes"}
        What the length of a name counts.
    delete_processing : {"refuse", "delete"}
        Whether a job that is being processed can be deleted.
    few_labels : {"train", "both"}
        Which answers need 100 rows of each label.
    result_order : {"shuffled", "by_id"}
        Order of the rows of results.
    result_hour : {"korean", "utc"}
        Zone of the hour in the names of results.
    result_extra : bool
        Whether results have a further column.
    score_range : {"share", "percent"}
        Whether scores go to 1 or to 100.
    extra_fields : bool
        Whether answers carry fields that are not documented.
    list_lag : float
        Seconds until a new job appears in lists, and until a deleted one leaves them.
    clock_offset : float
        Seconds that the service's clock is ahead of this machine's.
    storage_limit : int or None
        Bytes that features, tasks and shopping intents may take (10119).
    account : {"granted", "denied", "not_subscribed"}
        Rights of the account (10100, gateway 210).
    storage_access : {"granted", "denied", "no_account"}
        Rights of the service to Object Storage (10131, 10132).
    slow_seconds : float
        How long an answer takes under the fault ``slow``.
    """

    seed: int = 0
    rate_limit: bool = False
    job_seconds: float = 0.0
    job_seconds_per_megabyte: float = 0.0
    finished: str = "completed"
    pending: str = "pending"
    waiting_task: str = "pending"
    result_path: str = "final"
    result_header: bool = False
    paging: str = "offset"
    total: str = "all"
    error_body: str = "gateway"
    error_codes: str = "string"
    timestamps: str = "offset"
    auroc: str = "string"
    other_feature: str = "accept"
    list_order: str = "newest"
    keywords: str = "comma"
    test_fields: str = "null"
    content_type: str = "application/json"
    trace: bool = True
    retry_after: float | None = None
    name_unit: str = "characters"
    delete_processing: str = "refuse"
    few_labels: str = "train"
    result_order: str = "shuffled"
    result_hour: str = "korean"
    result_extra: bool = False
    score_range: str = "share"
    extra_fields: bool = False
    list_lag: float = 0.0
    clock_offset: float = 0.0
    storage_limit: int | None = None
    account: str = "granted"
    storage_access: str = "granted"
    slow_seconds: float = 1.0

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name}={getattr(self, name)!r} is none of {allowed}")
        for name in ("job_seconds", "job_seconds_per_megabyte", "list_lag", "slow_seconds"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name}={getattr(self, name)!r}: give 0 or more seconds")

    def changed(self, **changes: Any) -> SandboxSettings:
        """Return a copy with other values.

        Raises
        ------
        ValueError
            When there is no setting of that name, or it cannot have that value.
        """
        known = {field.name for field in fields(self)}
        if unknown := set(changes) - known:
            raise ValueError(f"no such setting: {sorted(unknown)}; there are {sorted(known)}")
        return replace(self, **changes)
