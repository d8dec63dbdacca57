"""Connections to the service, which tell whether a request can have been sent over them.

A create call that failed may be sent again only when it never left. Kinds of errors do not tell:
a broken TLS record, an alert or plain text come before a request as well as after it. So what fails
while a connection is made, its certificate and handshake included, is marked there and then.
"""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARK: Final = "came_before_the_request"
#: As http.client says it.
_REFUSED_BY_PROXY: Final = re.compile(r"Tunnel connection failed: (\d{3})")


class _MarkedConnection(HTTPConnection):
    def connect(self) -> None:
        """Connect, and mark what prevents it."""
        try:
            super().connect()
        except Exception as error:
            setattr(error, _MARK, True)
            raise


class _MarkedTlsConnection(_MarkedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _MarkedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _MarkedTlsConnection


_POOLS: Final = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make pools of marked connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Make pools of marked connections through a proxy, too; SOCKS has connections of its own.

        What fails on those counts as sent, which is safe.
        """
        manager = super().proxy_manager_for(*arguments, **options)
        if type(manager) is ProxyManager:
            manager.pool_classes_by_scheme = _POOLS
        return manager


def connections() -> requests.Session:
    """Make a session whose errors :func:`was_sent` understands."""
    session = requests.Session()
    for scheme in _POOLS:
        session.mount(f"{scheme}://", _Adapter())
    return session


def was_sent(error: requests.RequestException) -> bool:
    """Return whether the request may have reached the server before `error`."""
    return not any(hasattr(each, _MARK) for each in _chain(error))


def proxy_status(error: BaseException) -> int | None:
    """Return the HTTP status with which a proxy refused to pass a connection on."""
    refusals = (_REFUSED_BY_PROXY.search(str(each)) for each in _chain(error))
    return next((int(found[1]) for found in refusals if found), None)


def is_of_certificate(error: requests.RequestException) -> bool:
    """Return whether the certificate of the server was not accepted."""
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__
