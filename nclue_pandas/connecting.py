"""``connect``, and the default client that the accessor uses."""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from nclue_pandas.client import Client, set_default
from nclue_pandas.config import ServiceSettings, StorageSettings, leaving_no_trace
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.environment import variable
from nclue_pandas.errors import ConfigurationError, MissingExtraError
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from nclue_pandas.sandbox import Sandbox

#: The target that is no sandbox: an account of the real service, which is billed.
_ACCOUNT = "account"

_lock = threading.Lock()


class _Embedded:
    """The sandbox of this process, once it was asked for."""

    sandbox: Sandbox | None = None


@leaving_no_trace
@named_options
def connect(
    target: str | Sandbox = _ACCOUNT,
    *,
    bucket: str | None = None,
    access_key: str | None = None,
    secret_key: str | None = None,
    profile: str | None = None,
    role: bool = False,
    prefix: str = "nclue",
    service: ServiceSettings | Mapping[str, Any] | None = None,
    storage: Mapping[str, Any] | None = None,
) -> Client:
    """Connect to an account and make its client the default one.

    Nothing is sent: keys and bucket are tried by the first request that needs them.

    Parameters
    ----------
    target : {"account", "sandbox"} or Sandbox, default "account"
        ``"account"`` is the real service, whose jobs are billed. ``"sandbox"`` starts the embedded
        service in this process (once) and connects to it: no account and no network are needed.
        A started :class:`nclue_pandas.sandbox.Sandbox` is connected to as it is. A sandbox has its
        own keys and bucket: only `prefix` goes with it. Anything else, None too, is an error.
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
    service : ServiceSettings or mapping, optional
        Other base URL, request budget, timeouts: settings, or their fields such as
        ``{"read_timeout": 120}``.
    storage : mapping, optional
        Fields of :class:`StorageSettings`: ``endpoint``, ``region``, ``ca_bundle``, ``options``
        for s3fs.

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
    if target == _ACCOUNT:
        client = Client(
            resolve_credentials(
                access_key=access_key, secret_key=secret_key, profile=profile, role=role
            ),
            _service_settings({} if service is None else service),
            _storage_settings(bucket or variable("NCLUE_BUCKET"), storage or {}),
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
            _(
                "connect({target!r}) is unknown: a target is 'sandbox' or a Sandbox. For a real "
                "account, whose jobs are billed, leave it out and give bucket=."
            ).format(target=target)
        )
    if needless:
        raise ConfigurationError(
            f"A sandbox has its own keys, bucket and places: leave {', '.join(needless)} out, or "
            "leave the target out to connect to a real account."
        )


def _service_settings(given: ServiceSettings | Mapping[str, Any]) -> ServiceSettings:
    if isinstance(given, ServiceSettings):
        return given
    return ServiceSettings.from_environment(**_fields("service", given, ServiceSettings))


def _storage_settings(bucket: str | None, storage: Mapping[str, Any]) -> StorageSettings | None:
    changes = _fields("storage", storage, StorageSettings, " What s3fs takes goes into options.")
    if bucket is None:
        return None
    return StorageSettings.from_environment(bucket=bucket, **changes)


def _fields(argument: str, given: object, settings: type, hint: str = "") -> dict[str, Any]:
    """Return the fields of settings that a mapping gives; refuse any others."""
    if not isinstance(given, Mapping):
        raise ConfigurationError(
            f"{argument}= is a {type(given).__name__}; give a mapping of names to values."
        )
    taken = [each.name for each in fields(settings) if each.name != "bucket"]
    unknown = [name for name in given if name not in taken]
    if unknown:
        raise ConfigurationError(
            f"{argument}={{{unknown[0]!r}: ...}} is unknown; there are {', '.join(taken)}.{hint}"
        )
    return dict(given)


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
