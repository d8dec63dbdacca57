"""The connection to Object Storage: s3fs with what NCP needs, and with nothing from elsewhere.

Neither AWS variables and files nor fsspec's configuration have a say. Redirects are refused, and
an answer of the protocol is bounded in size.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from contextvars import ContextVar
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import AioSession
from botocore.loaders import Loader
from s3fs import S3FileSystem

from nclue_pandas.config import merged
from nclue_pandas.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from nclue_pandas.config import Credentials, StorageSettings

T = TypeVar("T")

_log = logging.getLogger("nclue_pandas")

#: Parts travel at the same time, this many at most.
CONNECTIONS: Final = 8
#: Bytes of an answer that is no object: a page of 1,000 keys of 1,024 bytes, percent-encoded.
ANSWER_LIMIT: Final = 4 << 20
#: NCP answers aws-chunked uploads with 403, so no checksum is sent unless one is required.
_CONFIG: Final = {
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "signature_version": "s3v4",
    "max_pool_connections": 2 * CONNECTIONS,
    "retries": {"max_attempts": 5, "mode": "standard"},
    "s3": {"addressing_style": "path"},
    "connect_timeout": 10,
    "read_timeout": 120,
}
_REDIRECTS: Final = range(300, 400)
#: (file, variable, default, cast) of every setting, without its place in files and variables.
_NO_AWS: Final = {
    name: (None, None, default, cast)
    for name, (_, _, default, cast) in AioSession.SESSION_VARIABLES.items()
} | dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
#: What S3 is, as botocore's own files tell it: read once for all connections, nowhere else.
_MODELS: Final = Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


class _FileSystem(S3FileSystem):  # type: ignore[misc]
    """s3fs under a name that no configuration of fsspec can mean."""

    protocol = ()


class _Wire(AIOHTTPSession):  # type: ignore[misc]
    """HTTP that goes nowhere else, and holds no more than an answer may have."""

    async def _get_session(self, proxy_url: str | None) -> Any:
        session = await super()._get_session(proxy_url)
        return SimpleNamespace(request=partial(_asked, session))

    async def send(self, request: Any) -> Any:
        """Send a request; refuse answers that lead elsewhere or are too large."""
        answer = await super().send(request)
        if answer.status_code in _REDIRECTS:
            answer.raw.close()
            raise StorageError(
                f"Object Storage answered with HTTP {answer.status_code}, which leads elsewhere. "
                "Redirects are not followed, so that no request and no scores come from another "
                "server. Check the endpoint and a proxy in between."
            )
        if not request.stream_output or answer.status_code >= _REDIRECTS.stop:
            size = len(await answer.content)
            if size > ANSWER_LIMIT:
                raise StorageError(
                    f"The answer of Object Storage is larger than {ANSWER_LIMIT:,} bytes, which "
                    "none of its answers is. Check the endpoint and a proxy in between."
                )
        return answer


async def _asked(session: Any, method: str, **options: Any) -> Any:
    """Ask without following redirects; what is read at once is read as far as it may be."""
    answer = await session.request(method, allow_redirects=False, **options)

    async def read() -> bytes:
        body = bytearray()
        # aiohttp's own timer is gone once the connection is, and a body that it could not decode
        # is waited for without end.
        while piece := await asyncio.wait_for(answer.content.readany(), session.timeout.sock_read):
            body += piece
            if len(body) > ANSWER_LIMIT:
                answer.close()
                break
        return bytes(body)

    answer.read = read
    return answer


def open_filesystem(settings: StorageSettings, keys: Credentials) -> S3FileSystem:
    """Make the file system of some keys; nothing is asked yet.

    The keys are in plain inside of what is made, which is never pickled.
    """
    ours = {
        "config_kwargs": {**_CONFIG, "proxies": settings.proxies},
        "client_kwargs": {"region_name": settings.region, "verify": settings.verify},
        "default_fill_cache": False,
        "local_expiry_check": True,
        "skip_instance_cache": True,
        "use_listings_cache": False,
    }
    options = merged(ours, settings.options)
    options["config_kwargs"]["http_session_cls"] = _Wire
    options["session"] = options.get("session") or plain_session()
    return _FileSystem(
        key=keys.access_key, secret=keys.secret_key, endpoint_url=settings.endpoint, **options
    )


def plain_session() -> AioSession:
    """Make a session of botocore that neither AWS variables nor AWS files have a say in."""
    session = AioSession(session_vars=_NO_AWS)
    session.register_component("data_loader", _MODELS)
    events = session.get_component("event_emitter")
    events.register_last("before-parameter-build.s3", _stay)
    events.register("request-created.s3", _tell_again)
    return session


#: How often each operation was sent for one request of ours, by botocore and s3fs.
_sent: ContextVar[Counter[str]] = ContextVar("sent")


async def counted(request: Coroutine[Any, Any, T]) -> T:
    """Let the attempts at a request be counted, and all but the first be logged."""
    _sent.set(Counter())
    return await request


def _tell_again(operation_name: str, **_: Any) -> None:
    sent = _sent.get(Counter())
    sent[operation_name] += 1
    if sent[operation_name] > 1:
        _log.warning(
            "%s is sent to Object Storage again: attempt %d", operation_name, sent[operation_name]
        )


def _stay(context: dict[str, Any], **_: Any) -> None:
    """Tell botocore that a request was sent on already: a wrong region is an error."""
    context.get("s3_redirect", {})["redirected"] = True
