"""Refusals of the service and its gateway, in any of the shapes that NCP uses.

Who asks, and whether they may: headers, clock, signature, pace.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from nclue_pandas.contract import (
    ACCESS_KEY_HEADER,
    CLOCK_TOLERANCE,
    ERROR_CODES,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import Headers

    from nclue_pandas.sandbox.settings import SandboxSettings


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - an answer, not a fault of the program
    """A request is refused.

    Parameters
    ----------
    status : int
        HTTP status.
    code : int
        The service's or the gateway's code.
    message : str
        For people.
    details : str
        More of it.
    """

    status: int
    code: int
    message: str
    details: str = ""


def nclue(code: int, details: str = "") -> Refusal:
    """Refuse with one of the service's own codes."""
    status, name = ERROR_CODES[code]
    return Refusal(status, code, name, details)


def not_found(what: str) -> Refusal:
    """Refuse an unknown feature, task or run: no code is documented for it."""
    return Refusal(404, 404, "NOT_FOUND", f"There is no such {what}.")


def bad_request(details: str) -> Refusal:
    """Refuse what the gateway cannot read."""
    return Refusal(400, 100, "Bad Request Exception", details)


def unauthenticated(details: str) -> Refusal:
    """Refuse keys, clock or signature."""
    return Refusal(401, 200, "Authentication Failed", details)


#: The gateway's other refusals: name -> (HTTP status, code, message, details).
GATEWAY = {
    "not_subscribed": (401, 210, "Permission Denied", "A subscription is required."),
    "no_such_api": (404, 300, "Not Found Exception", "URL not found."),
    "throttled": (429, 410, "Throttle Limited", "At most one request per second."),
    "quota": (429, 400, "Quota Exceeded", "The quota of requests is used up."),
    "error_500": (500, 900, "Unexpected Error", ""),
    "error_503": (503, 500, "Endpoint Error", ""),
    "error_504": (504, 510, "Endpoint Timeout", ""),
}


def gateway(name: str) -> Refusal:
    """Refuse as the gateway does, by a name of :data:`GATEWAY`."""
    return Refusal(*GATEWAY[name])


def render(refusal: Refusal, settings: SandboxSettings) -> tuple[bytes, str]:
    """Return the body and content type of a refusal in the shape that is set."""
    code: int | str = refusal.code if settings.error_codes == "number" else str(refusal.code)
    if settings.error_codes == "name" and refusal.code in ERROR_CODES:
        code = refusal.message
    message = refusal.message + (f": {refusal.details}" if refusal.details else "")
    shape = settings.error_body
    if shape == "empty":
        return b"", "text/plain"
    if shape == "text":
        return message.encode(), "text/plain; charset=utf-8"
    if shape == "html":
        page = f"<html><head><title>Error</title></head><body><h1>{message}</h1></body></html>"
        return page.encode(), "text/html; charset=utf-8"
    bodies: dict[str, dict[str, Any]] = {
        "gateway": {
            "error": {
                "errorCode": code,
                "message": refusal.message,
                "details": refusal.details,
            }
        },
        "flat": {"errorCode": code, "message": message},
        "code_message": {"code": code, "message": message},
        "code_msg": {"code": code, "msg": message},
        "error_code": {"error": {"code": code, "message": message}},
        "status": {"status": {"code": code, "message": message}},
        "response_error": {"responseError": {"returnCode": code, "returnMessage": message}},
        "spring": {
            "timestamp": "2026-01-01T00:00:00.000+00:00",
            "status": refusal.status,
            "error": HTTPStatus(refusal.status).phrase,
            "message": message,
        },
    }
    return json.dumps(bodies[shape], ensure_ascii=False).encode(), "application/json"


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
