"""``doctor``: what stands between this machine and the service, each with a remedy.

Versions of libraries that are known not to work; the gateway, whether it takes the signature, and
whether this machine's clock is right; rights to list, write, look at, read and delete in the
bucket.
"""

from __future__ import annotations

import io
import platform
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Any, Final

from packaging.requirements import Requirement
from packaging.version import Version

import nclue_pandas
from nclue_pandas.cli.account import account_of
from nclue_pandas.cli.findings import Finding, failed
from nclue_pandas.contract import CLOCK_TOLERANCE
from nclue_pandas.credentials import source_of_credentials
from nclue_pandas.errors import (
    ApiError,
    AuthenticationError,
    ConfigurationError,
    CredentialsError,
    ServiceError,
    StorageError,
)
from nclue_pandas.service.operations import Service
from nclue_pandas.service.transport import Transport

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from requests import Response

    from nclue_pandas.cli.account import Account
    from nclue_pandas.cli.record import Record
    from nclue_pandas.storage.bucket import Bucket

#: Seconds that this machine's clock may be off before the doctor warns; the Date header of an
#: answer is exact to a second, and the way takes some time.
_CLOCK_WARNING: Final = 60.0


class Gateway:
    """The service of an account, with an ear on the answers.

    Parameters
    ----------
    account : Account
        Whose service is asked.
    clock : callable
        Seconds since the epoch on this machine.
    """

    def __init__(self, account: Account, clock: Callable[[], float] = time.time) -> None:
        self._url = account.service.api_url
        self._clock = clock
        self._ahead: float | None = None
        self.transport = Transport(account.service, account.credentials, clock=clock)
        self.transport.watch(self._hear)
        self.service = Service(self.transport)

    def findings(self) -> Iterator[Finding]:
        """Ask for one feature, and yield what that tells of gateway, clock and signature."""
        started = time.monotonic()
        try:
            page = self.service.list_features(limit=1)
        except ApiError as error:
            yield Finding("OK", "gateway", f"{self._url} answers.")
            yield from self._clock_finding()
            said = f"Refused: HTTP {error.status}, code {error.code}. {error.cause}"
            yield Finding("FAIL", "signature", said, self._remedy(error))
        except ServiceError as error:
            yield Finding("FAIL", "gateway", str(error), error.remedy)
        else:
            seconds = time.monotonic() - started
            yield Finding("OK", "gateway", f"{self._url} answers in {seconds:.2f} s.")
            yield from self._clock_finding()
            count = "some" if page.total is None else f"{page.total:,}"
            yield Finding("OK", "signature", f"Accepted; the account has {count} features.")

    def _remedy(self, error: ApiError) -> str:
        """Rule out what the clock's finding tells already."""
        if isinstance(error, AuthenticationError) and self._ahead is not None:
            if abs(self._ahead) < CLOCK_TOLERANCE:
                return "The clock is right, so check both keys in the NCP console."
            return "Set the clock first, then see whether the keys are right."
        return error.remedy

    def _hear(self, response: Response, **_: Any) -> None:
        try:
            theirs = parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
        except ValueError:
            return
        self._ahead = self._clock() - theirs

    def _clock_finding(self) -> Iterator[Finding]:
        if self._ahead is None:
            yield Finding("WARN", "clock", "The gateway tells no time.", "Compare it with NTP.")
            return
        off = abs(self._ahead)
        said = f"This machine is {off:.0f} s {'ahead of' if self._ahead > 0 else 'behind'} it."
        if off >= CLOCK_TOLERANCE:
            remedy = (
                f"Set the clock (for example with NTP): from {CLOCK_TOLERANCE:.0f} s on, every "
                "request is refused."
            )
            yield Finding("FAIL", "clock", said, remedy)
        elif off >= _CLOCK_WARNING:
            yield Finding("WARN", "clock", said, "Set the clock, for example with NTP.")
        else:
            yield Finding("OK", "clock", f"Within {_CLOCK_WARNING:.0f} s of the gateway's.")


#: Below it the doctor writes its object, and nothing else does.
PLACE: Final = "nclue/doctor/"
_BODY: Final = b"nclue_pandas was here\n"
_WHERE_RIGHTS: Final = (
    "Give the sub account this right in the NCP console (Object Storage, access control of the "
    "bucket, or the policy of the sub account)."
)


def right_findings(bucket: Bucket) -> Iterator[Finding]:
    """Try every right that is needed, in order, and yield how it went.

    Parameters
    ----------
    bucket : Bucket
        Where; an object of a random name below :data:`PLACE` is written and deleted again.
    """
    trial = _Trial(bucket, f"{PLACE}{secrets.token_hex(8)}.txt")
    listed = _try("list", trial.list)
    yield listed
    if listed.level == "FAIL":
        return
    written = _try("put", trial.put)
    yield written
    if written.level == "FAIL":
        with suppress(StorageError):  # what failed may have left something
            bucket.delete(trial.key)
        return
    for name, action in {"head": trial.head, "get": trial.get, "delete": trial.delete}.items():
        yield _try(name, action)


@dataclass(frozen=True)
class _Trial:
    """One object, and what can be done with it; each says what was found."""

    bucket: Bucket
    key: str

    def list(self) -> str:
        self.bucket.check()
        return f"{self.bucket.name} can be listed."

    def put(self) -> str:
        self.bucket.put(self.key, io.BytesIO(_BODY), {"nclue-pandas": "doctor"})
        return f"{len(_BODY)} bytes written."

    def head(self) -> str:
        found = self.bucket.head(self.key)
        if found is None or found.size != len(_BODY):
            raise StorageError("The object that was written is not there as it was sent.")
        return "Its size is what was sent."

    def get(self) -> str:
        if self.bucket.get(self.key) != _BODY:
            raise StorageError("The object that was written reads otherwise.")
        return "It reads as it was written."

    def delete(self) -> str:
        self.bucket.delete(self.key)
        if self.bucket.head(self.key) is not None:
            raise StorageError(f"{self.key} is still there after it was deleted.")
        return "It is deleted again; nothing is left."


def _try(name: str, action: Callable[[], str]) -> Finding:
    what = f"bucket {name}"
    try:
        return Finding("OK", what, action())
    except StorageError as error:
        no_right = error.code == "AccessDenied"
        return Finding("FAIL", what, str(error), _WHERE_RIGHTS if no_right else error.remedy)


_SHOWN: Final = ("pandas", "pyarrow", "requests", "s3fs", "fsspec", "aiobotocore", "botocore")
#: Oldest version that works, and why.
_OLDEST: Final = {
    "botocore": ("1.36", "older ones know no when_required for checksums and raise TypeError"),
    "s3fs": ("2026.6", "older ones have no local_expiry_check and send If-Match on reads"),
    "pandas": ("2.2.3", "older ones were never tested"),
    "pyarrow": ("18", "older ones were never tested"),
}
#: Libraries that pin others narrowly: whoever is installed alone breaks its partner.
_COUPLED: Final = {
    "s3fs": ("fsspec", "aiobotocore"),
    "aiobotocore": ("botocore",),
    "boto3": ("botocore", "s3transfer"),
}


def version_findings() -> Iterator[Finding]:
    """Yield one line of versions, and a line for everything that is wrong with them."""
    shown = ", ".join(f"{name} {_version(name) or 'missing'}" for name in _SHOWN)
    python = platform.python_version()
    yield Finding(
        "OK", "versions", f"nclue_pandas {nclue_pandas.__version__}, Python {python}, {shown}"
    )
    for name, (oldest, why) in _OLDEST.items():
        found = _version(name)
        if found is None or Version(found) < Version(oldest):
            yield Finding(
                "FAIL",
                "versions",
                f"{name} {found or 'is missing'}; {oldest} is the oldest that works: {why}.",
                f"pip install --upgrade '{name}>={oldest}' s3fs",
            )
    for name, partners in _COUPLED.items():
        yield from _mismatches(name, partners)


def _mismatches(name: str, partners: tuple[str, ...]) -> Iterator[Finding]:
    for requirement in _requirements(name):
        found = _version(requirement.name)
        if requirement.name not in partners or (found and found in requirement.specifier):
            continue
        yield Finding(
            "FAIL",
            "versions",
            f"{name} {_version(name)} needs {requirement}, but {found or 'none'} is installed.",
            f"Install them in one step: pip install --upgrade {name} {requirement.name} s3fs",
        )


def _requirements(name: str) -> list[Requirement]:
    """Return what a library needs here, its extras aside."""
    try:
        needed = map(Requirement, requires(name) or [])
    except PackageNotFoundError:
        return []
    return [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def run(options: argparse.Namespace) -> int:
    """Print the findings as they come, and write the record where one is asked for.

    Parameters
    ----------
    options : argparse.Namespace
        The account, and ``record``.

    Returns
    -------
    int
        0, or 1 when something must be mended.
    """
    record = None
    if options.record:
        from nclue_pandas.cli.record import Record

        record = Record.at(options.record)
    findings = []
    for finding in examine(options, record):
        findings.append(finding)
        sys.stdout.write(finding.line(color=sys.stdout.isatty()) + "\n")
        sys.stdout.flush()
    if failed(findings):
        sys.stdout.write("\nSomething must be mended: see the lines that say FAIL.\n")
        return 1
    sys.stdout.write("\nAll that is needed works.\n")
    return 0


def examine(options: argparse.Namespace, record: Record | None = None) -> Iterator[Finding]:
    """Yield what is found, one after another: versions, settings, keys, gateway, bucket, record.

    Parameters
    ----------
    options : argparse.Namespace
        Names the account.
    record : Record, optional
        Listens, and is written at the end.
    """
    yield from version_findings()
    try:
        account = account_of(options, retries=1)
        digest = account.credentials().account
    except ConfigurationError as error:
        what = "keys" if isinstance(error, CredentialsError) else "settings"
        yield Finding("FAIL", what, str(error), error.remedy)
        return
    source = source_of_credentials(profile=options.profile, role=options.role)
    yield Finding("OK", "keys", f"From {source}; account {digest}.")
    gateway = Gateway(account)
    bucket = _bucket(account, record)
    if record is not None:
        record.listen(gateway.transport)
    yield from gateway.findings()
    if bucket is None:
        yield Finding(
            "WARN",
            "bucket",
            "No bucket is named, so jobs can be listed but nothing uploaded or read.",
            "Give --bucket, or set NCLUE_BUCKET.",
        )
    else:
        yield from right_findings(bucket)
    if record is not None:
        yield record.write(account, gateway.service, bucket)


def _bucket(account: Account, record: Record | None) -> Bucket | None:
    if account.storage is None:
        return None
    from nclue_pandas.storage.bucket import Bucket

    settings = account.storage if record is None else record.overheard(account.storage)
    return Bucket(settings, account.credentials)
