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
import random
import time
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

import requests
from requests.auth import AuthBase

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
    """Return the signature of one request: Base64 of an HMAC-SHA256.

    The target is path and query as sent, without the host, the timestamp in milliseconds since the
    epoch.

    Examples
    --------
    >>> sign("POST", "/api/v1/x", 1234567890123, "TestAccessKey", "TestSecretKey")
    'J87YYcyixSv9ma1zTNa0dFYg6jsDXXNQedMOhj7cU8s='
    """
    message = f"{method} {target}\n{timestamp}\n{access_key}"
    digest = hmac.new(secret_key.encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class SignatureV2(AuthBase):
    """Signs a prepared request at the moment it is prepared."""

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
    """What is asked, without keys."""

    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None

    @property
    def creates(self) -> bool:
        """Whether sending it twice could make two jobs."""
        return self.method == "POST"

    @property
    def deletes(self) -> bool:
        """Whether nothing is left when it has been done."""
        return self.method == "DELETE"


class Transport:
    """Carries requests to one account's service."""

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

    def call(
        self,
        request: Request,
        read: Callable[[Any], T],
        *,
        take: Callable[[requests.Response], Any] | None = None,
    ) -> T:
        """Send a request, again where that is safe, and return what `read` makes of its answer.

        `read` is given the JSON value of the answer, or what `take` makes of it. An answer that it
        refuses counts as none: a question is asked again, and a create call leaves open whether the
        job exists. That nothing is there any more after a delete request whose answer was lost is
        success.

        Raises
        ------
        ApiError
            When the service refuses.
        ConnectionFailedError, RequestTimeoutError, InvalidAnswerError
            When no readable answer comes.
        AmbiguousCreateError
            When a create call fails so that the job may exist.
        """
        asked, number, unclear = f"{request.method} {request.path}", 0, False
        attempt = partial(self._attempt, request, read, take or partial(_json_value, asked))
        late = partial(_too_late, asked, self._settings.api_url)
        while True:
            self._check_time(asked)
            number += 1
            try:
                return self._deadline.call(partial(attempt, number), late)
            except ServiceError as error:
                unclear = unclear or isinstance(error, _UNCLEAR)
                if unclear and request.deletes and isinstance(error, NotFoundError):
                    return read(None)
                if unclear and request.creates:
                    raise AmbiguousCreateError(
                        f"{asked} failed so that the job may exist: {error}"
                    ) from error
                pause = self._pause(error, number)
                if pause is None:
                    raise
                emit(
                    RequestRetried(
                        method=request.method,
                        path=request.path,
                        attempt=number,
                        reason=type(error).__name__,
                        pause=pause,
                    )
                )
                _log.warning("%s is sent again, after: %s", asked, error)
            self._sleep(pause)

    def download(self, request: Request, into: BinaryIO) -> None:
        """Send a request and write the body of its answer to `into`, replacing what is there."""

        def take(response: requests.Response) -> None:
            into.seek(0)
            into.truncate()
            into.writelines(_bounded(response, DOWNLOAD_LIMIT))

        self.call(request, lambda _: None, take=take)

    def watch(self, hook: Callable[..., None]) -> None:
        """Hand every answer to `hook` as it arrives, refusals included: for diagnosis.

        Parameters
        ----------
        hook : callable
            Called with a ``requests.Response``, which holds the request and its headers, and
            with keyword arguments. Whoever keeps anything of it redacts it first.
        """
        self._session.hooks["response"].append(hook)

    def _check_time(self, asked: str) -> None:
        if self._deadline.left_to_answer() <= 0:
            raise ConnectionFailedError(f"{asked} was not sent in time.")

    def _pause(self, error: ServiceError, number: int) -> float | None:
        """Return the seconds after which a request is sent again; None for never.

        Throttling and a connection that was never made did nothing on the server. Anything else
        may have: a create call does not come here then.
        """
        left, wished = self._deadline.left(), getattr(error, "retry_after", None) or 0.0
        passing = isinstance(error, (Throttled, ConnectionFailedError, *_UNCLEAR))
        ended = number > self._settings.retries or left <= 0
        if not passing or ended or wished > min(_LONGEST_RETRY_AFTER, left):
            return None
        longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (number - 1))
        return min(left, max(wished, random.uniform(0, longest)))  # noqa: S311 - no secret

    def _attempt(
        self,
        request: Request,
        read: Callable[[Any], T],
        take: Callable[[requests.Response], Any],
        number: int,
    ) -> T:
        """Wait for the permit, sign, send; return what is read of an answer that is a success."""
        asked, settings = f"{request.method} {request.path}", self._settings
        self._wait_for_permit(asked)
        emit(RequestSent(method=request.method, path=request.path, attempt=number))
        started = time.monotonic()
        signed = self._signed(request)
        self._check_time(asked)
        left, proxies = self._deadline.left_to_answer(), settings.proxies
        failure = None
        try:
            response = self._session.send(
                signed,
                timeout=(min(settings.connect_timeout, left), min(settings.read_timeout, left)),
                allow_redirects=False,
                stream=True,
                verify=settings.verify,
                proxies=proxies,
            )
        except requests.RequestException as error:
            failure = _failure(asked, settings.api_url, proxies, error)
        if failure is not None:
            raise failure  # here, so that the frames of the other, with its headers, are forgotten
        with response:
            status, seconds = response.status_code, time.monotonic() - started
            emit(
                RequestFinished(
                    method=request.method,
                    path=request.path,
                    attempt=number,
                    status=status,
                    seconds=seconds,
                )
            )
            _log.debug("%s: %d in %.3f s", asked, status, seconds)
            if status != requests.codes.ok:
                body = next(_bounded(response, ANSWER_LIMIT), b"")
                raise refusal(request.method, request.path, response, body, self._clock)
            return read(take(response))

    def _signed(self, request: Request) -> requests.PreparedRequest:
        """Return the request as it goes out: its signature is valid for five minutes."""
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        body = None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(request.body, ensure_ascii=False).encode()
        return self._session.prepare_request(
            requests.Request(
                request.method,
                f"{self._settings.api_url}{request.path}",
                params=request.query,
                data=body,
                headers=headers,
                auth=SignatureV2(self._credentials, self._clock),
            )
        )

    def _wait_for_permit(self, asked: str) -> None:
        """Wait for the account's turn; one that comes after the deadline is not taken."""
        if self._settings.requests_per_second is None:
            return
        scope = self._settings.rate_scope or self._credentials().account
        pace = pace_for(scope, self._settings.requests_per_second)
        if not pace.acquire(self._sleep, self._deadline.left_to_answer()):
            self._sleep(self._deadline.left())
            raise ConnectionFailedError(
                f"{asked} was not sent: the requests of the account that come before it take "
                "longer than the time that is left."
            )

    @property
    def _session(self) -> requests.Session:
        """The connections of this process: two processes must not share one after a fork."""
        if self._connected is None or self._connected[0] != os.getpid():
            self._connected = (os.getpid(), connections())
        return self._connected[1]


def _json_value(asked: str, response: requests.Response) -> Any:
    """Read the body of an answer as JSON."""
    body = b"".join(_bounded(response, ANSWER_LIMIT))
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = type(error).__name__
    raise InvalidAnswerError(f"{asked}: the answer is not JSON ({reason}, {len(body):,} bytes).")


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
            f"The answer broke off after {size:,} bytes ({type(error).__name__})."
        ) from None


def _failure(
    asked: str, url: str, proxies: Mapping[str, str], error: requests.RequestException
) -> ServiceError:
    """Turn an error of requests into ours; its text may hold headers, so only its kind is told."""
    way, reason = f"{url}{through(proxies)}", type(error).__name__
    if was_sent(error):
        if isinstance(error, requests.exceptions.ReadTimeout):
            return RequestTimeoutError(f"{asked}: {way} did not answer in time.")
        return ConnectionBrokenError(f"{asked}: the connection to {way} broke ({reason}).")
    if is_of_certificate(error):
        return ConnectionFailedError(
            f"{asked}: the certificate of {url} was not accepted. Check the clock, the proxy and "
            "ca_bundle; verification is never switched off."
        )
    return ConnectionFailedError(
        f"{asked}: {way} cannot be reached ({reason}). {way_to_look(proxies, proxy_status(error))}"
    )


def _too_late(asked: str, url: str) -> RequestTimeoutError:
    return RequestTimeoutError(f"{asked}: {url} did not answer in the time that was left.")
