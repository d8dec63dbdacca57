"""Who asks, and whether they may: headers, clock, signature, pace."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from typing import TYPE_CHECKING

from nclue_pandas.contract import (
    ACCESS_KEY_HEADER,
    CLOCK_TOLERANCE,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)
from nclue_pandas.sandbox.refusals import gateway, unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import Headers

#: Seconds between two requests of one account.
_INTERVAL = 1.0


class Gatekeeper:
    """Checks every request of the accounts it knows.

    Parameters
    ----------
    secrets : mapping
        Access key -> secret key.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def check_signature(self, method: str, target: str, headers: Headers, now: float) -> str:
        """Return the access key of a request that is rightly signed.

        Parameters
        ----------
        method, target : str
            As on the wire.
        headers : werkzeug.datastructures.Headers
            Of the request.
        now : float
            Seconds since the epoch.

        Raises
        ------
        Refusal
            When a header is absent, the clock is off, or the signature is wrong.
        """
        timestamp, access_key, signature = (
            headers.get(name, "")
            for name in (TIMESTAMP_HEADER, ACCESS_KEY_HEADER, SIGNATURE_HEADER)
        )
        if not (timestamp and access_key and signature):
            raise unauthenticated("Authentication information are missing.")
        secret = self._secrets.get(access_key)
        message = f"{method} {target}\n{timestamp}\n{access_key}"
        digest = hmac.new((secret or "").encode(), message.encode(), hashlib.sha256).digest()
        right = hmac.compare_digest(base64.b64encode(digest), signature.encode())
        if secret is None or not right or not _is_recent(timestamp, now):
            raise unauthenticated("Invalid authentication information.")
        return access_key

    def check_pace(self, access_key: str, arrived: float) -> None:
        """Refuse a request that arrives within a second of the account's last accepted one."""
        with self._lock:
            last = self._last.get(access_key)
            if last is not None and arrived - last < _INTERVAL:
                raise gateway("throttled")
            self._last[access_key] = arrived


def _is_recent(timestamp: str, now: float) -> bool:
    try:
        return abs(int(timestamp) / 1000 - now) < CLOCK_TOLERANCE
    except (ValueError, OverflowError):
        return False
