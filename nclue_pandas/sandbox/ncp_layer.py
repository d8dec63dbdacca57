"""What NCP Object Storage refuses and a friendlier S3 server lets pass, as a WSGI layer.

The layer stands in front of an S3 application on loopback. It verifies Signature V4 with
botocore's own signer, and refuses what NCP refuses: payloads sent as ``aws-chunked``, the second
version of the listing, bulk deletes without ``Content-MD5``, conditional requests.
"""

from __future__ import annotations

import hmac
import io
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_UNSIGNED = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_MUST_BE_SIGNED = {"host", "x-amz-content-sha256", "x-amz-date"}
_SKEW = timedelta(minutes=15)


class Refusal(Exception):  # noqa: N818 - an answer of the protocol, not a fault of the program
    """An S3 error answer.

    Parameters
    ----------
    status : str
        HTTP status line.
    code : str
        The S3 error code.
    message : str
        What was wrong with the request.
    """

    def __init__(self, status: str, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as a WSGI application."""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message>"
            f"<Resource>{escape(environ['PATH_INFO'])}</Resource></Error>"
        ).encode("utf-8", "replace")
        if environ["REQUEST_METHOD"] == "HEAD":
            body = b""
        headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
        start_response(self.status, headers)
        return [body]


def _forbidden(code: str, message: str) -> Refusal:
    return Refusal("403 Forbidden", code, message)


def _bad_request(code: str, message: str) -> Refusal:
    return Refusal("400 Bad Request", code, message)


def _not_implemented(message: str) -> Refusal:
    return Refusal("501 Not Implemented", "NotImplemented", message)


@dataclass(frozen=True)
class Authorization:
    """The ``Authorization`` header of Signature V4, taken apart.

    Parameters
    ----------
    access_key, date, region, service : str
        The credential and its scope.
    signed_headers : tuple of str
        Names of the headers that the signature covers, in lower case.
    signature : str
        Hexadecimal digits.
    """

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @classmethod
    def parse(cls, header: str) -> Authorization:
        """Take the header apart; refuse requests without one, or with another scheme."""
        scheme, _, rest = header.partition(" ")
        if scheme != _ALGORITHM:
            raise _forbidden("AccessDenied", "The request is not signed with Signature V4.")
        fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        scope = fields.get("Credential", "").rsplit("/", 4)
        if len(scope) != len(("key", "date", "region", "service", "request")):
            raise _bad_request("AuthorizationHeaderMalformed", "The credential scope is malformed.")
        access_key, date, region, service, _ = scope
        return cls(
            access_key=access_key,
            date=date,
            region=region,
            service=service,
            signed_headers=tuple(fields.get("SignedHeaders", "").split(";")),
            signature=fields.get("Signature", ""),
        )


class NcpLayer:
    """WSGI middleware that refuses what NCP refuses.

    Parameters
    ----------
    application : callable
        The S3 application behind.
    access_key, secret_key : str
        The one account.
    region : str
        Region name that signatures must name.
    """

    def __init__(
        self, application: Application, *, access_key: str, secret_key: str, region: str
    ) -> None:
        self._application = application
        self._access_key = access_key
        self._region = region
        self._signer = S3SigV4Auth(Credentials(access_key, secret_key), "s3", region)

    def __repr__(self) -> str:
        return f"NcpLayer(access_key={self._access_key!r}, region={self._region!r})"

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Check the request, then hand it on."""
        try:
            self._check(environ)
        except Refusal as refusal:
            return refusal(environ, start_response)
        return self._application(environ, start_response)

    def _check(self, environ: Environ) -> None:
        self._check_signature(environ)
        _check_features(environ)
        body = _read_body(environ)
        _check_digests(environ, body)

    def _check_signature(self, environ: Environ) -> None:
        claim = Authorization.parse(environ.get("HTTP_AUTHORIZATION", ""))
        if not _same(claim.access_key, self._access_key):
            raise _forbidden("InvalidAccessKeyId", "The access key does not exist.")
        if (claim.region, claim.service) != (self._region, "s3"):
            raise _bad_request(
                "AuthorizationHeaderMalformed",
                f"The region {claim.region!r} is wrong; expecting {self._region!r}.",
            )
        if not set(claim.signed_headers) >= _MUST_BE_SIGNED:
            raise _forbidden(
                "AccessDenied", "There were headers in the request which were not signed."
            )
        timestamp = environ.get("HTTP_X_AMZ_DATE", "")
        _check_clock(timestamp, claim.date)
        request = _rebuilt(environ, claim, timestamp)
        canonical = self._signer.canonical_request(request)
        expected = self._signer.signature(self._signer.string_to_sign(request, canonical), request)
        if not _same(claim.signature, expected):
            raise _forbidden(
                "SignatureDoesNotMatch",
                "The signature of the request does not match; check the secret key.",
            )


def _same(left: str, right: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())


def _check_clock(timestamp: str, date: str) -> None:
    try:
        sent = datetime.strptime(timestamp, _DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise _forbidden("AccessDenied", "The x-amz-date header is missing or malformed.") from None
    if not timestamp.startswith(date) or abs(datetime.now(UTC) - sent) > _SKEW:
        raise _forbidden("RequestTimeTooSkewed", "The clock of the client is off.")


def _rebuilt(environ: Environ, claim: Authorization, timestamp: str) -> AWSRequest:
    """Return the request as the client signed it."""
    headers = {name: environ.get(_variable(name), "") for name in claim.signed_headers}
    request = AWSRequest(
        method=environ["REQUEST_METHOD"],
        url=f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}{environ['RAW_URI']}",
        headers=headers,
    )
    request.context["timestamp"] = timestamp
    return request


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"


def _check_features(environ: Environ) -> None:
    """Refuse what NCP does not have, before the body is read."""
    if environ.get("HTTP_X_AMZ_CONTENT_SHA256", "").startswith("STREAMING-"):
        raise _forbidden("AccessDenied", "Payloads in signed chunks are not supported.")
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if query.get("list-type") == ["2"]:
        raise _not_implemented("Version 2 of the object listing is not supported.")
    if "delete" in query and not environ.get("HTTP_CONTENT_MD5"):
        raise _bad_request("InvalidRequest", "Missing required header: Content-MD5.")
    for condition in ("IF_MATCH", "IF_NONE_MATCH"):
        if environ.get(f"HTTP_{condition}"):
            raise _not_implemented("Conditional requests are not supported.")


def _read_body(environ: Environ) -> bytes:
    """Read the body, and put it back for the application behind."""
    source = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body: bytes = source.read()
    else:
        body = source.read(int(environ.get("CONTENT_LENGTH") or 0))
        if len(body) < int(environ.get("CONTENT_LENGTH") or 0):
            raise _bad_request("IncompleteBody", "The body ended before its announced length.")
    environ["wsgi.input"] = io.BytesIO(body)
    environ["wsgi.input_terminated"] = True  # spares werkzeug a copy of the body in small steps
    return body


def _check_digests(environ: Environ, body: bytes) -> None:
    claimed = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "")
    if claimed != _UNSIGNED and not _same(claimed, sha256(body).hexdigest()):
        raise _bad_request(
            "XAmzContentSHA256Mismatch", "The body does not have the SHA-256 that was signed."
        )
    wanted = environ.get("HTTP_CONTENT_MD5")
    if wanted and not _same(wanted, b64encode(md5(body, usedforsecurity=False).digest()).decode()):
        raise _bad_request("BadDigest", "The body does not have the MD5 of Content-MD5.")
