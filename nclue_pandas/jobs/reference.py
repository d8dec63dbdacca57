"""How a job handle finds its client again, in this process or another.

A handle pickles a :class:`ClientRef`, which names an account without its keys. In the process
that unpickles it, a live client with the same reference serves; else the reference builds one from
the key sources of that process, and its account must be the same.

A client whose every request ends by a deadline: of the service, of the store, and between.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakValueDictionary

from nclue_pandas.environment import is_loopback
from nclue_pandas.errors import ClientNotFoundError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from nclue_pandas.deadline import Deadline
    from nclue_pandas.service.operations import Service
    from nclue_pandas.storage.bucket import Bucket


@dataclass(frozen=True)
class Clock:
    """The time that waiting goes by; tests give their own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class ClientRef:
    """An account and its places, without secrets.

    Parameters
    ----------
    account : str
        Digest of the access key, or of the server's role, whose keys change.
    api_url : str
        Base URL of the service.
    endpoint, region : str
        Object Storage.
    bucket : str or None
        The bucket of datasets and results.
    prefix : str
        Where in the bucket this library writes.
    rate_scope : str or None
        Name of the request budget, where it is not the access key's own.
    build : callable
        Makes a client of a reference, from the key sources of the process.
    """

    account: str
    api_url: str
    endpoint: str
    region: str
    bucket: str | None
    prefix: str
    rate_scope: str | None = None
    build: Callable[[ClientRef], ClientLike] = field(kw_only=True, repr=False, compare=False)


class ClientLike(Protocol):
    """What handles need of a client."""

    @property
    def ref(self) -> ClientRef:
        """The account and its places, without secrets."""
        ...

    @property
    def service(self) -> Service:
        """The operations of the service."""
        ...

    @property
    def storage(self) -> Bucket:
        """The bucket of datasets and results."""
        ...

    @property
    def clock(self) -> Clock:
        """The time that waiting goes by."""
        ...

    @property
    def deadline(self) -> Deadline:
        """When the call ends that it is used for."""
        ...


_HINT: Final = "Connect to the account first: nclue_pandas.connect(...), then use the handle again."
_SANDBOX_HINT: Final = (
    "It is a job of a sandbox. One that connect('sandbox') started ended with its process, and its "
    "jobs with it: run the work again. `python -m nclue_pandas sandbox` outlives a kernel: while "
    "it runs, set the variables that it printed, and use the handle again."
)
_live: WeakValueDictionary[ClientRef, ClientLike] = WeakValueDictionary()


def register(client: ClientLike) -> None:
    """Let handles find `client`."""
    _live[client.ref] = client


def resolve(ref: ClientRef) -> ClientLike:
    """Return the client that `ref` names.

    Raises
    ------
    ClientNotFoundError
        When no live client has this reference and the key sources of this process give none of
        the same account.
    """
    live = _live.get(ref)
    if live is not None:
        return live
    hint = _SANDBOX_HINT if is_loopback(ref.api_url) else _HINT
    try:
        client = ref.build(ref)
    except ConfigurationError as error:
        raise ClientNotFoundError(
            f"The job belongs to account {ref.account} at {ref.api_url}, and this process has no "
            f"client of it: {error} {hint}"
        ) from error
    if client.ref.account != ref.account:
        raise ClientNotFoundError(
            f"The job belongs to account {ref.account} at {ref.api_url}, but the keys of this "
            f"process are of account {client.ref.account}. {hint}"
        )
    return client


@dataclass(frozen=True, eq=False)
class BoundedClient:
    """The client of one call that has a deadline; handles made of it are for that call alone."""

    client: ClientLike
    deadline: Deadline

    @property
    def ref(self) -> ClientRef:
        """The account and its places, without secrets."""
        return self.client.ref

    @property
    def clock(self) -> Clock:
        """The time that waiting goes by."""
        return self.client.clock

    @cached_property
    def service(self) -> Service:
        """The operations of the service."""
        return self.client.service.within(self.deadline)

    @cached_property
    def storage(self) -> Bucket:
        """The bucket of datasets and results."""
        return self.client.storage.within(self.deadline)
