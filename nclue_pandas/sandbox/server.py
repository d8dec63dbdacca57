"""The embedded service and its Object Storage, on loopback ports of this process."""

from __future__ import annotations

import errno
import secrets
import threading
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

from nclue_pandas.contract import API_PREFIX
from nclue_pandas.sandbox.app import Account, Application, RecordedRequest
from nclue_pandas.sandbox.object_storage import STOP_SECONDS, ObjectStorage
from nclue_pandas.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.serving import BaseWSGIServer

_HOST = "127.0.0.1"
_PORTS = range(2**16)


class Sandbox:
    """The embedded NCLUE with an Object Storage of its own.

    A stand-in for trying, testing and teaching: it speaks the service's contract and learns from
    the text with a linear model. It is not HyperCLOVA X.

    Parameters
    ----------
    settings : SandboxSettings, optional
        How it behaves.
    port, storage_port : int
        0 chooses free ones. Both listen on 127.0.0.1 only.

    Attributes
    ----------
    access_key, secret_key : str
        Made anew for every sandbox.
    bucket, region : str
        The bucket that exists, and the region of the store.

    Raises
    ------
    ValueError
        When a port is none.

    Examples
    --------
    >>> import nclue_pandas as nclue
    >>> with Sandbox() as sandbox, nclue.connect(sandbox) as client:
    ...     len(client.list_tasks())
    0
    """

    region = "kr-standard"
    bucket = "nclue-sandbox"

    def __init__(
        self,
        settings: SandboxSettings | None = None,
        *,
        port: int = 0,
        storage_port: int = 0,
    ) -> None:
        for name, each in {"port": port, "storage_port": storage_port}.items():
            if each not in _PORTS:
                raise ValueError(f"{name}={each}: give a port from 1 to 65535, or 0 for a free one")
        self.access_key = f"SANDBOX{secrets.token_hex(6).upper()}"
        self.secret_key = secrets.token_urlsafe(30)
        self._storage = ObjectStorage(
            self.access_key, self.secret_key, region=self.region, port=storage_port
        )
        self._account = Account(
            settings or SandboxSettings(), self._storage, self.access_key, self.secret_key
        )
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._hosts: set[str] = set()
        self._application = Application(self._account, self._hosts)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Sandbox {self.api_url if self._server else 'stopped'}>"

    def start(self) -> Self:
        """Listen until :meth:`stop`.

        Returns
        -------
        Sandbox
            Itself.

        Raises
        ------
        OSError
            When a port is in use.
        """
        try:
            self._listen()
        except SystemExit:  # werkzeug's way to say so
            self.stop()
            raise OSError(errno.EADDRINUSE, "the port is in use") from None
        return self

    def _listen(self) -> None:
        self._storage.start()
        self._storage.create_bucket(self.bucket)
        self._server = make_server(
            _HOST, self._port, self._application, threaded=True, request_handler=_Handler
        )
        self._hosts |= {f"{host}:{self._server.port}" for host in (_HOST, "localhost")}
        threading.Thread(
            target=self._server.serve_forever,
            args=(STOP_SECONDS,),
            name="nclue-sandbox",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Stop listening and forget everything."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self._account.registry.clear()
        self._storage.stop()

    @property
    def api_url(self) -> str:
        """Base URL of the running service."""
        if self._server is None:
            raise RuntimeError("The sandbox is not running: call start() first.")
        return f"http://{_HOST}:{self._server.port}{API_PREFIX}"

    @property
    def endpoint(self) -> str:
        """URL of the running Object Storage."""
        return self._storage.endpoint

    @property
    def settings(self) -> SandboxSettings:
        """How it behaves now."""
        return self._account.settings

    @property
    def requests(self) -> list[RecordedRequest]:
        """What has arrived at the service so far."""
        return self._application.requests

    @property
    def storage(self) -> ObjectStorage:
        """The Object Storage, for its request log and its fault hooks."""
        return self._storage

    def configure(self, **changes: Any) -> None:
        """Change settings while it runs; see :class:`SandboxSettings`."""
        self._account.configure(**changes)

    def inject(self, fault: str, *, operation: str | None = None, times: int = 1) -> None:
        """Let a fault strike the next requests.

        Parameters
        ----------
        fault : str
            One of :data:`nclue_pandas.sandbox.faults.FAULTS`; a documented fail code lets the
            next job of the create operation fail with it.
        operation : str, optional
            Such as ``"create_feature"``; any by default.
        times : int
            How many requests.
        """
        self._account.faults.add(fault, operation, times)

    def reset(self) -> None:
        """Forget jobs, faults, objects and what has arrived; settings and clock stay."""
        self._account.faults.clear()
        self._account.registry.clear()
        for key in self.objects():
            self._storage.delete(self.bucket, key)
        self.requests.clear()
        self._storage.requests.clear()

    def advance(self, seconds: float) -> None:
        """Let jobs age by so many seconds at once."""
        self._account.registry.advance(seconds)

    def put_object(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> None:
        """Write an object into the bucket."""
        self._storage.put(self.bucket, key, body, metadata)

    def read_object(self, key: str) -> bytes:
        """Read an object of the bucket."""
        return self._storage.get(self.bucket, key)

    def objects(self, prefix: str = "") -> dict[str, int]:
        """Return the sizes of the bucket's objects by key."""
        return self._storage.list(self.bucket, prefix)


class _Handler(WSGIRequestHandler):
    """Serves silently, and closes a connection whose answer is dropped."""

    def connection_dropped(
        self, error: BaseException, environ: dict[str, Any] | None = None
    ) -> None:
        """Close the connection without an answer."""
        del error, environ
        self.close_connection = True

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer; its Date is the application's, whose clock can be set."""
        self.send_response_only(code, message)

    def log(self, *_: object) -> None:
        """Keep the console clean; the sandbox records its requests."""
