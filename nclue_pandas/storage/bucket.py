"""One bucket of Object Storage through s3fs, with the settings that NCP needs.

Every object is written by a single PUT and its size is looked at afterwards; listing is
ListObjects V1 only; objects are deleted one by one.
"""

from __future__ import annotations

import asyncio
import os
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from nclue_pandas.config import is_loopback
from nclue_pandas.errors import (
    BucketNotFoundError,
    IncompleteUploadError,
    NclueError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping
    from concurrent.futures import Future
    from datetime import datetime

    from nclue_pandas.config import Credentials, CredentialsProvider, StorageSettings

#: Parts travel at the same time, this many at most.
CONNECTIONS: Final = 8
_TIMEOUTS: Final = {"connect_timeout": 10, "read_timeout": 120}
#: Characters of an unexpected error that are shown.
_SAID_SHOWN: Final = 300
#: NCP answers aws-chunked uploads with 403, so no checksum is sent unless one is required.
_CONFIG: Final = {
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "signature_version": "s3v4",
    "max_pool_connections": 2 * CONNECTIONS,
    "retries": {"max_attempts": 5, "mode": "standard"},
    "s3": {"addressing_style": "path"},
    **_TIMEOUTS,
}

#: Neither AWS variables nor files of AWS' own tools have a say: (file, variable, default, cast).
_NO_AWS: Final = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


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
    """

    key: str
    size: int
    modified: datetime | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


class Bucket:
    """A bucket.

    Parameters
    ----------
    settings : StorageSettings
        Which bucket, and where.
    credentials : callable
        Gives the key pair.
    """

    def __init__(self, settings: StorageSettings, credentials: CredentialsProvider) -> None:
        self._settings = settings
        self._credentials = credentials
        self._connected: tuple[int, Credentials, Any] | None = None
        self._on_way: set[Future[Any]] = set()

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
        self._call("list_objects", "", MaxKeys=1)

    def head(self, key: str) -> ObjectInfo | None:
        """Return what the store says of an object, or None when there is none."""
        try:
            answer = self._call("head_object", key, Key=key)
        except ObjectNotFoundError:
            return None
        metadata = {name.lower(): value for name, value in answer.get("Metadata", {}).items()}
        return ObjectInfo(key, answer["ContentLength"], answer.get("LastModified"), metadata)

    def put(self, key: str, body: BinaryIO, metadata: Mapping[str, str]) -> None:
        """Write an object by a single PUT, and verify its size.

        Parameters
        ----------
        key : str
            In the bucket.
        body : binary file
            Sent from its beginning, and again from there when an attempt fails.
        metadata : mapping
            User metadata.

        Raises
        ------
        IncompleteUploadError
            When the store holds another number of bytes afterwards.
        """
        size = body.seek(0, os.SEEK_END)
        self._ask(key, lambda filesystem: self._sent(filesystem, key, body, metadata))
        stored = self.head(key)
        if stored is None or stored.size != size:
            raise IncompleteUploadError(
                f"{self._url(key)} has {stored.size if stored else 0:,} bytes on the store instead "
                f"of {size:,}. Something between here and the store changes uploads; no job "
                "was created from it."
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

    def get(self, key: str, start: int | None = None, end: int | None = None) -> bytes:
        """Read an object, or its bytes from `start` up to `end`.

        Raises
        ------
        ObjectNotFoundError
            When there is none.
        """
        path = f"{self.name}/{key}"
        body: bytes = self._ask(
            key,
            lambda s3: s3._cat_file(path, start=start, end=end),  # noqa: SLF001 - fsspec's coroutine
        )
        return body

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects below a prefix, in no order, by ListObjects V1."""
        marker = ""
        while True:
            page = self._call("list_objects", prefix, Prefix=prefix, Marker=marker)
            contents = page.get("Contents") or []
            for item in contents:
                yield ObjectInfo(item["Key"], item["Size"], item.get("LastModified"))
            following = max((item["Key"] for item in contents), default="")
            if not page.get("IsTruncated") or following <= marker:
                return
            marker = following

    def delete(self, key: str) -> None:
        """Delete one object; the caller has made sure that it is ours."""
        self._call("delete_object", key, Key=key)

    def _reason(self) -> str:
        """Ask why requests are refused: the answer to a HEAD has no body that could tell."""
        try:
            self._run(lambda s3: _call_s3(s3, "list_objects", Bucket=self.name, MaxKeys=1))
        except OSError as error:
            return f"{error} {error.__cause__}"
        return ""

    def _url(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def _call(self, operation: str, key: str, **arguments: Any) -> Any:
        return self._ask(key, lambda s3: _call_s3(s3, operation, Bucket=self.name, **arguments))

    @property
    def _filesystem(self) -> Any:
        """The s3fs file system of this process and these keys; it is never pickled or inherited."""
        keys = self._credentials()
        if self._connected is None or self._connected[:2] != (os.getpid(), keys):
            self._connected = (os.getpid(), keys, self._connect(keys))
        return self._connected[2]

    def _connect(self, keys: Credentials) -> Any:
        from s3fs import S3FileSystem

        config = dict(_CONFIG)
        if is_loopback(self._settings.endpoint):
            config["proxies"] = {}
        client = {"region_name": self._settings.region}
        if self._settings.ca_bundle:
            client["verify"] = self._settings.ca_bundle
        options: dict[str, Any] = {
            "config_kwargs": config,
            "client_kwargs": client,
            "session": plain_session(),
            "default_fill_cache": False,
            "local_expiry_check": True,
            "skip_instance_cache": True,
            "use_listings_cache": False,
            **self._settings.options,
        }
        return S3FileSystem(
            key=keys.access_key,
            secret=keys.secret_key,
            endpoint_url=self._settings.endpoint,
            **options,
        )

    def _ask(self, key: str, ask: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """Run a request, and turn what s3fs and botocore raise into our errors.

        Ours is raised after theirs is forgotten: the frames of theirs hold keys in plain, which
        reports that show variables would print.
        """
        try:
            return self._run(ask)
        except NclueError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever they raise, the keys are in its frames
            failure = self._translation(key, error)
        raise failure

    def _run(self, ask: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """Run a request in fsspec's thread; it is canceled when the caller is interrupted."""
        filesystem = self._filesystem
        request = asyncio.run_coroutine_threadsafe(ask(filesystem), filesystem.loop)
        self._on_way.add(request)
        try:
            return request.result()
        except BaseException:
            request.cancel()
            raise
        finally:
            self._on_way.discard(request)

    def cancellable(self) -> Bucket:
        """Return the same bucket as another object, whose :meth:`cancel` ends its requests only."""
        _ = self._filesystem  # connected now, so that both share it
        other = copy(self)
        other._on_way = set()  # noqa: SLF001 - of the same class
        return other

    def cancel(self) -> None:
        """Cancel the requests that are on their way; their callers get a StorageError."""
        for request in list(self._on_way):
            request.cancel()

    def _translation(self, key: str, error: Exception) -> StorageError:
        if isinstance(error, FileNotFoundError):
            return self._not_found(key, error)
        if isinstance(error, PermissionError):
            return self._refused(key, error)
        if _is_of_storage(error):
            return StorageError(
                f"Object Storage at {self._settings.endpoint} cannot be reached or failed "
                f"({type(error).__name__}) for {self._url(key)}. Check the network, the endpoint "
                "and the proxy, then run the same call again: what is there already is not sent "
                "twice."
            )
        keys = self._credentials()
        said = str(error).replace(keys.secret_key, "***").replace(keys.access_key, "***")
        return StorageError(
            f"{self._url(key)} cannot be used with the present settings of Object Storage "
            f"({type(error).__name__}: {said[:_SAID_SHOWN]}). Check storage= of connect, its "
            "options and ca_bundle."
        )

    def _not_found(self, key: str, error: Exception) -> StorageError:
        if "bucket" in str(error).lower() or not key:
            return BucketNotFoundError(
                f"There is no bucket {self.name!r} at {self._settings.endpoint}. Check its name; "
                "Object Storage and Ncloud Storage are two products with buckets of their own, so "
                "the endpoint may be the wrong one."
            )
        return ObjectNotFoundError(f"There is no object {self._url(key)}.")

    def _refused(self, key: str, error: Exception) -> StorageAccessError:
        said = f"{error} {error.__cause__} {self._reason()}"
        if "SignatureDoesNotMatch" in said or "signature" in said.lower():
            why = "the secret key is wrong (the signature does not match)"
        elif "InvalidAccessKeyId" in said or "access key" in said.lower():
            why = "the access key is unknown there"
        else:
            why = "the key pair has no right to do this"
        return StorageAccessError(
            f"Object Storage refused {self._url(key)}: {why}. Check both keys and the bucket's "
            f"access control, and that the bucket is at {self._settings.endpoint}."
        )


def plain_session() -> Any:
    """Make a session of botocore that neither AWS variables nor AWS files have a say in."""
    from aiobotocore.session import AioSession

    return AioSession(session_vars=_NO_AWS)


def _call_s3(s3: Any, operation: str, **arguments: Any) -> Coroutine[Any, Any, Any]:
    """Return s3fs' own coroutine of an S3 operation."""
    coroutine: Coroutine[Any, Any, Any] = s3._call_s3(operation, **arguments)  # noqa: SLF001
    return coroutine


def _is_of_storage(error: Exception) -> bool:
    """Return whether an error comes from the store or the way to it."""
    module = type(error).__module__
    return isinstance(error, OSError) or module.startswith(("botocore", "aiobotocore", "aiohttp"))
