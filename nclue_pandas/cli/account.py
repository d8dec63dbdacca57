"""Which account a command is about: its arguments, and the settings that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nclue_pandas.client import Client
from nclue_pandas.config import ServiceSettings, StorageSettings
from nclue_pandas.credentials import resolve_credentials
from nclue_pandas.environment import variable

if TYPE_CHECKING:
    import argparse

    from nclue_pandas.cli.settings import Settings
    from nclue_pandas.config import CredentialsProvider


@dataclass(frozen=True)
class Account:
    """What an account is reached by.

    Parameters
    ----------
    credentials : callable
        Gives the key pair.
    service : ServiceSettings
        Where the service is.
    storage : StorageSettings or None
        The bucket, where one is named.
    """

    credentials: CredentialsProvider
    service: ServiceSettings
    storage: StorageSettings | None

    def client(self) -> Client:
        """Return a client of the account."""
        return Client(self.credentials, self.service, self.storage)


def add_account_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that name an account and its places."""
    add = parser.add_argument
    add("--bucket", help="bucket of datasets and results (default: NCLUE_BUCKET)")
    add("--profile", help="section of ~/.ncloud/configure")
    add("--role", action="store_true", help="use the role of this NCP server")
    add("--api-url", help="base URL of the service (default: NCLUE_API_URL, or the real one)")
    add("--storage-endpoint", help="URL of Object Storage (default: NCLUE_STORAGE_ENDPOINT)")
    add("--storage-region", help="its region (default: NCLUE_STORAGE_REGION)")
    add("--ca-bundle", help="file of certificates to trust instead of the usual ones")


def account_of(options: argparse.Namespace | Settings, *, retries: int = 4) -> Account:
    """Make the account that the arguments name.

    Parameters
    ----------
    options : argparse.Namespace or Settings
        See :func:`add_account_arguments`.
    retries : int, default 4
        How often a request that may be repeated is sent again.

    Raises
    ------
    ConfigurationError
        When no key pair is found, or an argument cannot be used.
    """
    places = {"api_url": options.api_url, "ca_bundle": options.ca_bundle}
    service = ServiceSettings.from_environment(retries=retries, **_given(places))
    storage = None
    if bucket := options.bucket or variable("NCLUE_BUCKET"):
        places = {
            "endpoint": options.storage_endpoint,
            "region": options.storage_region,
            "ca_bundle": options.ca_bundle,
        }
        storage = StorageSettings.from_environment(bucket=bucket, **_given(places))
    credentials = resolve_credentials(profile=options.profile, role=options.role)
    return Account(credentials, service, storage)


def _given(arguments: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in arguments.items() if value}
