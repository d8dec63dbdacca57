"""An S3-compatible store on loopback that behaves like NCP Object Storage.

moto is the S3 server; :class:`~nclue_pandas.sandbox.ncp_layer.NcpLayer` in front of it refuses
what NCP refuses. moto keeps its state per process and per account: every store has an account id
and a name space of buckets of its own, so that several stores in one process never meet.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.exceptions import BucketAlreadyExists, MissingBucket
from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends
from werkzeug.serving import WSGIRequestHandler, make_server

from nclue_pandas.sandbox.ncp_layer import Application, Environ, NcpLayer, Refusal, StartResponse

if TYPE_CHECKING:
    from ssl import SSLContext

    from werkzeug.serving import BaseWSGIServer

_HOST = "127.0.0.1"
#: A server looks so often whether it is to stop.
STOP_SECONDS = 0.02
#: moto files everything outside China and the government clouds under this name.
_PARTITION = "aws"

RequestHook = Callable[[Environ], Application | None]
AnswerHook = Callable[[Environ], None]


@dataclass(frozen=True)
class StoredRequest:
    """One request that arrived at the store.

    Parameters
    ----------
    method, path, query : str
        As they came over the wire, the path percent-encoded.
    status : int
        HTTP status of the answer; 0 when the connection was dropped instead.
    """

    method: str
    path: str
    query: str
    status: int


class ObjectStorage:
    """A store of its own on 127.0.0.1.

    Parameters
    ----------
    access_key, secret_key : str
        The one account that may use it.
    region : str
        Name that signatures must carry.
    port : int
        0 chooses a free one.
    ssl : ssl.SSLContext, optional
        Serve https with this certificate.
    strict : bool
        Refuse what NCP refuses, and verify signatures. False lets every request pass to moto.

    Attributes
    ----------
    requests : list of StoredRequest
        What has arrived so far.
    hosts : set of str
        Values of the Host header that are answered: its own, once it runs.
    on_request : callable, optional
        Fault hook: gets the WSGI environment before anything is done. It may return a WSGI
        application that answers instead, sleep, or raise :class:`ConnectionResetError` to drop
        the connection.
    on_answer : callable, optional
        Fault hook: gets the WSGI environment after the work is done and before the answer is
        sent; raising :class:`ConnectionResetError` loses the answer.

    Examples
    --------
    >>> with ObjectStorage("KEY", "SECRET") as store:
    ...     store.create_bucket("shop")
    ...     store.put("shop", "a/b.csv", b"u1")
    ...     store.list("shop"), store.get("shop", "a/b.csv")
    ({'a/b.csv': 2}, b'u1')
    """

    def __init__(
        self,
        access_key: str,
        secret_key: str,
        *,
        region: str = "kr-standard",
        port: int = 0,
        ssl: SSLContext | None = None,
        strict: bool = True,
    ) -> None:
        self.access_key = access_key
        self.region = region
        self.requests: list[StoredRequest] = []
        self.hosts: set[str] = set()
        self.on_request: RequestHook | None = None
        self.on_answer: AnswerHook | None = None
        self._port = port
        self._ssl = ssl
        self._account = _new_account()
        self._application: Application = DomainDispatcherApplication(create_backend_app)
        if strict:
            self._application = NcpLayer(
                self._application, access_key=access_key, secret_key=secret_key, region=region
            )
        self._server: BaseWSGIServer | None = None

    def __repr__(self) -> str:
        state = self.endpoint if self._server else "stopped"
        return f"<ObjectStorage {state}, region {self.region}>"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        """URL of the running store."""
        if self._server is None:
            raise RuntimeError("The store is not running: call start() first.")
        scheme = "https" if self._ssl else "http"
        return f"{scheme}://{_HOST}:{self._server.port}"

    def start(self) -> None:
        """Listen on 127.0.0.1 until :meth:`stop`."""
        s3_backends[self._account][_PARTITION] = _IsolatedBackend(_PARTITION, self._account)
        self._server = make_server(
            _HOST,
            self._port,
            self._serve,
            threaded=True,
            request_handler=_Handler,
            ssl_context=self._ssl,
        )
        self.hosts |= {f"{host}:{self._server.port}" for host in (_HOST, "localhost")}
        threading.Thread(
            target=self._server.serve_forever,
            args=(STOP_SECONDS,),
            name="nclue-object-storage",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Stop listening and forget every object."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        self._backend.dispose()
        del s3_backends[self._account]

    def create_bucket(self, name: str) -> None:
        """Create a bucket."""
        self._backend.create_bucket(name, self.region)

    def put(
        self, bucket: str, key: str, body: bytes, metadata: Mapping[str, str] | None = None
    ) -> None:
        """Write an object, or replace it."""
        stored = self._backend.put_object(bucket, key, bytes(body))
        stored.set_metadata({f"x-amz-meta-{name}": text for name, text in (metadata or {}).items()})
        _ = stored.etag  # computed now: moto reads the value without its lock for it

    def get(self, bucket: str, key: str) -> bytes:
        """Read an object.

        Raises
        ------
        KeyError
            When there is no such bucket or object.
        """
        value: bytes = self._key(bucket, key).value
        return value

    def metadata(self, bucket: str, key: str) -> dict[str, str]:
        """Return the user metadata of an object, names in lower case."""
        prefix = "x-amz-meta-"
        return {
            name.removeprefix(prefix): text
            for name, text in self._key(bucket, key).metadata.items()
            if name.startswith(prefix)
        }

    def list(self, bucket: str, prefix: str = "") -> dict[str, int]:
        """Return the sizes of the objects by key, in order of the keys.

        Raises
        ------
        KeyError
            When there is no such bucket.
        """
        keys = self._bucket(bucket).keys
        return {name: keys[name].size for name in sorted(keys) if name.startswith(prefix)}

    def delete(self, bucket: str, key: str) -> None:
        """Delete an object.

        Raises
        ------
        KeyError
            When there is no such bucket or object.
        """
        self._key(bucket, key)
        self._backend.delete_object(bucket, key)

    def has_bucket(self, name: str) -> bool:
        """Tell whether the bucket exists."""
        return name in self._backend.buckets

    def uploads(self, bucket: str) -> int:
        """Count the multipart uploads that are neither completed nor aborted."""
        return len(self._bucket(bucket).multiparts)

    @property
    def _backend(self) -> _IsolatedBackend:
        backend: _IsolatedBackend = s3_backends[self._account][_PARTITION]
        return backend

    def _bucket(self, name: str) -> FakeBucket:
        if not self.has_bucket(name):
            raise KeyError(name)
        return self._backend.buckets[name]

    def _key(self, bucket: str, key: str) -> FakeKey:
        return self._bucket(bucket).keys[key]

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen: list[str] = []

        def started(status: str, *rest: Any) -> Any:
            seen[:] = [status]
            return start_response(status, *rest)

        try:
            answer = self._answering(environ)(environ, started)
            if self.on_answer is not None:
                self.on_answer(environ)
        except ConnectionError:
            seen.clear()
            raise
        finally:
            self.requests.append(_recorded(environ, seen))
        return answer

    def _answering(self, environ: Environ) -> Application:
        if environ.get("HTTP_HOST") not in self.hosts:
            return Refusal("403 Forbidden", "AccessDenied", "The Host header names another server.")
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = self._account
        instead = self.on_request(environ) if self.on_request else None
        return instead or self._application


class _IsolatedBackend(S3Backend):  # type: ignore[misc]
    """moto's state of one account, without the name space that all accounts share."""

    def create_bucket(
        self, bucket_name: str, region_name: str, *args: Any, **kwargs: Any
    ) -> FakeBucket:
        if bucket_name in self.buckets:
            raise BucketAlreadyExists(bucket=bucket_name)
        s3_backends.bucket_accounts.pop(bucket_name, None)
        bucket = super().create_bucket(bucket_name, region_name, *args, **kwargs)
        s3_backends.bucket_accounts.pop(bucket_name, None)
        return bucket

    def get_bucket(self, bucket_name: str) -> FakeBucket:
        if bucket_name not in self.buckets:
            raise MissingBucket(bucket=bucket_name)
        return self.buckets[bucket_name]

    def dispose(self) -> None:
        """Close the files of every object that this account ever had.

        moto's own reset would close those of the other stores in the process too.
        """
        own = [key for key in FakeKey.instances_tracked if key.account_id == self.account_id]
        for key in own:
            key.dispose()
        FakeKey.instances_tracked[:] = [
            key for key in FakeKey.instances_tracked if key.account_id != self.account_id
        ]


class _Handler(WSGIRequestHandler):
    """Serve silently, and close a connection whose answer is dropped."""

    def connection_dropped(self, error: BaseException, environ: Environ | None = None) -> None:
        del error, environ
        self.close_connection = True

    def log(self, *_: object) -> None:
        """Keep the console clean; the store records its requests."""


def _new_account() -> str:
    return "".join(secrets.choice("123456789") for _ in range(12))


def _recorded(environ: Environ, seen: list[str]) -> StoredRequest:
    return StoredRequest(
        method=environ["REQUEST_METHOD"],
        path=environ.get("RAW_URI", quote(environ["PATH_INFO"])).partition("?")[0],
        query=environ.get("QUERY_STRING", ""),
        status=int(seen[0].split()[0]) if seen else 0,
    )
