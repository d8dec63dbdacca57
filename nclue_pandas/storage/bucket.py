"""One bucket of Object Storage through s3fs, with the settings that NCP needs.

Every object is written by a single PUT and its size is looked at afterwards; listing is
ListObjects V1 only; objects are deleted one by one.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import os
import re
import warnings
from concurrent.futures import wait
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

from nclue_pandas.deadline import NEVER
from nclue_pandas.errors import (
    IncompleteUploadError,
    NclueError,
    ObjectChangedError,
    ObjectNotFoundError,
    StorageError,
    StorageTimeoutError,
)
from nclue_pandas.storage import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping
    from concurrent.futures import Future
    from datetime import datetime

    from nclue_pandas.config import Credentials, CredentialsProvider, StorageSettings
    from nclue_pandas.deadline import Deadline

T = TypeVar("T")

_MD5: Final = re.compile("[0-9a-f]{32}")

#: An object that is read whole is at most this large.
OBJECT_LIMIT: Final = 2 << 30
#: Pages of a listing that are read at most, of 1,000 keys each.
PAGE_LIMIT: Final = 10_000
_CHUNK: Final = 256 << 10
#: Seconds before a body that broke off is asked for again.
_PAUSES: Final = (0.1, 0.3, 1.0, 3.0)
#: The HTTP statuses of refusals that a body would explain.
_REFUSALS: Final = frozenset({400, 401, 403})


@dataclass(frozen=True)
class ObjectInfo:
    """What the store says of an object.

    Parameters
    ----------
    key : str
        In the bucket.
    size : int
        Bytes.
    modified : datetime.datetime or None
        When it was written.
    metadata : mapping
        User metadata, names in lower case; empty in listings.
    etag : str
        Changes with the content; empty where the store tells none.
    """

    key: str
    size: int
    modified: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""


class Bucket:
    """A bucket."""

    def __init__(self, settings: StorageSettings, credentials: CredentialsProvider) -> None:
        self._settings = settings
        self._credentials = credentials
        self._connected: tuple[int, Credentials, Any] | None = None
        self._on_way: set[Future[Any]] = set()
        self._etags = {"are MD5": True}
        self.deadline = NEVER

    @property
    def name(self) -> str:
        """The bucket's name."""
        return self._settings.bucket

    def __repr__(self) -> str:
        return f"<Bucket {self.name} at {self._settings.endpoint}>"

    def check(self) -> None:
        """Look whether the bucket is there and may be used: one request.

        Raises
        ------
        BucketNotFoundError, StorageAccessError, StorageError
            When not.
        """
        self._call("list_objects", "", dict, MaxKeys=1)

    def head(self, key: str) -> ObjectInfo | None:
        """Return what the store says of an object, or None when there is none."""

        def read(answer: Any) -> ObjectInfo:
            marks = {name.lower(): value for name, value in answer.get("Metadata", {}).items()}
            changed, etag = answer.get("LastModified"), plain_etag(answer.get("ETag"))
            return ObjectInfo(key, answer["ContentLength"], changed, marks, etag)

        try:
            return self._call("head_object", key, read, Key=key)
        except ObjectNotFoundError:
            return None

    def put(
        self,
        key: str,
        body: BinaryIO,
        metadata: Mapping[str, str],
        md5: Callable[[], str] | None = None,
    ) -> None:
        """Write an object by a single PUT, and verify its size and its content.

        Parameters
        ----------
        key : str
            In the bucket.
        body : binary file
            Sent from its beginning, and again from there when an attempt fails.
        metadata : mapping
            User metadata.
        md5 : callable, optional
            Returns the MD5 of the body in hexadecimal digits, once it was sent.

        Raises
        ------
        IncompleteUploadError
            When the store holds another number of bytes afterwards, or others.
        """
        size = body.seek(0, os.SEEK_END)
        self._ask("put_object", key, lambda s3: self._sent(s3, key, body, metadata))
        stored = self.head(key)
        if stored is None or stored.size != size:
            raise IncompleteUploadError(
                f"{self._url(key)} has {stored.size if stored else 0:,} bytes on the store instead "
                f"of {size:,}. Something between here and the store changes uploads; no job "
                "was created from it."
            )
        if md5 is not None and not self.holds(stored, md5) and not self._holds_read(stored, md5):
            raise IncompleteUploadError(
                f"{self._url(key)} has as many bytes on the store as were sent, {size:,}, but "
                "other ones. Something between here and the store changes uploads; no job was "
                "created from it."
            )

    def holds(self, found: ObjectInfo, md5: Callable[[], str]) -> bool:
        """Return whether an object of the right size has the content of this MD5.

        The ETag of an object that was written by a single PUT is its MD5. Where a store's is none,
        that is said once, and the size alone decides.
        """
        if not self._etags["are MD5"]:
            return True
        if not _MD5.fullmatch(found.etag.lower()):
            self._tell_of_etags()
            return True
        return found.etag.lower() == md5()

    def _holds_read(self, found: ObjectInfo, md5: Callable[[], str]) -> bool:
        """Read what was just written: an ETag that looks like an MD5 may be something else."""
        body = self.get(found.key, 0, found.size)
        if hashlib.md5(body, usedforsecurity=False).hexdigest() != md5():
            return False
        self._tell_of_etags()
        return True

    def _tell_of_etags(self) -> None:
        if self._etags["are MD5"]:
            self._etags["are MD5"] = False
            warnings.warn(
                f"The ETags of {self._settings.endpoint} are no MD5: files there are verified by "
                "their size alone.",
                stacklevel=2,
            )

    async def _sent(
        self, filesystem: Any, key: str, body: BinaryIO, metadata: Mapping[str, str]
    ) -> None:
        """PUT a body as a stream: bytes would be copied whole by the event loop.

        The retries are botocore's, which rewinds the body; s3fs' own would not.
        """
        from s3fs.errors import translate_boto_error

        body.seek(0)
        try:
            await filesystem.set_session()
            client = await filesystem.get_s3(self.name)
            await client.put_object(Bucket=self.name, Key=key, Body=body, Metadata=dict(metadata))
        except Exception as error:
            raise translate_boto_error(error) from error

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Read an object, or its bytes from `start` up to `end`: these, no more and no fewer.

        Raises
        ------
        ObjectNotFoundError
            When there is none.
        ObjectChangedError
            When the store sends other bytes, another number, or more than :data:`OBJECT_LIMIT`.
        """
        return self.get_state(key, start, end)[0]

    def get_state(
        self, key: str, start: int = 0, end: int | None = None
    ) -> tuple[bytes, str, int | None]:
        """Read as :meth:`get` does; return the object's ETag and its size too, where told."""
        if end is not None and end <= start:
            return b"", "", None
        wanted = OBJECT_LIMIT if end is None else end - start
        place = {"Bucket": self.name, "Key": key}
        if end is not None or start:
            place["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        body, answer = self._ask("get_object", key, lambda s3: _content(s3, wanted, place))
        if len(body) > wanted or (end is not None and len(body) < wanted):
            raise ObjectChangedError(
                f"{self._url(key)} was asked for {wanted:,} bytes from {start:,} on and "
                f"{'more' if len(body) > wanted else f'{len(body):,}'} came. The object was "
                "replaced meanwhile, or something in between changes answers: read it again."
            )
        told = answer.get("ContentRange") or f"bytes {start}-"
        if not told.startswith(f"bytes {start}-"):
            raise ObjectChangedError(
                f"{self._url(key)} was asked for its bytes from {start:,} on, and {told!r} came. "
                "Something in between changes answers: read it again without it."
            )
        size = told.rpartition("/")[2]
        return body, plain_etag(answer.get("ETag")), int(size) if size.isdecimal() else None

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below a prefix, in no order, by ListObjects V1.

        Raises
        ------
        StorageError
            When the listing does not end after :data:`PAGE_LIMIT` pages.
        """

        def read(page: Any) -> tuple[list[ObjectInfo], bool]:
            found = [
                ObjectInfo(
                    item["Key"],
                    item["Size"],
                    item.get("LastModified"),
                    etag=plain_etag(item.get("ETag")),
                )
                for item in page.get("Contents") or []
            ]
            return found, bool(page.get("IsTruncated"))

        marker = ""
        for _ in range(PAGE_LIMIT):
            found, more = self._call("list_objects", prefix, read, Prefix=prefix, Marker=marker)
            yield from found
            following = max((info.key for info in found), default="")
            if not more or following <= marker:
                return
            marker = following
        raise StorageError(
            f"The listing of {self._url(prefix)} does not end after {PAGE_LIMIT:,} pages."
        )

    def delete(self, key: str) -> None:
        """Delete one object; the caller has made sure that it is ours."""
        self._call("delete_object", key, dict, Key=key)

    def cancellable(self) -> Bucket:
        """Return the same bucket as another object, whose :meth:`cancel` ends its requests only."""
        self._guarded("put_object", "", self._opened)  # now, so that both share it
        other = copy(self)
        other._on_way = set()  # noqa: SLF001 - of the same class
        return other

    def cancel(self) -> None:
        """Cancel the requests that are on their way; their callers get a StorageError."""
        for request in list(self._on_way):
            request.cancel()

    def _url(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def _call(self, operation: str, key: str, read: Callable[[Any], T], **arguments: Any) -> T:
        """Call an operation of S3, and return what `read` makes of its answer."""

        def work() -> T:
            return read(
                self._run(lambda s3: _call_s3(s3, operation, Bucket=self.name, **arguments))
            )

        return self._guarded(operation, key, work)

    def _ask(self, operation: str, key: str, ask: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        return self._guarded(operation, key, lambda: self._run(ask))

    def _guarded(self, operation: str, key: str, work: Callable[[], T]) -> T:
        """Do what touches the store, and turn what s3fs and botocore raise into our errors.

        Ours is raised after theirs is forgotten: the frames of theirs hold keys in plain, which
        reports that show variables would print. So are the frames of ours that pass through.
        """
        try:
            return work()
        except NclueError as error:
            failure: NclueError = error.with_traceback(None)
        except Exception as error:  # noqa: BLE001 - whatever they raise, the keys are in its frames
            failure = self._translation(operation, key, error)
        failure.__cause__ = failure.__context__ = None
        raise failure

    def _run(self, ask: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
        """Run a request in fsspec's thread; it is canceled when the caller is interrupted.

        It is canceled at the deadline, too, whatever s3fs and botocore are about to repeat.
        """
        filesystem = self._opened()
        from nclue_pandas.storage.connection import counted

        request = asyncio.run_coroutine_threadsafe(counted(ask(filesystem)), filesystem.loop)
        self._on_way.add(request)
        try:
            return self._answer(request)
        except BaseException:
            request.cancel()
            raise
        finally:
            self._on_way.discard(request)

    def _opened(self) -> Any:
        """Return the file system; keys and certificates may take time, but not too much."""
        return self.deadline.call(lambda: self._filesystem, self._late)

    def _answer(self, request: Future[T]) -> T:
        left = self.deadline.left_to_answer()
        if not wait([request], None if left == math.inf else left).done:
            raise self._late()
        return request.result()

    def _late(self) -> StorageTimeoutError:
        return StorageTimeoutError(
            f"Object Storage at {self._settings.endpoint} did not answer in the time that was left."
        )

    def within(self, deadline: Deadline) -> Bucket:
        """Return the same bucket, whose every request ends by a deadline."""
        other = copy(self)
        other._on_way, other.deadline = set(), deadline  # noqa: SLF001 - of the same class
        return other

    @property
    def _filesystem(self) -> Any:
        """The s3fs file system of this process and these keys; it is never pickled or inherited."""
        keys = self._credentials()
        if self._connected is None or self._connected[:2] != (os.getpid(), keys):
            from nclue_pandas.storage.connection import open_filesystem

            self._connected = (os.getpid(), keys, open_filesystem(self._settings, keys))
        return self._connected[2]

    def _translation(self, operation: str, key: str, error: Exception) -> StorageError:
        keys, url = self._credentials(), self._url(key)
        said = refusals.said_by(error, keys)
        if isinstance(error, FileNotFoundError):
            return refusals.not_found(said, key, self._settings)
        if said is not None and said.bare and said.status in _REFUSALS:
            said = self._explained(keys) or said
        if said is not None:
            return refusals.refused(said, operation, url, self._settings)
        text = refusals.without_keys(str(error), keys)
        if refusals.is_of_storage(error):
            return refusals.unreachable(error, url, self._settings, text)
        return refusals.unusable(error, url, text)

    def _explained(self, keys: Credentials) -> refusals.Said | None:
        """Ask why requests are refused: the answer to a HEAD has no body that could tell."""
        try:
            self._run(lambda s3: _call_s3(s3, "list_objects", Bucket=self.name, MaxKeys=1))
        except Exception as error:  # noqa: BLE001 - what it says is all that is wanted
            return refusals.said_by(error, keys)
        return None


def _call_s3(s3: Any, operation: str, **arguments: Any) -> Coroutine[Any, Any, Any]:
    """Return s3fs' own coroutine of an S3 operation."""
    coroutine: Coroutine[Any, Any, Any] = s3._call_s3(operation, **arguments)  # noqa: SLF001
    return coroutine


def plain_etag(etag: str | None) -> str:
    """Return an ETag without its quotes.

    Examples
    --------
    >>> plain_etag('"d41d8cd98f00b204e9800998ecf8427e"'), plain_etag('W/"a"'), plain_etag(None)
    ('d41d8cd98f00b204e9800998ecf8427e', 'a', '')
    """
    return (etag or "").removeprefix("W/").strip('"')


async def _content(
    s3: Any, wanted: int, place: Mapping[str, str]
) -> tuple[bytes, Mapping[str, Any]]:
    """Read an object's body up to a byte more than is wanted; anew where it breaks off."""
    for pause in (*_PAUSES, None):
        answer = await _call_s3(s3, "get_object", **place)
        try:
            return await _body(answer["Body"], wanted), answer
        except Exception as error:
            if pause is None or not refusals.is_of_storage(error):
                raise
        await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


async def _body(stream: Any, wanted: int) -> bytes:
    pieces, size = [], 0
    try:
        while size <= wanted and (piece := await stream.read(min(_CHUNK, wanted + 1 - size))):
            pieces.append(piece)
            size += len(piece)
    finally:
        stream.close()
    return b"".join(pieces)
