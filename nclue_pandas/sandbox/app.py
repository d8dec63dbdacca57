"""The web application: from a request to the operation that answers it.

One account of the embedded service: settings, faults, jobs, operations together.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from nclue_pandas.contract import API_PREFIX, FAIL_CODES, TRACE_HEADER
from nclue_pandas.sandbox.faults import Faults, played
from nclue_pandas.sandbox.jobs import Registry, Worker
from nclue_pandas.sandbox.operations import DOWNLOAD_PATH, PATHS, PLURALS, Operations
from nclue_pandas.sandbox.refusals import Gatekeeper, Refusal, bad_request, gateway, nclue, render

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nclue_pandas.sandbox.object_storage import ObjectStorage
    from nclue_pandas.sandbox.settings import SandboxSettings

_ADMIN = "/_sandbox"
_BODY_LIMIT = 2**20


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it arrived.

    Parameters
    ----------
    method, path : str
        As on the wire, without the query.
    operation : str or None
        Such as ``"create_feature"``.
    status : int
        Of the answer; 0 when the connection was dropped.
    arrived : float
        Seconds on the machine's monotonic clock.
    """

    method: str
    path: str
    operation: str | None
    status: int
    arrived: float


def _routes() -> Map:
    rules = [
        Rule(f"{API_PREFIX}{DOWNLOAD_PATH}/<job_id>", endpoint="download_shopping_intent"),
        Rule(f"{API_PREFIX}/openapi.json", endpoint="openapi"),
        Rule(f"{_ADMIN}/settings", endpoint="admin_settings", methods=["GET", "POST"]),
        Rule(f"{_ADMIN}/faults", endpoint="admin_faults", methods=["POST"]),
        Rule(f"{_ADMIN}/requests", endpoint="admin_requests", methods=["GET"]),
    ]
    for kind, path in PATHS.items():
        collection, item = f"{API_PREFIX}{path}", f"{API_PREFIX}{path}/<job_id>"
        rules += [
            Rule(collection, endpoint=f"list_{PLURALS[kind]}", methods=["GET"]),
            Rule(collection, endpoint=f"create_{kind}", methods=["POST"]),
            Rule(item, endpoint=f"get_{kind}", methods=["GET"]),
            Rule(item, endpoint=f"delete_{kind}", methods=["DELETE"]),
        ]
    return Map(rules, strict_slashes=True, merge_slashes=False)


class Application:
    """The service as a WSGI application.

    Parameters
    ----------
    account : Account
        Settings, jobs, faults and operations.
    hosts : set of str
        Values of the Host header that are answered.
    """

    def __init__(self, account: Account, hosts: set[str]) -> None:
        self._account = account
        self._hosts = hosts
        self._routes = _routes()
        self._log = threading.Lock()
        self.requests: list[RecordedRequest] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        arrived = time.monotonic()
        request = Request(environ)
        operation, arguments = self._match(environ)
        status = 0
        try:
            response = self._answer(request, operation, arguments, arrived)
            status = response.status_code
        finally:
            if not request.path.startswith(_ADMIN):
                with self._log:
                    self.requests.append(
                        RecordedRequest(request.method, request.path, operation, status, arrived)
                    )
        self._set_headers(response)
        return response(environ, start_response)

    def _set_headers(self, response: Response) -> None:
        settings = self._account.settings
        response.headers["Date"] = http_date(time.time() + settings.clock_offset)
        if settings.trace:
            response.headers[TRACE_HEADER] = uuid.uuid4().hex
        if (
            response.status_code == HTTPStatus.TOO_MANY_REQUESTS
            and settings.retry_after is not None
        ):
            response.headers["Retry-After"] = f"{settings.retry_after:g}"
        if response.status_code == HTTPStatus.OK and response.mimetype == "application/json":
            response.content_type = settings.content_type

    def _match(self, environ: dict[str, Any]) -> tuple[str | None, dict[str, Any]]:
        try:
            endpoint, arguments = self._routes.bind_to_environ(environ).match()
        except HTTPException:
            return None, {}
        return str(endpoint), dict(arguments)

    def _answer(
        self, request: Request, operation: str | None, arguments: dict[str, Any], arrived: float
    ) -> Response:
        settings = self._account.settings
        try:
            if request.headers.get("Host") not in self._hosts:
                return Response("The Host header names another server.", 403)
            if "Origin" in request.headers:
                return Response("Pages in a browser are not answered.", 403)
            if operation == "openapi" or request.path.startswith(f"{_ADMIN}/"):
                return self._open(request, operation)
            self._check(request, arrived)
            if operation is None:
                raise gateway("no_such_api")
            fault = self._account.faults.strike(operation)
            if fault in FAIL_CODES:
                self._account.registry.fail_next(operation.partition("_")[2], fault)
            return played(fault, lambda: self._act(request, operation, arguments), settings)
        except Refusal as refusal:
            body, kind = render(refusal, settings)
            return Response(body, refusal.status, content_type=kind)

    def _check(self, request: Request, arrived: float) -> None:
        """Check who asks, and how fast."""
        target = request.environ.get("RAW_URI") or request.full_path.rstrip("?")
        now = time.time() + self._account.settings.clock_offset
        gatekeeper = self._account.gatekeeper
        key = gatekeeper.check_signature(request.method, target, request.headers, now)
        if self._account.settings.rate_limit:
            gatekeeper.check_pace(key, arrived)
        if self._account.settings.account == "denied":
            raise nclue(10100)
        if self._account.settings.account == "not_subscribed":
            raise gateway("not_subscribed")

    def _act(self, request: Request, operation: str, arguments: dict[str, Any]) -> Response:
        """Do what an operation asks for."""
        operations = self._account.operations
        verb, _, what = operation.partition("_")
        try:
            if verb == "download":
                return _tsv(operations.download(**arguments), arguments["job_id"])
            if verb == "list":
                kind = next(kind for kind, plural in PLURALS.items() if plural == what)
                return _json(operations.list(kind, request.args))
            if verb == "create":
                return _json(operations.create(what, _body(request)))
            act = operations.get if verb == "get" else operations.delete
            return _json(act(what, **arguments))
        except Refusal as refusal:
            body, kind = render(refusal, self._account.settings)
            return Response(body, refusal.status, content_type=kind)

    def _open(self, request: Request, operation: str | None) -> Response:
        """Answer what needs no signature: the description, and the sandbox's own controls."""
        if operation == "openapi":
            from nclue_pandas.sandbox.openapi import description

            return _json(description(request.host_url.rstrip("/") + API_PREFIX))
        if operation == "admin_requests":
            return _json([vars(request) for request in self.requests])
        try:
            if operation == "admin_settings" and request.method == "POST":
                self._account.configure(**_body(request))
            elif operation == "admin_faults":
                self._account.faults.add(**_body(request))
            elif operation != "admin_settings":
                raise gateway("no_such_api")
        except (TypeError, ValueError) as error:
            raise bad_request(str(error)) from None
        return _json(vars(self._account.settings))


def _body(request: Request) -> Any:
    """Return the JSON value of a request's body."""
    if (request.content_length or 0) > _BODY_LIMIT:
        raise Refusal(413, 430, "Request Entity Too Large")
    try:
        return json.loads(request.get_data(cache=False).decode("utf-8"))
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON.") from None


def _json(answer: Any) -> Response:
    return Response(
        json.dumps(answer, ensure_ascii=False).encode(), content_type="application/json"
    )


def _tsv(text: bytes, job_id: str) -> Response:
    disposition = f'attachment; filename="{job_id}.tsv"'
    return Response(
        text,
        content_type="text/tab-separated-values; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


class Account:
    """The service as one account sees it.

    Parameters
    ----------
    settings : SandboxSettings
        How it behaves.
    storage : ObjectStorage
        The account's Object Storage.
    access_key, secret_key : str
        The account's keys.
    """

    def __init__(
        self,
        settings: SandboxSettings,
        storage: ObjectStorage,
        access_key: str,
        secret_key: str,
    ) -> None:
        self.settings = settings
        self.faults = Faults()
        self.gatekeeper = Gatekeeper({access_key: secret_key})
        worker = Worker(storage, lambda: self.settings, self._disk_usage)
        self.registry = Registry(lambda: self.settings, worker)
        self.operations = Operations(self.registry, storage, lambda: self.settings)

    def configure(self, **changes: Any) -> None:
        """Change settings while the service runs."""
        self.settings = self.settings.changed(**changes)

    def _disk_usage(self) -> int:
        return self.registry.disk_usage()
