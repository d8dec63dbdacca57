"""The event log that settings name: read from disk, a URL, or the account's Object Storage."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from nclue_pandas.cli.destination import bucket_of
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.storage.results import OneState
from nclue_pandas.streaming.files import frames_of, is_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nclue_pandas.cli.account import Account
    from nclue_pandas.deadline import Deadline
    from nclue_pandas.storage.bucket import Bucket, ObjectInfo
    from nclue_pandas.streaming.text_files import TextForm

#: Bytes of the frames that the log is put together from.
_FRAME_BYTES: Final = 64 << 20
#: Bytes that are asked for at a time.
_BLOCK: Final = 32 << 20


def read_log(
    place: str,
    columns: Mapping[Any, str] | None,
    form: TextForm,
    account: Account | None,
    deadline: Deadline,
) -> pd.DataFrame:
    """Read the columns of a log into one frame.

    Parameters
    ----------
    place : str
        A file, a directory of files, or a URL; ``s3://`` is read with the account's keys.
    columns : mapping of str to str, or None
        Labels of the columns, each with the setting that named it; None for all.
    form : TextForm
        How text files are written: they hold text, 0012 keeps its zeros and NA is an id.
    account : Account or None
        Of Object Storage.
    deadline : Deadline
        Of what is asked there.

    Raises
    ------
    InvalidDataError
        When it cannot be read so; it says what else to give.
    """
    if not place.startswith("s3://"):
        return _joined(frames_of(place, columns, _FRAME_BYTES, form), place)
    bucket = bucket_of(place, account).within(deadline)
    with _downloaded(place, bucket) as paths:
        return _joined(frames_of(paths, columns, _FRAME_BYTES, form), place)


def _joined(frames: Iterator[pd.DataFrame], place: str) -> pd.DataFrame:
    pieces = [frame for frame in frames if len(frame)]
    if not pieces:
        raise InvalidDataError(f"{place} holds no rows.")
    return pd.concat(pieces, ignore_index=True)


@contextmanager
def _downloaded(url: str, bucket: Bucket) -> Iterator[list[Path]]:
    """Bring an object, or all files of a log below a prefix, into a temporary directory."""
    found = _objects(url, bucket)
    with tempfile.TemporaryDirectory(prefix="nclue-log-") as folder:
        paths = []
        for number, info in enumerate(found):
            # The number keeps equal names of two directories apart; the name tells the form.
            path = Path(folder, f"{number:06d}-{PurePosixPath(info.key).name}")
            _download(bucket, info, path)
            paths.append(path)
        yield paths


def _objects(url: str, bucket: Bucket) -> list[ObjectInfo]:
    key = url.removeprefix(f"s3://{bucket.name}").removeprefix("/")
    if key and not key.endswith("/") and (info := bucket.head(key)) is not None:
        return [info]
    prefix = f"{key.removesuffix('/')}/" if key else ""
    below = (info for info in bucket.list(prefix) if info.size and is_log(info.key))
    found = sorted(below, key=lambda info: info.key)
    if not found:
        raise InvalidDataError(
            f"There is no object {url}, and no file of a log (.parquet, .csv, .tsv, .txt, also "
            "packed) below it. Check the path and the bucket."
        )
    return found


def _download(bucket: Bucket, info: ObjectInfo, path: Path) -> None:
    """Read an object in blocks of one state into a file."""
    state = bucket.head(info.key) or info  # the ETag of a listing need not be the object's
    one = OneState(f"s3://{bucket.name}/{info.key}", state.etag, state.size)
    with path.open("wb") as file:
        for start in range(0, state.size, _BLOCK):
            end = min(start + _BLOCK, state.size)
            file.write(one(*bucket.get_state(info.key, start, end)))
