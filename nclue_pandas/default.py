"""The default client: what the accessor's verbs use when none is given.

It is one for the whole process, like pandas' options: threads and tasks that work for several
accounts at a time pass ``client=``. Blocks of several threads may overlap; each takes its own
client away again when it ends, whatever the others do.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nclue_pandas.errors import NotConnectedError

if TYPE_CHECKING:
    from nclue_pandas.client import Client


@dataclass
class _Level:
    """What is in force in a block, or outside of any.

    Parameters
    ----------
    block : Client or None
        Whose block it is.
    client : Client or None
        The default.
    replaced : Client or None
        The one before, for the case that `client` was connected for a block of its own.
    """

    block: Client | None = None
    client: Client | None = None
    replaced: Client | None = None


_lock = threading.Lock()
_levels = [_Level()]


def default_client() -> Client:
    """Return the default client.

    Raises
    ------
    NotConnectedError
        Before the first ``connect``.
    """
    client = _levels[-1].client
    if client is None:
        raise NotConnectedError(
            "No account is connected. Call nclue_pandas.connect(bucket='my-bucket') first, with "
            "keys in the environment (NCLOUD_ACCESS_KEY_ID, NCLOUD_SECRET_ACCESS_KEY) or in "
            "~/.ncloud/configure; or nclue_pandas.connect('sandbox') to try without an account; "
            "or pass client=."
        )
    return client


def set_default(client: Client) -> None:
    """Make `client` the default until the block ends that this is called in."""
    with _lock:
        level = _levels[-1]
        level.replaced, level.client = level.client, client


def enter(client: Client) -> None:
    """Begin a block in which `client` is the default.

    One that ``connect`` has just made the default is it in the block only.
    """
    with _lock:
        level = _levels[-1]
        if level.client is client:
            level.client = level.replaced
        _levels.append(_Level(client, client, client))


def leave(client: Client) -> None:
    """End the last block of `client`."""
    with _lock:
        for number in range(len(_levels) - 1, 0, -1):
            if _levels[number].block is client:
                del _levels[number]
                return
