"""From an answer that is not a success to the typed error of its meaning."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from nclue_pandas.contract import TRACE_HEADER
from nclue_pandas.errors import (
    ApiError,
    AuthenticationError,
    BackendError,
    InvalidAnswerError,
    ServiceError,
)
from nclue_pandas.errors.codes import CODED
from nclue_pandas.errors.printable import printable
from nclue_pandas.errors.service import GATEWAY
from nclue_pandas.service.error_bodies import ErrorBody, read_error

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

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
    """Make the error of a refused request.

    Parameters
    ----------
    method, path : str
        The request.
    response : requests.Response
        Its status and headers are read.
    body : bytes
        The beginning of the answer.
    clock : callable
        Seconds since the epoch by this machine, to compare with the answer's ``Date``.

    Returns
    -------
    ServiceError
        An :class:`ApiError`, save for redirects and other answers that are no refusal.
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
        trace_id=_trace(response.headers.get(TRACE_HEADER)),
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


def _trace(header: str | None) -> str | None:
    return printable(header[:_TRACE_LIMIT]) if header else None


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
