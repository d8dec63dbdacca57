"""Publishing a dataset: canonical order, fingerprint, parts, each complete or invisible.

The lines are encoded twice: once for the fingerprint, which the keys need, and once while they
travel, batch by batch. A part is a pure function of the content, so what is on the store already,
from this run or an interrupted one, is not sent again.
"""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nclue_pandas.errors import ForeignObjectError
from nclue_pandas.progress import UploadProgress, track
from nclue_pandas.storage import layout
from nclue_pandas.storage.content import Content, Digested, fingerprint
from nclue_pandas.storage.layout import BUCKETS, PART_BYTES, Kind, Place
from nclue_pandas.storage.lines import BATCH_BYTES, PartBody

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nclue_pandas.storage.bucket import Bucket
    from nclue_pandas.storage.content import BucketDigest

#: Parts on their way at a time: one is encoded while the others travel.
PARTS_AT_ONCE: Final = 3
#: Bytes of a manifest: a line of it for each of 1,024 parts is far less.
_MANIFEST_LIMIT: Final = 1 << 20
#: Seconds between two looks at parts whose sending is canceled.
_TICK: Final = 0.05


@dataclass(frozen=True)
class Part:
    """One object of a dataset.

    Parameters
    ----------
    key : str
        In the bucket.
    number : int
        Of the part.
    size, rows : int
        Bytes and lines.
    """

    key: str
    number: int
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
class Prepared:
    """A dataset's lines in canonical order, and where they go."""

    content: Content
    place: Place

    def dataset(self, bucket: str) -> Dataset:
        """Describe what is to be in a bucket; parts without lines are left out."""
        return describe(self.place, self.content.digests, bucket)

    def body(self, number: int) -> PartBody:
        """Return a part as a file, encoded while it is read."""
        buckets = layout.part_buckets(number, self.place.parts)
        size = sum(each.size for each in self.content.digests if each.bucket in buckets)
        return PartBody(lambda: self.content.tables(buckets), size)


def describe(place: Place, digests: Sequence[BucketDigest], bucket: str) -> Dataset:
    """Describe the dataset of a place; parts without lines are left out."""
    rows, sizes = np.zeros((2, BUCKETS), dtype=np.int64)
    for each in digests:
        rows[each.bucket], sizes[each.bucket] = each.rows, each.size
    rows_of, size_of = (
        counts.reshape(place.parts, -1).sum(axis=1).tolist() for counts in (rows, sizes)
    )
    parts = [
        Part(place.part_key(number), number, size_of[number], rows_of[number])
        for number in range(place.parts)
        if rows_of[number]
    ]
    return Dataset(
        bucket=bucket,
        path=place.path,
        kind=place.kind,
        fingerprint=place.fingerprint,
        parts=tuple(parts),
        rows=int(rows.sum()),
        size=int(sizes.sum()),
    )


def prepare(
    content: Content, kind: Kind, name: str, prefix: str, part_bytes: int = PART_BYTES
) -> Prepared:
    """Name the parts of a dataset by its content."""
    return Prepared(content, place_of(content, kind, name, prefix, part_bytes))


def place_of(
    content: Digested, kind: Kind, name: str, prefix: str, part_bytes: int = PART_BYTES
) -> Place:
    """Name the parts of a dataset whose lines may be elsewhere; see :func:`prepare`."""
    size = sum(each.size for each in content.digests)
    parts = layout.part_count(size, part_bytes) if kind == "sequences" else 1
    return Place(kind, prefix, name, fingerprint(content), parts)


def publish(prepared: Prepared, bucket: Bucket, *, at_once: int = PARTS_AT_ONCE) -> Dataset:
    """Write a prepared dataset, each part encoded while others travel, so many at once.

    Every part is verified by its size and its MD5. An exception, Ctrl-C too, cancels what is on its
    way.

    Raises
    ------
    ForeignObjectError
        When an object that this library did not write stands in the way.
    StorageError
        When the store refuses or cannot be reached; what was written stays for the next try.
    """
    dataset = prepared.dataset(bucket.name)
    sent: list[str] = []
    mine = bucket.cancellable()
    with (
        track(UploadProgress, prepared.place.title, total=dataset.size) as advance,
        ThreadPoolExecutor(at_once) as pool,
    ):
        uploads = [pool.submit(put_part, mine, prepared, part) for part in dataset.parts]
        try:
            for upload, part in zip(uploads, dataset.parts, strict=True):
                sent += upload.result()
                advance(part.size)
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            if isinstance(error, KeyboardInterrupt):
                error.add_note("Make the same call again: what was sent is not sent twice.")
            while not all(upload.done() for upload in uploads):
                mine.cancel()
                time.sleep(_TICK)
            raise
    dataset = replace(dataset, sent=tuple(sent))
    return replace(dataset, sent=(*sent, *put_manifest(bucket, prepared.place, dataset)))


def put_part(bucket: Bucket, prepared: Prepared, part: Part) -> list[str]:
    """Write a part unless it is there; return its key when it was written."""
    body = prepared.body(part.number)
    if is_there(bucket, part.key, part.size, body.md5):
        return []
    marks = layout.metadata(prepared.place.fingerprint, part.number)
    bucket.put(part.key, BufferedReader(body, BATCH_BYTES), marks, body.md5)
    return [part.key]


def put_manifest(bucket: Bucket, place: Place, dataset: Dataset) -> list[str]:
    """Write the manifest beside the directory, last: it says that all parts are there."""
    key = place.manifest_key
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
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest
    if is_there(bucket, key, len(body), md5):
        return []
    bucket.put(key, BytesIO(body), layout.metadata(dataset.fingerprint, None), md5)
    return [key]


def is_there(bucket: Bucket, key: str, size: int, md5: Callable[[], str] | None = None) -> bool:
    """Return whether our object of that size is there, and of that content where it is known.

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
    return found.size == size and (md5 is None or bucket.holds(found, md5))


def preview(prepared: Prepared, bucket: Bucket) -> Dataset:
    """Tell what :func:`publish` would write, by the sizes of what is there; nothing is written."""
    return preview_parts(prepared.dataset(bucket.name), bucket)


def preview_parts(dataset: Dataset, bucket: Bucket) -> Dataset:
    """Tell which parts of a described dataset are not in the bucket yet."""
    missing = [p.key for p in dataset.parts if not is_there(bucket, p.key, p.size)]
    return replace(dataset, sent=tuple(missing))


def published_rows(bucket: Bucket, path: str) -> int | None:
    """Return the lines of a directory that this library wrote, as its manifest tells them."""
    key = layout.manifest_of(path)
    found = None if key is None else bucket.head(key)
    if key is None or found is None or not layout.is_ours(key, found.metadata):
        return None
    try:
        told = json.loads(bucket.get(key, 0, min(found.size, _MANIFEST_LIMIT)))
        return int(told["rows"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def withdraw(dataset: Dataset, bucket: Bucket) -> None:
    """Delete the objects that one publishing call wrote, and no others; the manifest first."""
    for key in reversed(dataset.sent):
        found = bucket.head(key)
        if found is not None and layout.is_ours(key, found.metadata):
            bucket.delete(key)
