"""A client whose every request ends by a deadline: of the service, of the store, and between."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nclue_pandas.deadline import Deadline
    from nclue_pandas.jobs.reference import ClientLike, ClientRef, Clock
    from nclue_pandas.service.operations import Service
    from nclue_pandas.storage.bucket import Bucket


@dataclass(frozen=True, eq=False)
class BoundedClient:
    """The client of one call that has a deadline; handles made of it are for that call alone.

    Parameters
    ----------
    client : ClientLike
        The account.
    deadline : Deadline
        Of the call.
    """

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
