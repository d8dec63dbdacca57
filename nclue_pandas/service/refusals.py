"""From an answer that is not a success to the typed error of its meaning.

What a refusal says of itself, in any of the shapes that NCP's services use. The shape for NCLUE's
own codes is undocumented; :func:`read_error` takes every one that was seen on NCP, codes as numbers
or strings, and plain text, HTML and empty bodies.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from nclue_pandas.contract import ERROR_CODES, TRACE_HEADER
from nclue_pandas.errors import (
    ApiError,
    AuthenticationError,
    BackendError,
    InvalidAnswerError,
    ServiceError,
)
from nclue_pandas.errors.base import printable
from nclue_pandas.errors.codes import CODED
from nclue_pandas.errors.service import GATEWAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

_CODE_NAMES = ("errorCode", "code", "returnCode")
_MESSAGE_NAMES = ("message", "msg", "returnMessage", "errorMessage", "error")
_WRAPPERS = ("error", "status", "responseError")
_CODE_HEADER, _MESSAGE_HEADER = "x-ncp-apigw-error-code", "x-ncp-apigw-error-message"
#: A code's name -> the code: bodies may carry either.
_NAMED = {name: code for code, (_, name) in ERROR_CODES.items()}
_TEXT_SHOWN = 300
_INVISIBLE = re.compile(r"(?is)<(script|style|head)\b.*?</\1>|<[^>]*>")


@dataclass(frozen=True)
class ErrorBody:
    """Code and message of a refusal, the service's or the gateway's; the message may be empty."""

    code: int | None
    message: str


def read_error(body: bytes, headers: Mapping[str, str]) -> ErrorBody:
    """Read the body of a refusal; the headers serve where it says nothing.

    Examples
    --------
    >>> read_error(b'{"error": {"errorCode": "210", "message": "Permission Denied"}}', {})
    ErrorBody(code=210, message='Permission Denied')
    >>> read_error(b"<h1>Bad Gateway</h1>", {})
    ErrorBody(code=None, message='Bad Gateway')
    >>> read_error(b'{"code": "DUPLICATE_NAME", "message": "taken"}', {}).code
    10102
    """
    found = _from_json(body) or ErrorBody(None, _plain(body))
    return ErrorBody(
        found.code if found.code is not None else _code(headers.get(_CODE_HEADER)),
        found.message or _short(headers.get(_MESSAGE_HEADER) or ""),
    )


def _from_json(body: bytes) -> ErrorBody | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    inner = next((answer[name] for name in _WRAPPERS if isinstance(answer.get(name), dict)), answer)
    codes = [_code(inner.get(name)) for name in _CODE_NAMES]
    codes += [_named(value) for value in (*inner.values(), *answer.values())]
    code = next((code for code in codes if code is not None), None)
    texts = [inner.get(name) for name in (*_MESSAGE_NAMES, "details")]
    said = [text for text in texts if isinstance(text, str) and text.strip()]
    return ErrorBody(code, _short(": ".join(dict.fromkeys(said))))


def _code(value: Any) -> int | None:
    """Return a code that is written as a number, as text, or by its name."""
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return _named(value)


def _named(value: Any) -> int | None:
    return _NAMED.get(value.strip().upper()) if isinstance(value, str) else None


def _plain(body: bytes) -> str:
    text = body[: 20 * _TEXT_SHOWN].decode("utf-8", "replace")
    return _short(html.unescape(_INVISIBLE.sub(" ", text)))


def _short(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= _TEXT_SHOWN else f"{text[:_TEXT_SHOWN]}…"


#: A trace id is far shorter.
_TRACE_LIMIT = 100
_REDIRECTS, _SERVER_ERRORS = range(300, 400), range(500, 600)


def refusal(
    method: str,
    path: str,
    response: requests.Response,
    body: bytes,
    clock: Callable[[], float],
) -> ServiceError:
    """Make the error of a refused request, of the beginning of its answer.

    It is an :class:`ApiError`, save for redirects and other answers that are no refusal. The clock
    is compared with the answer's ``Date``.
    """
    status = response.status_code
    if status in _REDIRECTS or status < _REDIRECTS.start:
        return InvalidAnswerError(
            f"{method} {path} was answered with HTTP {status}, which the service does not use; "
            "redirects are not followed, so that no signature goes elsewhere."
        )
    said = read_error(body, response.headers)
    kind, extra = error_type(status, said), {}
    if issubclass(kind, AuthenticationError):
        extra["clock_ahead"] = clock_ahead(response.headers.get("Date"), clock())
    error = kind(
        said.message,
        status=status,
        code=said.code,
        trace_id=printable(response.headers.get(TRACE_HEADER, "")[:_TRACE_LIMIT]) or None,
        method=method,
        path=path,
        **extra,
    )
    error.retry_after = _seconds(response.headers.get("Retry-After"))
    return error


def error_type(status: int, said: ErrorBody) -> type[ApiError]:
    """Choose the class: NCLUE's code, then the gateway's, then the HTTP status."""
    if said.code in CODED:
        return CODED[said.code]
    if status in _SERVER_ERRORS:
        return BackendError
    return GATEWAY.get((status, said.code)) or GATEWAY.get((status, None)) or ApiError


def clock_ahead(date: str | None, now: float) -> float | None:
    """Return the seconds that a clock is ahead of an answer's ``Date``; None without one."""
    try:
        return now - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return None


def _seconds(retry_after: str | None) -> float | None:
    """Read seconds, or a date of which the seconds are left; None for what is neither."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    try:
        return float(Retry().parse_retry_after(retry_after)) if retry_after else None
    except (InvalidHeader, ValueError, OverflowError):
        return None
