"""``connect``, and the default client that the accessor uses."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from nclue_pandas.client import Client
from nclue_pandas.config import ServiceSettings, StorageSettings, leaving_no_trace
from nclue_pandas.default import set_default
from nclue_pandas.errors import ConfigurationError, MissingExtraError
from nclue_pandas.jobs.reference import ClientRef, register_builder
from nclue_pandas.key_sources import resolve_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nclue_pandas.sandbox import Sandbox

_lock = threading.Lock()


class _Embedded:
    """The sandbox of this process, once it was asked for."""

    sandbox: Sandbox | None = None


@leaving_no_trace
def connect(
    target: str | Sandbox | None = None,
    *,
    bucket: str | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
    profile: str | None = None,
    role: bool = False,
    prefix: str = "nclue",
    service: ServiceSettings | None = None,
    storage: Mapping[str, Any] | None = None,
) -> Client:
    """Connect to an account and make its client the default one.

    Nothing is sent: keys and bucket are tried by the first request that needs them.

    Parameters
    ----------
    target : "sandbox" or Sandbox, optional
        ``"sandbox"`` starts the embedded service in this process (once) and connects to it: no
        account and no network are needed. A started :class:`nclue_pandas.sandbox.Sandbox` is
        connected to as it is. Either has its own keys and bucket: only `prefix` goes with it.
        Without it the real service is meant.
    bucket : str, optional
        The bucket on Object Storage for datasets and results; by default the environment's
        ``NCLUE_BUCKET``.
    access_key, secret_key : str, optional
        Keys; by default the environment's (``NCLOUD_ACCESS_KEY_ID``,
        ``NCLOUD_SECRET_ACCESS_KEY``), then ``~/.ncloud/configure``.
    profile : str, optional
        Section of ``~/.ncloud/configure``.
    role : bool, default False
        Ask the metadata service of an NCP server for the keys of its role.
    prefix : str, default "nclue"
        Where in the bucket this library writes.
    service : ServiceSettings, optional
        Other base URL, request budget, timeouts.
    storage : mapping, optional
        Fields of :class:`StorageSettings`: ``endpoint``, ``region``, ``options`` for s3fs.

    Returns
    -------
    Client
        Also the default of every verb from now on, in a block until that ends. As a context
        manager (``with connect(...)``) it is the default inside the block only.

    Raises
    ------
    CredentialsError
        When no key pair is found, or half of one.
    ConfigurationError
        When a setting contradicts another, or cannot be used.

    Examples
    --------
    >>> import nclue_pandas as nclue
    >>> with nclue.connect("sandbox") as client:
    ...     client.ref.bucket
    'nclue-sandbox'
    """
    if target is None:
        client = Client(
            resolve_credentials(
                access_key=access_key, secret_key=secret_key, profile=profile, role=role
            ),
            service or ServiceSettings.from_environment(),
            _storage_settings(bucket or os.environ.get("NCLUE_BUCKET"), storage or {}),
            prefix=prefix,
        )
    else:
        needless = {
            "bucket": bucket,
            "access_key": access_key,
            "secret_key": secret_key,
            "profile": profile,
            "role": role,
            "service": service,
            "storage": storage,
        }
        _check_target(target, [name for name, value in needless.items() if value])
        client = _client_of(_embedded_sandbox() if isinstance(target, str) else target, prefix)
    set_default(client)
    return client


def _check_target(target: object, needless: list[str]) -> None:
    """Refuse what is no target, and arguments that a sandbox does not take."""
    module = sys.modules.get("nclue_pandas.sandbox")  # there is no Sandbox without it
    if target != "sandbox" and not (module and isinstance(target, module.Sandbox)):
        raise ConfigurationError(
            f"connect({target!r}) is unknown: a target is 'sandbox' or a Sandbox. For a real "
            "account leave it out and give bucket=."
        )
    if needless:
        raise ConfigurationError(
            f"A sandbox has its own keys, bucket and places: leave {', '.join(needless)} out, or "
            "leave the target out to connect to a real account."
        )


def _storage_settings(bucket: str | None, storage: Mapping[str, Any]) -> StorageSettings | None:
    taken = [each.name for each in fields(StorageSettings) if each.name != "bucket"]
    unknown = [name for name in storage if name not in taken]
    if unknown:
        raise ConfigurationError(
            f"storage={{{unknown[0]!r}: ...}} is unknown; there are {', '.join(taken)}. What "
            "s3fs.S3FileSystem takes goes into options."
        )
    if not bucket:
        return None
    return StorageSettings.from_environment(bucket=bucket, **storage)


def _embedded_sandbox() -> Sandbox:
    with _lock:
        if _Embedded.sandbox is None:
            try:
                from nclue_pandas.sandbox import Sandbox
            except ImportError as error:
                library = error.name or "a library"
                raise MissingExtraError.of(library, "sandbox", "The sandbox") from error

            _Embedded.sandbox = Sandbox()
            _Embedded.sandbox.start()
            atexit.register(_Embedded.sandbox.stop)
        return _Embedded.sandbox


def _client_of(sandbox: Sandbox, prefix: str) -> Client:
    return Client(
        resolve_credentials(access_key=sandbox.access_key, secret_key=sandbox.secret_key),
        ServiceSettings(
            api_url=sandbox.api_url,
            requests_per_second=1.0 if sandbox.settings.rate_limit else None,
        ),
        StorageSettings(bucket=sandbox.bucket, endpoint=sandbox.endpoint, region=sandbox.region),
        prefix=prefix,
    )


def _rebuild(ref: ClientRef) -> Client:
    """Make a client for a handle from another process, from this one's key sources."""
    service = ServiceSettings.from_environment()
    storage = None
    if ref.bucket is not None:
        storage = StorageSettings(bucket=ref.bucket, endpoint=ref.endpoint, region=ref.region)
    return Client(
        resolve_credentials(),
        replace(service, api_url=ref.api_url, rate_scope=ref.rate_scope),
        storage,
        prefix=ref.prefix,
    )


register_builder(_rebuild)
