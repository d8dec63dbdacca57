"""From what s3fs and botocore raise to our errors, with what Object Storage said of itself."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from nclue_pandas.environment import through, way_to_look
from nclue_pandas.errors import (
    BucketNotFoundError,
    ObjectNotFoundError,
    StorageAccessError,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nclue_pandas.config import Credentials, StorageSettings

#: Characters of a message or of an unexpected error that are shown.
_SHOWN: Final = 300
#: Seconds from which Object Storage refuses a request for its time.
_SKEW: Final = 900.0
_FORBIDDEN: Final = frozenset({401, 403})
#: What an operation of S3 does.
_DOES: Final = {
    "list_objects": "list",
    "head_object": "look at",
    "get_object": "read",
    "put_object": "write",
    "delete_object": "delete",
}
_EXPECTED_REGION: Final = re.compile(r"expecting '([\w-]{1,40})'")
_IN_URL: Final = re.compile(r"(?<=://)[^/\s]+@")
_HOST_IT_SAW: Final = re.compile(r"(?m)^host:(\S{1,260})$")


@dataclass(frozen=True)
class Said:
    """What Object Storage says when it refuses.

    Parameters
    ----------
    status : int
        Of HTTP.
    code, message : str
        Its own; the code is the status again where the answer has no body.
    ahead : float or None
        Seconds that this machine's clock is ahead of the store's.
    region : str or None
        The one that it expects, where it says so.
    host : str or None
        The one that the request came with, where it says so.
    """

    status: int
    code: str
    message: str
    ahead: float | None = None
    region: str | None = None
    host: str | None = None

    @property
    def bare(self) -> bool:
        """Whether the answer had no body that could tell."""
        return self.code.isdigit()

    @property
    def words(self) -> str:
        """Code and message for people."""
        return f"{self.code}: {self.message}" if self.message else self.code


def said_by(error: BaseException, keys: Credentials) -> Said | None:
    """Return what the store's answer says, when an error comes from one; never a key."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    if not isinstance(response, dict):
        return None
    told, answer = response.get("Error") or {}, response.get("ResponseMetadata") or {}
    headers: Mapping[str, str] = answer.get("HTTPHeaders") or {}
    message = without_keys(str(told.get("Message") or ""), keys)
    status = answer.get("HTTPStatusCode") or 0
    expected = _EXPECTED_REGION.search(message)
    saw = _HOST_IT_SAW.search(str(told.get("CanonicalRequest") or ""))
    region = told.get("Region") or headers.get("x-amz-bucket-region")
    return Said(
        status,
        without_keys(str(told.get("Code") or status), keys),
        message,
        _ahead(headers.get("date")),
        region or (expected[1] if expected else None),
        saw[1] if saw else None,
    )


def without_keys(text: str, keys: Credentials) -> str:
    """Return the beginning of a text in which no key stands, nor the password of a proxy."""
    hidden = text.replace(keys.secret_key, "***").replace(keys.access_key, "***")
    hidden = _IN_URL.sub("***@", hidden)
    return " ".join(hidden.split())[:_SHOWN]


def _ahead(date: str | None) -> float | None:
    try:
        return time.time() - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError):
        return None


def refused(said: Said, operation: str, url: str, settings: StorageSettings) -> StorageError:
    """Make the error of a request that Object Storage refused or failed."""
    failure = _refusal(said, f"{_DOES.get(operation, operation)} {url}", settings)
    failure.status, failure.code, failure.detail = said.status, said.code, said.message
    return failure


def _refusal(said: Said, what: str, settings: StorageSettings) -> StorageError:
    asked = f"Object Storage refused to {what} ({said.words})."
    if said.code == "RequestTimeTooSkewed" or (said.status in _FORBIDDEN and _is_off(said)):
        return StorageAccessError(
            f"{asked} This machine's clock is {_difference(said)}. Set it, for example with NTP."
        )
    if said.region not in {None, settings.region}:
        return StorageError(
            f"{asked} It expects the region {said.region!r}, and {settings.region!r} was given. "
            f"Give storage={{'region': {said.region!r}}} to connect, or set NCLUE_STORAGE_REGION."
        )
    if said.code == "SignatureDoesNotMatch":
        return _unsigned(said, asked, settings)
    if said.code == "InvalidAccessKeyId":
        return StorageAccessError(
            f"{asked} The access key is unknown at {settings.endpoint}. Check both keys, and that "
            "the endpoint is the one of their account."
        )
    if said.status in _FORBIDDEN:
        return StorageAccessError(
            f"{asked} The key pair has no right to do this. Check both keys and the bucket's "
            f"access control, and that the bucket is at {settings.endpoint}."
        )
    return StorageError(
        f"Object Storage at {settings.endpoint} failed to {what} (HTTP {said.status}, "
        f"{said.words}). Run the same call again: what is there already is not sent twice. If it "
        "stays, check the endpoint, the region and the proxy."
    )


def _unsigned(said: Said, asked: str, settings: StorageSettings) -> StorageError:
    host = urlsplit(settings.endpoint).netloc
    if said.host and said.host != host:
        return StorageAccessError(
            f"{asked} The request came with the host {said.host!r} and was sent to {host!r}: a "
            "proxy in between changes the Host header, which is signed. Let it pass unchanged."
        )
    return StorageAccessError(
        f"{asked} The secret key is wrong (the signature does not match), or something in between "
        "changes requests, such as a proxy that sets another Host. Check both keys first."
    )


def _is_off(said: Said) -> bool:
    return said.ahead is not None and abs(said.ahead) >= _SKEW


def _difference(said: Said) -> str:
    if said.ahead is None:
        return "too far from the store's, which tells no time"
    return f"{abs(said.ahead):,.0f} s {'ahead of' if said.ahead > 0 else 'behind'} the store's"


def not_found(said: Said | None, key: str, settings: StorageSettings) -> StorageError:
    """Make the error of a bucket or an object that is not there."""
    if not key or (said is not None and "bucket" in said.words.lower()):
        failure: StorageError = BucketNotFoundError(
            f"There is no bucket {settings.bucket!r} at {settings.endpoint}. Check its name; "
            "Object Storage and Ncloud Storage are two products with buckets of their own, so "
            "the endpoint may be the wrong one."
        )
    else:
        failure = ObjectNotFoundError(f"There is no object s3://{settings.bucket}/{key}.")
    if said is not None:
        failure.status, failure.code, failure.detail = said.status, said.code, said.message
    return failure


def unreachable(error: Exception, url: str, settings: StorageSettings, said: str) -> StorageError:
    """Make the error of a request that was not answered."""
    refusal = error.__cause__ or error.__context__
    of_proxy = type(refusal).__name__ == "ClientHttpProxyError"  # aiohttp's
    status = getattr(refusal, "status", None) if of_proxy else None
    return StorageError(
        f"Object Storage at {settings.endpoint}{through(settings.proxies)} cannot be reached or "
        f"failed ({type(error).__name__}: {said}) for {url}. "
        f"{way_to_look(settings.proxies, status)} Then run the same call again: what is there "
        "already is not sent twice."
    )


def unusable(error: Exception, url: str, said: str) -> StorageError:
    """Make the error of settings that the libraries do not take, or of an answer of no sense."""
    return StorageError(
        f"{url} cannot be used with the present settings of Object Storage "
        f"({type(error).__name__}: {said}). Check storage= of connect, its options and ca_bundle, "
        "and that the endpoint is one of Object Storage."
    )


def is_of_storage(error: Any) -> bool:
    """Return whether an error comes from the store or the way to it."""
    module = type(error).__module__
    return isinstance(error, OSError) or module.startswith(("botocore", "aiobotocore", "aiohttp"))
