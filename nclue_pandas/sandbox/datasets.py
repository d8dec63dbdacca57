"""Dataset files on Object Storage: found, looked at, read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nclue_pandas.contract import USER_ID_LENGTH, forbidden_in_path
from nclue_pandas.sandbox.personal_data import holds_personal_data
from nclue_pandas.sandbox.refusals import nclue

if TYPE_CHECKING:
    from nclue_pandas.sandbox.object_storage import ObjectStorage


class Failed(Exception):  # noqa: N818 - the state's own word
    """A job cannot be done; the text is its ``fail_message``."""


@dataclass(frozen=True)
class PathCodes:
    """The error codes of one path field.

    Parameters
    ----------
    characters, missing, empty, personal : int
        For a forbidden character, nothing there, an empty file, personal data.
    """

    characters: int
    missing: int
    empty: int
    personal: int


SOURCE = PathCodes(10103, 10106, 10121, 10109)
TRAIN = PathCodes(10104, 10107, 10122, 10110)
TEST = PathCodes(10105, 10108, 10123, 10111)


def check(storage: ObjectStorage, bucket: str, path: str, codes: PathCodes) -> None:
    """Refuse a path that cannot be used, as the create operations do.

    Raises
    ------
    Refusal
        With the code of the field.
    """
    if forbidden_in_path(path):
        raise nclue(codes.characters, path)
    if not storage.has_bucket(bucket):
        raise nclue(10136, bucket)
    keys = locate(storage, bucket, path)
    if not keys:
        raise nclue(codes.missing, path)
    texts = [storage.get(bucket, key) for key in keys]
    if not any(text.strip() for text in texts):
        raise nclue(codes.empty, path)
    if any(holds_personal_data(text.decode("utf-8", "replace")) for text in texts):
        raise nclue(codes.personal, path)


def locate(storage: ObjectStorage, bucket: str, path: str) -> list[str]:
    """Return the keys of a file, or of the files of a directory, in order."""
    objects = storage.list(bucket, path.lstrip("/"))
    if path.lstrip("/") in objects and not path.endswith("/"):
        return [path.lstrip("/")]
    folder = path.strip("/") + "/"
    return sorted(key for key in objects if key.startswith(folder) and key != folder)


def read_sequences(storage: ObjectStorage, bucket: str, path: str) -> dict[str, str]:
    """Return the behaviors of each user.

    Raises
    ------
    Failed
        With the documented code, when the files are not as they must be.
    """
    return _read(storage, bucket, path)


def read_answers(storage: ObjectStorage, bucket: str, path: str) -> dict[str, int]:
    """Return the label of each user.

    Raises
    ------
    Failed
        With the documented code, when the file is not as it must be.
    """
    answers = _read(storage, bucket, path)
    if set(answers.values()) - {"0", "1"}:
        raise Failed("UNEXPECTED_LABEL")
    return {user: int(label) for user, label in answers.items()}


def _read(storage: ObjectStorage, bucket: str, path: str) -> dict[str, str]:
    lines = [
        line for key in _csv_keys(storage, bucket, path) for line in _lines(storage, bucket, key)
    ]
    if not lines:
        raise Failed("NOT_EXIST_FILE")
    pairs = [line.split("\t") for line in lines]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):  # noqa: PLR2004 - id and value
        raise Failed("UNEXPECTED_TXT_FORMAT")
    values = {user: value for user, value in pairs}  # noqa: C416 - pairs are lists
    if any(len(user) > USER_ID_LENGTH for user in values):
        raise Failed("LIMIT_ERROR_MID_LENGTH")
    if len(values) < len(pairs):
        raise Failed("DUPLICATE_USERID")
    return values


def _csv_keys(storage: ObjectStorage, bucket: str, path: str) -> list[str]:
    keys = locate(storage, bucket, path) if storage.has_bucket(bucket) else []
    if not keys:
        raise Failed("NOT_EXIST_FILE")
    if not all(key.endswith(".csv") for key in keys):
        raise Failed("UNEXPECTED_FILE_TYPE")
    return keys


def _lines(storage: ObjectStorage, bucket: str, key: str) -> list[str]:
    try:
        text = storage.get(bucket, key).decode("utf-8")
    except UnicodeDecodeError:
        raise Failed("UNEXPECTED_TXT_FORMAT") from None
    if text.startswith("\ufeff") or "\r" in text:
        raise Failed("UNEXPECTED_TXT_FORMAT")
    return text.removesuffix("\n").split("\n") if text else []
