"""Signature version 2 of NCP's API gateway.

The message is the method, a space, the request target (path and query as on the wire), a line
end, the timestamp, a line end and the access key. Source: NCP's "Common API" page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from requests.auth import AuthBase

from nclue_pandas.contract import ACCESS_KEY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

    from nclue_pandas.config import CredentialsProvider


def sign(method: str, target: str, timestamp: int, access_key: str, secret_key: str) -> str:
    """Return the signature of one request.

    Parameters
    ----------
    method : str
        Upper case.
    target : str
        Path with query, as sent, without the host.
    timestamp : int
        Milliseconds since the epoch.
    access_key, secret_key : str
        The key pair.

    Returns
    -------
    str
        Base64 of an HMAC-SHA256.

    Examples
    --------
    >>> sign("POST", "/api/v1/x", 1234567890123, "TestAccessKey", "TestSecretKey")
    'J87YYcyixSv9ma1zTNa0dFYg6jsDXXNQedMOhj7cU8s='
    """
    message = f"{method} {target}\n{timestamp}\n{access_key}"
    digest = hmac.new(secret_key.encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class SignatureV2(AuthBase):
    """Signs a prepared request at the moment it is prepared.

    Parameters
    ----------
    credentials : callable
        Gives the key pair.
    clock : callable
        Seconds since the epoch.
    """

    def __init__(self, credentials: CredentialsProvider, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        self._clock = clock

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the three headers."""
        keys = self._credentials()
        timestamp = int(self._clock() * 1000)
        request.headers[TIMESTAMP_HEADER] = str(timestamp)
        request.headers[ACCESS_KEY_HEADER] = keys.access_key
        request.headers[SIGNATURE_HEADER] = sign(
            request.method or "", request.path_url, timestamp, keys.access_key, keys.secret_key
        )
        return request
