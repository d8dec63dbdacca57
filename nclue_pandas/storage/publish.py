"""Publishing a dataset: canonical order, fingerprint, parts, each complete or invisible.

The lines are encoded twice: once for the fingerprint, which the keys need, and once while they
travel. A part is a pure function of the content, so what is on the store already, from this run
or an interrupted one, is not sent again.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from nclue_pandas.errors import ForeignObjectError
from nclue_pandas.frames.columns import find_column, plain_text
from nclue_pandas.frames.hashing import hash_ids
from nclue_pandas.frames.ids import id_text
from nclue_pandas.frames.text_values import read_text
from nclue_pandas.progress import UploadProgress, track
from nclue_pandas.storage import layout
from nclue_pandas.storage.layout import BUCKETS, PART_BYTES, Kind, Place
from nclue_pandas.storage.text import encode, line_lengths

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from nclue_pandas.storage.bucket import Bucket

#: Parts in memory at a time: one is encoded while the others travel.
PARTS_AT_ONCE: Final = 3
_DIGEST_SIZE: Final = 16


@dataclass(frozen=True)
class Part:
    """One object of a dataset.

    Parameters
    ----------
    key : str
        In the bucket.
    size, rows : int
        Bytes and lines.
    """

    key: str
    size: int
    rows: int


@dataclass(frozen=True)
class Dataset:
    """A dataset on Object Storage, or what it would be.

    Parameters
    ----------
    bucket, path : str
        What a create request names: a directory of parts, or the one object of answers.
    kind : {"sequences", "answers"}
        Which of both.
    fingerprint : str
        Of the content, whatever the order of the rows.
    parts : tuple of Part
        Its objects.
    rows, size : int
        Lines and bytes of all parts.
    sent : tuple of str
        Keys of the objects that were written by this very call (or, in a preview, would be).
    """

    bucket: str
    path: str
    kind: Kind
    fingerprint: str
    parts: tuple[Part, ...]
    rows: int
    size: int
    sent: tuple[str, ...] = ()

    @property
    def uploaded(self) -> int:
        """The number of parts that were written by this call."""
        return len({part.key for part in self.parts} & set(self.sent))


@dataclass(frozen=True)
class _Prepared:
    """A dataset's lines in canonical order, and where they go."""

    table: pa.Table
    bounds: NDArray[np.int64]
    place: Place
    size: int

    def part(self, number: int) -> pa.Table:
        """Return the rows of a part."""
        buckets = layout.part_buckets(number, self.place.parts)
        start, stop = self.bounds[buckets.start], self.bounds[buckets.stop]
        return self.table.slice(start, stop - start)


def publish_sequences(
    frame: pd.DataFrame,
    bucket: Bucket,
    *,
    name: str,
    prefix: str = "nclue",
    user: str = "user_id",
    sequence: str = "sequence",
) -> Dataset:
    """Write a sequence frame as a directory of parts.

    Parameters
    ----------
    frame : pandas.DataFrame
        Checked; see :func:`nclue_pandas.check`.
    bucket : Bucket
        Where it goes.
    name : str
        Name of the job that it is for.
    prefix : str
        Where in the bucket this library writes.
    user, sequence : str
        Columns.

    Returns
    -------
    Dataset
        Every part verified by its size.

    Raises
    ------
    ForeignObjectError
        When an object that this library did not write stands in the way.
    StorageError
        When the store refuses or cannot be reached; what was written stays for the next try.
    """
    return _publish(_sequences(frame, user, sequence), "sequences", bucket, name, prefix)


def publish_answers(
    frame: pd.DataFrame,
    bucket: Bucket,
    *,
    name: str,
    prefix: str = "nclue",
    user: str = "user_id",
    label: str = "label",
) -> Dataset:
    """Write an answer frame as one object; see :func:`publish_sequences`."""
    return _publish(_answers(frame, user, label), "answers", bucket, name, prefix)


def preview_sequences(
    frame: pd.DataFrame,
    bucket: Bucket,
    *,
    name: str,
    prefix: str = "nclue",
    user: str = "user_id",
    sequence: str = "sequence",
) -> Dataset:
    """Tell what :func:`publish_sequences` would write; nothing is written."""
    prepared = _prepare(_sequences(frame, user, sequence), "sequences", name, prefix)
    return _preview(prepared, bucket)


def preview_answers(
    frame: pd.DataFrame,
    bucket: Bucket,
    *,
    name: str,
    prefix: str = "nclue",
    user: str = "user_id",
    label: str = "label",
) -> Dataset:
    """Tell what :func:`publish_answers` would write; nothing is written."""
    return _preview(_prepare(_answers(frame, user, label), "answers", name, prefix), bucket)


def withdraw(dataset: Dataset, bucket: Bucket) -> None:
    """Delete the objects that one publishing call wrote, and no others."""
    for key in dataset.sent:
        found = bucket.head(key)
        if found is not None and layout.is_ours(key, found.metadata):
            bucket.delete(key)


def _sequences(frame: pd.DataFrame, user: str, sequence: str) -> pa.Table:
    texts = read_text(find_column(frame, sequence, "sequence"), "sequence").texts
    ids = id_text(find_column(frame, user, "user"))
    return pa.table({"user_id": ids, "sequence": plain_text(texts)})


def _answers(frame: pd.DataFrame, user: str, label: str) -> pa.Table:
    labels = pa.array(find_column(frame, label, "label").to_numpy(dtype="int8"))
    return pa.table({"user_id": id_text(find_column(frame, user, "user")), "label": labels})


def _prepare(
    table: pa.Table, kind: Kind, name: str, prefix: str, part_bytes: int = PART_BYTES
) -> _Prepared:
    """Bring the rows into canonical order, and name the parts by their content."""
    ids = table.column("user_id")
    hashes = hash_ids(ids)
    if np.any(hashes[1:] < hashes[:-1]):
        order = np.argsort(hashes, kind="stable")
        table, hashes = table.take(pa.array(order)), hashes[order]
    buckets = (hashes >> np.uint64(64 - layout.BUCKET_BITS)).astype(np.int64)
    bounds = np.searchsorted(buckets, np.arange(BUCKETS + 1))
    size = int(line_lengths(table).sum())
    parts = layout.part_count(size, part_bytes) if kind == "sequences" else 1
    content = layout.fingerprint(_digests(table, bounds))
    return _Prepared(table, bounds, Place(kind, prefix, name, content, parts), size)


def _digests(table: pa.Table, bounds: NDArray[np.int64]) -> list[tuple[int, bytes]]:
    """Digest the lines of each bucket that has any, in threads: hashing releases the GIL."""
    filled = np.flatnonzero(np.diff(bounds))

    def digest(number: int) -> tuple[int, bytes]:
        hashed = blake2b(digest_size=_DIGEST_SIZE)
        start, stop = bounds[number], bounds[number + 1]
        for lines in encode(table.slice(start, stop - start)):
            hashed.update(lines)
        return number, hashed.digest()

    with ThreadPoolExecutor(PARTS_AT_ONCE) as pool:
        return list(pool.map(digest, filled.tolist()))


def _publish(table: pa.Table, kind: Kind, bucket: Bucket, name: str, prefix: str) -> Dataset:
    prepared = _prepare(table, kind, name, prefix)
    dataset = _described(prepared, bucket)
    sent = []
    with (
        track(UploadProgress, name, total=prepared.size) as advance,
        ThreadPoolExecutor(PARTS_AT_ONCE) as pool,
    ):
        uploads = [
            pool.submit(_put_part, bucket, prepared, part, number)
            for number, part in _numbered(dataset)
        ]
        try:
            for upload, part in zip(uploads, dataset.parts, strict=True):
                sent += upload.result()
                advance(part.size)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    dataset = replace(dataset, sent=tuple(sent))
    return replace(dataset, sent=(*sent, *_put_manifest(bucket, prepared, dataset)))


def _numbered(dataset: Dataset) -> list[tuple[int, Part]]:
    if dataset.kind == "answers":
        return [(0, dataset.parts[0])]
    return [(int(part.key[-9:-4]), part) for part in dataset.parts]


def _put_part(bucket: Bucket, prepared: _Prepared, part: Part, number: int) -> list[str]:
    """Write a part unless it is there; return its key when it was written."""
    content = prepared.place.fingerprint
    if _is_there(bucket, part.key, part.size):
        return []
    body = bytearray()
    for lines in encode(prepared.part(number)):
        body += lines
    bucket.put(part.key, body, layout.metadata(content, number))
    return [part.key]


def _put_manifest(bucket: Bucket, prepared: _Prepared, dataset: Dataset) -> list[str]:
    """Write the manifest beside the directory, last: it says that all parts are there."""
    key = prepared.place.manifest_key
    if key is None:
        return []
    told: dict[str, Any] = {
        "fingerprint": dataset.fingerprint,
        "rows": dataset.rows,
        "bytes": dataset.size,
        "parts": [
            {"key": part.key, "bytes": part.size, "rows": part.rows} for part in dataset.parts
        ],
    }
    body = json.dumps(told, indent=1).encode()
    if _is_there(bucket, key, len(body)):
        return []
    bucket.put(key, body, layout.metadata(dataset.fingerprint, None))
    return [key]


def _is_there(bucket: Bucket, key: str, size: int) -> bool:
    """Return whether our object of that size is there.

    Raises
    ------
    ForeignObjectError
        When it is not ours.
    """
    found = bucket.head(key)
    if found is None:
        return False
    if not layout.is_ours(key, found.metadata):
        raise ForeignObjectError(
            f"s3://{bucket.name}/{key} was not written by this library and is not overwritten. "
            "Move it away, or connect with another prefix=."
        )
    return found.size == size


def _described(prepared: _Prepared, bucket: Bucket) -> Dataset:
    place = prepared.place
    parts = []
    for number in range(place.parts):
        rows = prepared.part(number)
        if rows.num_rows:
            size = int(line_lengths(rows).sum())
            parts.append(Part(place.part_key(number), size, rows.num_rows))
    return Dataset(
        bucket=bucket.name,
        path=place.path,
        kind=place.kind,
        fingerprint=place.fingerprint,
        parts=tuple(parts),
        rows=prepared.table.num_rows,
        size=prepared.size,
    )


def _preview(prepared: _Prepared, bucket: Bucket) -> Dataset:
    dataset = _described(prepared, bucket)
    missing = [p.key for p in dataset.parts if not _is_there(bucket, p.key, p.size)]
    return replace(dataset, sent=tuple(missing))
