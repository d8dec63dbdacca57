"""What the service says of a job, typed; everything it said is kept in ``raw``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from nclue_pandas.service.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every kind of job has.

    Parameters
    ----------
    id : str
        The service's id.
    name : str or None
        Unique per kind.
    status : str or None
        In lower case; None in the answer of a create call, which carries none.
    created_at, completed_at : datetime.datetime or None
        In UTC.
    fail_message : str or None
        Why a failed job failed.
    raw : mapping
        The answer as it came, unknown fields included.
    """

    id: str
    name: str | None
    status: str | None = None
    created_at: datetime | None = None
    completed_at: datetime | None = None
    fail_message: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, answer: Any, what: str = "the answer") -> Self:
        """Read a JSON object.

        Raises
        ------
        InvalidAnswerError
            When it is none, or a known field has a wrong type.
        """
        fields = Fields(answer, what)
        return cls(**cls._common(fields), **cls._own(fields))

    #: How the names of the fields ``id`` and ``name`` begin.
    _prefix = ""

    @classmethod
    def _common(cls, fields: Fields) -> dict[str, Any]:
        return {
            "id": fields.identifier(f"{cls._prefix}_id"),
            "name": fields.text(f"{cls._prefix}_name"),
            "status": fields.state(),
            "created_at": fields.moment("created_at"),
            "completed_at": fields.moment("completed_at"),
            "fail_message": fields.text("fail_message"),
            "raw": fields.raw,
        }

    @classmethod
    def _own(cls, fields: Fields) -> dict[str, Any]:
        raise AssertionError(f"{cls.__name__} has no fields of its own ({fields.raw!r})")


@dataclass(frozen=True, kw_only=True)
class FeatureRecord(Record):
    """A Feature.

    Parameters
    ----------
    source_bucket, source_file_path : str or None
        Its sequence dataset.
    user_count, token_count, disk_usage : int or None
        Users and tokens of its sequence dataset, and bytes; known once it is completed.
    """

    _prefix = "feature"
    source_bucket: str | None = None
    source_file_path: str | None = None
    user_count: int | None = None
    token_count: int | None = None
    disk_usage: int | None = None

    @classmethod
    def _own(cls, fields: Fields) -> dict[str, Any]:
        return {
            "source_bucket": fields.text("source_bucket"),
            "source_file_path": fields.text("source_file_path"),
            "user_count": fields.count("user_count"),
            "token_count": fields.count("token_count"),
            "disk_usage": fields.count("disk_usage"),
        }


@dataclass(frozen=True, kw_only=True)
class TaskRecord(Record):
    """A Task.

    Parameters
    ----------
    train_feature_id, train_feature_name, train_bucket, train_file_path : str or None
        What it was trained on.
    test_feature_id, test_feature_name, test_bucket, test_file_path : str or None
        What it was tested on, where that was given.
    auroc : float or None
        0 to 1; known once it is completed.
    line_count, disk_usage : int or None
        Lines of the Feature, of both where test answers were given, and bytes.
    """

    _prefix = "task"
    train_feature_id: str | None = None
    train_feature_name: str | None = None
    train_bucket: str | None = None
    train_file_path: str | None = None
    test_feature_id: str | None = None
    test_feature_name: str | None = None
    test_bucket: str | None = None
    test_file_path: str | None = None
    auroc: float | None = None
    line_count: int | None = None
    disk_usage: int | None = None

    @classmethod
    def _own(cls, fields: Fields) -> dict[str, Any]:
        sides = [
            f"{role}_{name}"
            for role in ("train", "test")
            for name in ("feature_id", "feature_name", "bucket", "file_path")
        ]
        return {
            **{name: fields.text(name) for name in sides},
            "auroc": fields.share("AUROC"),
            "line_count": fields.count("line_count"),
            "disk_usage": fields.count("disk_usage"),
        }


@dataclass(frozen=True, kw_only=True)
class RunRecord(Record):
    """A Run.

    Parameters
    ----------
    task_id, task_name, feature_id, feature_name : str or None
        What scores whom.
    result_bucket, result_file_path : str or None
        Where the scores are; whether the path is final is undocumented.
    line_count : int or None
        Lines of the Feature: the users scored.
    """

    _prefix = "run"
    task_id: str | None = None
    task_name: str | None = None
    feature_id: str | None = None
    feature_name: str | None = None
    result_bucket: str | None = None
    result_file_path: str | None = None
    line_count: int | None = None

    @classmethod
    def _own(cls, fields: Fields) -> dict[str, Any]:
        names = ("task_id", "task_name", "feature_id", "feature_name")
        return {
            **{name: fields.text(name) for name in names},
            **_result(fields),
        }


@dataclass(frozen=True, kw_only=True)
class ShoppingIntentRecord(Record):
    """A Shopping Intent profile.

    Parameters
    ----------
    task_id, task_name : str or None
        Whose target group it describes.
    line_count, disk_usage : int or None
        Lines of the Task's Feature, not of the profile, and bytes.
    """

    _prefix = "profile"
    task_id: str | None = None
    task_name: str | None = None
    line_count: int | None = None
    disk_usage: int | None = None

    @classmethod
    def _own(cls, fields: Fields) -> dict[str, Any]:
        return {
            "task_id": fields.text("task_id"),
            "task_name": fields.text("task_name"),
            "line_count": fields.count("line_count"),
            "disk_usage": fields.count("disk_usage"),
        }


@dataclass(frozen=True, kw_only=True)
class CustomAttributesRecord(Record):
    """A Custom Attributes profile.

    Parameters
    ----------
    feature_id, feature_name : str or None
        Whose users are scored.
    keywords : tuple of str
        What they are likened to.
    result_bucket, result_file_path : str or None
        Where the scores are; whether the path is final is undocumented.
    line_count : int or None
        Lines of the Feature: the users scored.
    """

    _prefix = "profile"
    feature_id: str | None = None
    feature_name: str | None = None
    keywords: tuple[str, ...] = ()
    result_bucket: str | None = None
    result_file_path: str | None = None
    line_count: int | None = None

    @classmethod
    def _own(cls, fields: Fields) -> dict[str, Any]:
        return {
            "feature_id": fields.text("feature_id"),
            "feature_name": fields.text("feature_name"),
            "keywords": fields.keywords(),
            **_result(fields),
        }


def _result(fields: Fields) -> dict[str, Any]:
    return {
        "result_bucket": fields.text("result_bucket"),
        "result_file_path": fields.text("result_file_path"),
        "line_count": fields.count("line_count"),
    }


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Page(Generic[R]):
    """One page of a list.

    Parameters
    ----------
    items : tuple of Record
        Its jobs.
    index, limit, total : int or None
        As the service answers them.
    raw : mapping
        The answer as it came.
    """

    items: tuple[R, ...]
    index: int | None = None
    limit: int | None = None
    total: int | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def read(cls, answer: Any, array: str, record: type[R]) -> Page[R]:
        """Read a list answer whose jobs are in the field `array`."""
        from nclue_pandas.errors import InvalidAnswerError

        fields = Fields(answer)
        items = fields.raw.get(array)
        if not isinstance(items, list):
            raise InvalidAnswerError(f"Field {array!r} of the answer is not an array.")
        return cls(
            tuple(record.read(item, f"{array}[{i}]") for i, item in enumerate(items)),
            fields.count("index"),
            fields.count("limit"),
            fields.count("total"),
            fields.raw,
        )
