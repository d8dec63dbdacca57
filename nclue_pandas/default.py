"""The default client: what the accessor's verbs use when none is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary

from nclue_pandas.errors import NotConnectedError

if TYPE_CHECKING:
    from nclue_pandas.client import Client


class _Default:
    """The client in force, and for each client the one before it."""

    client: Client | None = None
    before: ClassVar[WeakKeyDictionary[Client, Client | None]] = WeakKeyDictionary()


def default_client() -> Client:
    """Return the default client.

    Raises
    ------
    NotConnectedError
        Before the first ``connect``.
    """
    if _Default.client is None:
        raise NotConnectedError(
            "No account is connected. Call nclue_pandas.connect(bucket='my-bucket') first, with "
            "keys in the environment (NCLOUD_ACCESS_KEY_ID, NCLOUD_SECRET_ACCESS_KEY) or in "
            "~/.ncloud/configure; or nclue_pandas.connect('sandbox') to try without an account; "
            "or pass client=."
        )
    return _Default.client


def set_default(client: Client) -> None:
    """Make `client` the default, until it is restored."""
    _Default.before[client] = _Default.client
    _Default.client = client


def restore(client: Client) -> None:
    """Make the default before `client` the default again, if `client` is it now."""
    if _Default.client is client:
        _Default.client = _Default.before.pop(client, None)
