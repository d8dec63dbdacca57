"""One request to the service: permit, sign, send, decode; again where that is safe.

Every attempt waits for its permit first and is signed after it, because a signature is valid for
five minutes only. Redirects are refused, answers are bounded in size, and nothing that is logged
or raised holds a key. Under a deadline, permits, attempts and the pauses between them take no more
than the time that is left.

Signature version 2 of NCP's API gateway. The message is the method, a space, the request target
(path and query as on the wire), a line end, the timestamp, a line end and the access key. Source:
NCP's "Common API" page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import time
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import requests
from requests.auth import AuthBase
from tenacity import RetryCallState, Retrying, retry_if_exception
from tenacity.wait import wait_random_exponential

from nclue_pandas.contract import ACCESS_KEY_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER
from nclue_pandas.deadline import NEVER
from nclue_pandas.environment import through, way_to_look
from nclue_pandas.errors import (
    AmbiguousCreateError,
    BackendError,
    ConnectionBrokenError,
    ConnectionFailedError,
    InvalidAnswerError,
    NotFoundError,
    RequestTimeoutError,
    ServiceError,
    Throttled,
)
from nclue_pandas.progress import RequestFinished, RequestRetried, RequestSent, emit
from nclue_pandas.service.connections import connections, is_of_certificate, proxy_status, was_sent
from nclue_pandas.service.pace import pace_for
from nclue_pandas.service.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import PreparedRequest

    from nclue_pandas.config import CredentialsProvider, ServiceSettings
    from nclue_pandas.deadline import Deadline


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


T = TypeVar("T")
_log = logging.getLogger("nclue_pandas")
#: A JSON answer is at most this large, decompressed; a page of 100 jobs is below 1 MiB.
ANSWER_LIMIT: Final = 16 * 2**20
#: A downloaded profile is at most this large.
DOWNLOAD_LIMIT: Final = 2 * 2**30
_CHUNK: Final = 64 * 2**10
#: Seconds before the second attempt, doubling up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0
#: After these the work may have been done.
_UNCLEAR: Final = (BackendError, ConnectionBrokenError, InvalidAnswerError, RequestTimeoutError)
#: A Retry-After above this is not waited for.
_LONGEST_RETRY_AFTER: Final = 60.0


@dataclass(frozen=True)
class Request:
    """What is asked, without keys.

    Parameters
    ----------
    method : str
        GET, POST or DELETE.
    path : str
        Below the base URL, such as ``"/features"``.
    query : mapping, optional
        Query parameters.
    body : mapping, optional
        Sent as JSON.
    """

    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None

    @property
    def creates(self) -> bool:
        """Whether sending it twice could make two jobs."""
        return self.method == "POST"


class Transport:
    """Carries requests to one account's service.

    Parameters
    ----------
    settings : ServiceSettings
        Where the service is and how it is asked.
    credentials : callable
        Gives the key pair.
    clock : callable
        Seconds since the epoch, for signatures.
    sleep : callable
        Waits for that many seconds.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        credentials: CredentialsProvider,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._clock = clock
        self._sleep = sleep
        self._connected: tuple[int, requests.Session] | None = None
        self._deadline = NEVER

    def within(self, deadline: Deadline) -> Transport:
        """Return the same transport, whose every request ends by a deadline."""
        _ = self._session  # connected now, so that both share it
        other = copy(self)
        other._deadline = deadline  # noqa: SLF001 - of the same class
        return other

    def call(self, request: Request, read: Callable[[Any], T]) -> T:
        """Send a request and return what `read` makes of the JSON value of its answer.

        An answer that `read` refuses counts as none: a question is asked again, and a create
        call leaves open whether the job exists.

        Raises
        ------
        ApiError
            When the service refuses.
        ConnectionFailedError, RequestTimeoutError, InvalidAnswerError
            When no readable answer comes.
        AmbiguousCreateError
            When a create call fails so that the job may exist.
        """
        return self._repeated(request, lambda number: read(self._ask(request, number)))

    def download(self, request: Request, into: BinaryIO) -> None:
        """Send a request and write the body of its answer to `into`, replacing what is there."""

        def attempt(number: int) -> None:
            into.seek(0)
            into.truncate()
            with self._send(request, number) as response:
                into.writelines(_bounded(response, DOWNLOAD_LIMIT))

        self._repeated(request, attempt)

    def watch(self, hook: Callable[..., None]) -> None:
        """Hand every answer to `hook` as it arrives, refusals included: for diagnosis.

        Parameters
        ----------
        hook : callable
            Called with a ``requests.Response``, which holds the request and its headers, and
            with keyword arguments. Whoever keeps anything of it redacts it first.
        """
        self._session.hooks["response"].append(hook)

    def delete(self, request: Request) -> None:
        """Send a delete request; that nothing is there any more after a lost answer is success."""
        unclear = False

        def attempt(number: int) -> None:
            nonlocal unclear
            try:
                self._ask(request, number)
            except _UNCLEAR:
                unclear = True
                raise
            except NotFoundError:
                if not unclear:
                    raise

        self._repeated(request, attempt)

    def _repeated(self, request: Request, attempt: Callable[[int], T]) -> T:
        deadline, numbers = self._deadline, count(1)
        retrying = Retrying(
            stop=self._is_enough,
            wait=lambda state: min(_pause(state), deadline.left()),
            retry=retry_if_exception(lambda error: self._may_repeat(request, error)),
            sleep=self._sleep,
            before_sleep=lambda state: _tell_retry(request, state),
            reraise=True,
        )
        try:
            return retrying(lambda: self._in_time(request, lambda: attempt(next(numbers))))
        except _UNCLEAR as error:
            if not request.creates:
                raise
            raise AmbiguousCreateError(
                f"{request.method} {request.path} failed so that the job may exist: {error}"
            ) from error

    def _in_time(self, request: Request, attempt: Callable[[], T]) -> T:
        """Make an attempt that ends by the deadline; none is begun after it."""
        self._check_time(request)
        late = partial(_too_late, request, self._settings.api_url)
        return self._deadline.call(attempt, late)

    def _check_time(self, request: Request) -> None:
        if self._deadline.left_to_answer() <= 0:
            raise ConnectionFailedError(f"{request.method} {request.path} was not sent in time.")

    def _is_enough(self, state: RetryCallState) -> bool:
        return state.attempt_number > self._settings.retries or self._deadline.left() <= 0

    def _may_repeat(self, request: Request, error: BaseException) -> bool:
        """Return whether the same request may be sent again after `error`.

        Throttling and a connection that was never made did nothing on the server. Anything else
        may have, which matters for a create call only.
        """
        if _retry_after(error) > min(_LONGEST_RETRY_AFTER, self._deadline.left()):
            return False
        if isinstance(error, (Throttled, ConnectionFailedError)):
            return True
        return isinstance(error, _UNCLEAR) and not request.creates

    def _ask(self, request: Request, number: int) -> Any:
        with self._send(request, number) as response:
            body = b"".join(_bounded(response, ANSWER_LIMIT))
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidAnswerError(
                f"{request.method} {request.path}: the answer is not JSON "
                f"({type(error).__name__}, {len(body):,} bytes)."
            ) from None

    def _send(self, request: Request, number: int) -> requests.Response:
        """Wait for the permit, sign, send; return an answer that is a success."""
        self._wait_for_permit(request)
        emit(RequestSent(method=request.method, path=request.path, attempt=number))
        started = time.monotonic()
        prepared = self._session.prepare_request(
            requests.Request(
                request.method,
                f"{self._settings.api_url}{request.path}",
                params=request.query,
                data=_json_body(request.body),
                headers=_headers(request),
                auth=SignatureV2(self._credentials, self._clock),
            )
        )
        response = self._wire(request, prepared)
        seconds = time.monotonic() - started
        emit(
            RequestFinished(
                method=request.method,
                path=request.path,
                attempt=number,
                status=response.status_code,
                seconds=seconds,
            )
        )
        _log.debug(
            "%s %s: %d in %.3f s", request.method, request.path, response.status_code, seconds
        )
        if response.status_code != requests.codes.ok:
            with response:
                body = next(_bounded(response, ANSWER_LIMIT), b"")
            raise refusal(request.method, request.path, response, body, self._clock)
        return response

    def _wait_for_permit(self, request: Request) -> None:
        """Wait for the account's turn; one that comes after the deadline is not taken."""
        if self._settings.requests_per_second is None:
            return
        scope = self._settings.rate_scope or self._credentials().account
        pace = pace_for(scope, self._settings.requests_per_second)
        if not pace.acquire(self._sleep, self._deadline.left_to_answer()):
            self._sleep(self._deadline.left())
            raise ConnectionFailedError(
                f"{request.method} {request.path} was not sent: the requests of the account that "
                "come before it take longer than the time that is left."
            )

    def _wire(self, request: Request, prepared: requests.PreparedRequest) -> requests.Response:
        url = self._settings.api_url
        self._check_time(request)
        left = self._deadline.left_to_answer()
        timeout = min(self._settings.connect_timeout, left), min(self._settings.read_timeout, left)
        verify, proxies = self._settings.verify, self._settings.proxies
        try:
            return self._session.send(
                prepared,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
                verify=verify,
                proxies=proxies,
            )
        except requests.RequestException as error:
            failure = _failure(request, url, proxies, error)
        raise failure  # here, so that the frames of the other, with its headers, are forgotten

    @property
    def _session(self) -> requests.Session:
        """The connections of this process: two processes must not share one after a fork."""
        if self._connected is None or self._connected[0] != os.getpid():
            self._connected = (os.getpid(), connections())
        return self._connected[1]


def _json_body(body: Mapping[str, Any] | None) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False).encode()


def _headers(request: Request) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    return headers


def _bounded(response: requests.Response, limit: int) -> Iterator[bytes]:
    """Yield the decoded body, and give up when it grows beyond `limit` bytes.

    Only what was asked for is decoded: encodings within encodings grow by their product.
    """
    size = 0
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip"}:
        raise InvalidAnswerError(f"The answer is encoded as {encoding[:40]!r}, not as asked.")
    try:
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise InvalidAnswerError(f"The answer is larger than {limit:,} bytes.")
            yield chunk
    except requests.RequestException as error:
        raise ConnectionBrokenError(
            f"The answer broke off after {size:,} bytes ({_name(error)})."
        ) from None


def _failure(
    request: Request, url: str, proxies: Mapping[str, str], error: requests.RequestException
) -> ServiceError:
    """Turn an error of requests into ours; its text may hold headers, so only its kind is told."""
    asked = f"{request.method} {request.path}"
    way = f"{url}{through(proxies)}"
    if was_sent(error):
        if isinstance(error, requests.exceptions.ReadTimeout):
            return RequestTimeoutError(f"{asked}: {way} did not answer in time.")
        return ConnectionBrokenError(f"{asked}: the connection to {way} broke ({_name(error)}).")
    if is_of_certificate(error):
        return ConnectionFailedError(
            f"{asked}: the certificate of {url} was not accepted. Check the clock, the proxy and "
            "ca_bundle; verification is never switched off."
        )
    return ConnectionFailedError(
        f"{asked}: {way} cannot be reached ({_name(error)}). "
        f"{way_to_look(proxies, proxy_status(error))}"
    )


def _too_late(request: Request, url: str) -> RequestTimeoutError:
    return RequestTimeoutError(
        f"{request.method} {request.path}: {url} did not answer in the time that was left."
    )


def _name(error: BaseException) -> str:
    return type(error).__name__


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    backoff = wait_random_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE)(state)
    return max(backoff, _retry_after(error))


def _retry_after(error: BaseException | None) -> float:
    return getattr(error, "retry_after", None) or 0.0


def _tell_retry(request: Request, state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    emit(
        RequestRetried(
            method=request.method,
            path=request.path,
            attempt=state.attempt_number,
            reason=_name(error) if error else "unknown",
            pause=state.next_action.sleep if state.next_action else 0.0,
        )
    )
    _log.warning("%s %s is sent again, after: %s", request.method, request.path, error)
