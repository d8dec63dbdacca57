"""One run of a chain at a time on a machine, by a lock that the system takes from the dead.

The lock is filelock's: ``flock`` on Unix, ``msvcrt`` on Windows. The system lets go of it when its
process ends, however that happens, so there is no lock to remove by hand. Who holds it stands in a
file beside it, for older versions of filelock empty the file that they lock.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import platform
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nclue_pandas.errors import AlreadyRunningError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_at_a_time(*identity: str, folder: Path | None = None) -> Iterator[Path]:
    """Hold the lock of a chain.

    Parameters
    ----------
    *identity : str
        What makes the chain: its name and where it runs; only their hash is written.
    folder : Path, optional
        By default one of this user.

    Yields
    ------
    Path
        The file that is locked.

    Raises
    ------
    AlreadyRunningError
        When another process holds it; says who, since when and what for.
    ConfigurationError
        Where nothing can be locked.
    """
    from filelock import FileLock, SoftFileLock, Timeout
    from platformdirs import user_cache_path

    folder = folder or user_cache_path("nclue_pandas") / "runs"
    # A home may be shared by machines, whose locks do not always see each other.
    digest = hashlib.sha256("\n".join((platform.node(), *identity)).encode()).hexdigest()[:24]
    path = folder / f"{digest}.lock"
    holder = path.with_suffix(".json")
    lock = FileLock(path)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunningError(
            f"{identity[0]!r} is running already: {_told(holder)}. Nothing was done here."
        ) from None
    except (OSError, NotImplementedError) as error:
        raise _no_lock(path, str(error)) from error
    try:
        kind: object = lock  # which a newer filelock changes where the file system has no locks
        if isinstance(kind, SoftFileLock):
            raise _no_lock(path, "its file system has no locks")
        with suppress(OSError):  # a full disk
            holder.write_text(json.dumps(_own(identity[0])), "utf-8")
        yield path
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def _own(name: str) -> dict[str, str | int]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without a name
        user = "unknown"
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "name": name,
        "pid": os.getpid(),
        "user": user,
        "host": platform.node(),
        "since": since,
        "directory": str(Path.cwd()),
    }


def _told(holder: Path) -> str:
    try:
        found = json.loads(holder.read_text("utf-8"))
        return (
            f"process {found['pid']} of {found['user']} on {found['host']} since {found['since']}, "
            f"started in {found['directory']}"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "the process that holds it has not said who it is"


def _no_lock(path: Path, cause: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} cannot be locked: {cause}. Two runs at once could not be told apart; set "
        "XDG_CACHE_HOME (LOCALAPPDATA on Windows) to a directory of a local disk."
    )
