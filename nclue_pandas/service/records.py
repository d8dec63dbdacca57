"""What the service says of a job, typed; everything it said is kept in ``raw``.

Typed reading of one field of an answer, with an error that names it.

Timestamps of the service: ISO 8601, exact layout undocumented.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from nclue_pandas.assumptions import ANSWERED_KEYWORD_SEPARATOR, KOREAN_TIME
from nclue_pandas.errors import InvalidAnswerError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Python's parser takes 3 or 6 digits of a fraction on every version; more are cut.
_FRACTION = re.compile(r"(\.\d{1,6})\d*")


def parse_timestamp(text: str) -> datetime:
    """Read a timestamp in any of the layouts seen on NCP.

    Parameters
    ----------
    text : str
        With ``Z``, ``+09:00``, ``+0900`` or without a zone (then Korean time), with or without a
        fraction.

    Returns
    -------
    datetime.datetime
        Aware, in UTC.

    Raises
    ------
    ValueError
        When `text` is not a timestamp.

    Examples
    --------
    >>> parse_timestamp("2026-01-02T09:00:00+0900").isoformat()
    '2026-01-02T00:00:00+00:00'
    >>> parse_timestamp("2026-01-02 09:00:00.5").isoformat()
    '2026-01-02T00:00:00.500000+00:00'
    """
    moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text.strip()))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=KOREAN_TIME)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # before the year 1 or after 9999 in UTC
        raise ValueError(f"{text!r} is no time in UTC") from None


#: A text above this is no field of the service (its longest has 1,000 characters).
_TEXT_LIMIT = 2**16
#: An id takes part in paths and messages: visible ASCII characters, UUID-shaped as documented.
_ID = re.compile(r"[!-~]{1,200}")
#: A whole number above this is no count but garbage (2**63, what Arrow's int64 ends at).
_COUNT_LIMIT = 2**63


class Fields:
    """The fields of one JSON object.

    Parameters
    ----------
    answer : mapping
        What came.
    what : str
        For error messages, such as ``"features[3]"``.
    """

    def __init__(self, answer: Any, what: str = "the answer") -> None:
        if not isinstance(answer, dict):
            raise InvalidAnswerError(f"{what} is not a JSON object but {_kind(answer)}.")
        self.raw: Mapping[str, Any] = answer
        self._what = what

    def identifier(self, name: str) -> str:
        """Return an id, which must be there."""
        value = self.text(name)
        if not value or not _ID.fullmatch(value):
            raise self._wrong(name, "an id")
        return value

    def text(self, name: str) -> str | None:
        """Return a text, or None where the field is absent or null."""
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > _TEXT_LIMIT:
            raise self._wrong(name, f"a text of at most {_TEXT_LIMIT:,} characters")
        return value

    def count(self, name: str) -> int | None:
        """Return a whole number, written as a number or as text."""
        value = self.raw.get(name)
        if value is None or value == "":
            return None
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            raise self._wrong(name, "a whole number") from None
        if isinstance(value, bool) or not -1 <= number < _COUNT_LIMIT or number != float(value):
            raise self._wrong(name, "a whole number")
        return number

    def share(self, name: str) -> float | None:
        """Return a number from 0 to 1, written as a number or as text."""
        value = self.raw.get(name)
        if value is None or (isinstance(value, str) and value.strip().lower() in {"", "null"}):
            return None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise self._wrong(name, "a number from 0 to 1") from None
        if isinstance(value, bool) or not 0 <= number <= 1:
            raise self._wrong(name, "a number from 0 to 1")
        return number

    def moment(self, name: str) -> datetime | None:
        """Return a timestamp in UTC, or None where it is absent or in no known layout.

        The layout is undocumented; the text itself stays in the raw answer.
        """
        value = self.raw.get(name)
        try:
            if isinstance(value, int) and not isinstance(value, bool):
                return datetime.fromtimestamp(value / 1000, tz=UTC)
            return parse_timestamp(value) if isinstance(value, str) else None
        except (ValueError, OverflowError, OSError):
            return None

    def state(self, name: str = "status") -> str | None:
        """Return a job's state in lower case; unknown ones are kept."""
        value = self.text(name)
        return value.strip().lower() if value else None

    def keywords(self, name: str = "keyword_set") -> tuple[str, ...]:
        """Return the keywords that the answer holds in one text."""
        text = (self.text(name) or "").replace("\n", ANSWERED_KEYWORD_SEPARATOR)
        words = (word.strip() for word in text.split(ANSWERED_KEYWORD_SEPARATOR))
        return tuple(word for word in words if word)

    def _wrong(self, name: str, wanted: str) -> InvalidAnswerError:
        return InvalidAnswerError(
            f"Field {name!r} of {self._what} is not {wanted} but {_kind(self.raw.get(name))}."
        )


def _kind(value: Any) -> str:
    names = {
        type(None): "null",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)


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
