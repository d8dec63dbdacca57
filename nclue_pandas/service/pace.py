"""The account's limit of one request per second, for all threads, clients and processes.

Whoever wants to send takes a turn in a queue, sleeps until it has come, and starts then, at the
earliest one interval after the last one started. Queue and last start are kept in a ledger: a
file of this user on this machine, under a lock that the system takes away from a process that
dies. Nothing is held while anybody sleeps, and no key is in it: the scope is hashed.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import platform
import struct
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Final, Protocol

from filelock import FileLock, SoftFileLock
from platformdirs import user_cache_dir

#: Two requests that leave a second apart may arrive a little closer; this much is added.
MARGIN_SECONDS: Final = 0.04
#: A queue that is longer, in seconds, is not believed: the ledger is begun anew.
LONGEST_QUEUE: Final = 600.0
#: Seconds to wait for the ledger, which is held for microseconds.
_LOCK_TIMEOUT: Final = 5.0
_LOCK_POLL: Final = 0.002
#: Seconds to wait for it again after it could not be used.
_SECOND_TRY: Final = 0.05


@dataclass
class Entry:
    """What the ledger says, in seconds of the machine's monotonic clock.

    Parameters
    ----------
    last : float
        When the last request was started.
    free : float
        When the next turn that nobody has taken begins.
    """

    _layout: ClassVar = struct.Struct("<dd")
    last: float = float("-inf")
    free: float = float("-inf")

    @classmethod
    def read(cls, stored: bytes) -> Entry:
        """Read a ledger; one that is torn, or of a clock that began anew since, is empty."""
        now = time.monotonic()
        if len(stored) != cls._layout.size:
            return cls()
        entry = cls(*cls._layout.unpack(stored))
        believed = entry.last <= now and entry.free <= now + LONGEST_QUEUE
        return entry if believed else cls()

    def stored(self) -> bytes:
        """Return what is written."""
        return self._layout.pack(self.last, self.free)


#: Changes the entry and returns seconds.
Change = Callable[[Entry], float]


class Ledger(Protocol):
    """Where the entry is kept."""

    def update(self, change: Change, patience: float = _LOCK_TIMEOUT) -> float:
        """Let one caller at a time change the entry, and return what `change` returns."""
        ...


class MemoryLedger:
    """A ledger of this process alone."""

    def __init__(self) -> None:
        self._entry = Entry()
        self._lock = threading.Lock()

    def update(self, change: Change, patience: float = _LOCK_TIMEOUT) -> float:  # noqa: ARG002
        """Let one thread at a time change the entry."""
        with self._lock:
            return change(self._entry)


class FileLedger:
    """A ledger of all processes of this user on this machine; of the scope, its hash is written."""

    def __init__(self, folder: Path, scope: str) -> None:
        # A home may be shared by machines, whose monotonic clocks differ.
        digest = hashlib.sha256(f"{platform.node()}\n{scope}".encode()).hexdigest()[:24]
        self._path = folder / digest

    def update(self, change: Change, patience: float = _LOCK_TIMEOUT) -> float:
        """Let one thread of one process at a time change the entry.

        Parameters
        ----------
        change : callable
            Changes the entry.
        patience : float
            Seconds to wait for others at most.

        Raises
        ------
        OSError
            When the file cannot be locked, read or written.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self._path.with_suffix(".lock"), patience):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                entry = Entry.read(os.read(descriptor, 64))
                answer = change(entry)
                os.lseek(descriptor, 0, os.SEEK_SET)
                os.write(descriptor, entry.stored())
            finally:
                os.close(descriptor)
        return answer


@contextmanager
def _locked(path: Path, patience: float) -> Iterator[None]:
    """Hold a lock that the system takes away from a process that dies, or raise an OSError.

    Where the file system has no such lock, some versions of filelock raise, and some go on with a
    mere file, which a process that is killed would leave behind for ever.
    """
    lock = FileLock(path)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="flock not supported")
            held = lock.acquire(timeout=patience, poll_interval=_LOCK_POLL)
    except NotImplementedError as error:
        raise OSError(errno.ENOSYS, "the file system has no locks") from error
    with held:
        kind: object = lock  # which a newer filelock changes
        if isinstance(kind, SoftFileLock):
            raise OSError(errno.ENOSYS, "the file system has no locks")
        yield


class Pace:
    """Gives permits, at most so many per second; the first at once.

    Those who share the limit share the ledger; without one nobody else does.
    """

    def __init__(self, per_second: float, ledger: Ledger | None = None) -> None:
        self.interval = 1 / per_second + MARGIN_SECONDS
        self._own = MemoryLedger()
        self._ledger = ledger or self._own
        self._works = True

    def acquire(
        self, sleep: Callable[[float], None] = time.sleep, patience: float = math.inf
    ) -> bool:
        """Wait for the next permit; callers are served in the order in which they came.

        Parameters
        ----------
        sleep : callable
            Waits for that many seconds.
        patience : float
            Seconds to wait at most.

        Returns
        -------
        bool
            Whether there is a permit; without one, nothing more was waited for than it takes to
            know that it would come too late.
        """
        latest = time.monotonic() + patience
        turn = self._update(partial(self._take_turn, latest=latest), latest)
        if turn > latest:
            return False
        while (wait := turn - time.monotonic()) > 0:
            sleep(wait)
        while (wait := self._update(partial(self._start, turn), latest)) > 0:
            if time.monotonic() + wait > latest:
                return False
            sleep(wait)
        return True

    def _take_turn(self, entry: Entry, latest: float = math.inf) -> float:
        """Return when the caller's turn begins; one that begins too late is left to others."""
        turn = max(time.monotonic(), entry.last + self.interval, entry.free)
        if turn <= latest:
            entry.free = turn + self.interval
        return turn

    def _start(self, turn: float, entry: Entry) -> float:
        """Start when the last start is long enough ago; return the seconds until then.

        Who wakes late moves the turns that nobody has taken yet by as much.
        """
        now = time.monotonic()
        wait = entry.last + self.interval - now
        if wait <= 0:
            entry.last = now
            entry.free = max(entry.free + now - turn, now + self.interval)
        return wait

    def _update(self, change: Change, latest: float) -> float:
        """Change the ledger; while its file cannot be used, one in memory.

        The file is tried again every time, so that a lock that was stuck is not given up for ever.
        What this process started meanwhile is told to it then.
        """
        patience = min(
            _LOCK_TIMEOUT if self._works else _SECOND_TRY, max(latest - time.monotonic(), 0)
        )
        try:
            answer = self._ledger.update(self._joined(change), patience)
        except OSError as error:
            self._works = False
            _warn(str(error))
            return self._own.update(change)
        self._works = True
        return answer

    def _joined(self, change: Change) -> Change:
        """Let a change see, and keep, what this process alone knows."""
        if self._ledger is self._own:
            return change

        def joined(entry: Entry) -> float:
            def both(own: Entry) -> float:
                entry.last, entry.free = max(entry.last, own.last), max(entry.free, own.free)
                answer = change(entry)
                own.last, own.free = entry.last, entry.free
                return answer

            return self._own.update(both)

        return joined


#: Why the file could not be used for the first time: it is told once.
_told: list[str] = []


def _warn(reason: str) -> None:
    """Tell, once in a process, that others do not know of its requests."""
    if not _told:
        _told.append(reason)
        warnings.warn(
            "The limit of requests is kept within this process only, because its file cannot be "
            f"used ({reason}). Other processes may add to it; what the service refuses is sent "
            "again later.",
            RuntimeWarning,
            stacklevel=2,
        )


_scopes: dict[tuple[str, float], Pace] = {}
_lock = threading.Lock()


def folder() -> Path:
    """Return where the ledgers of this user are.

    Raises
    ------
    OSError
        When the user has no home.
    """
    try:
        found = Path(user_cache_dir("nclue_pandas"))
    except (KeyError, RuntimeError) as error:
        raise OSError("this user has no home") from error
    if not found.is_absolute():
        raise OSError("this user has no home")
    return found / "pace"


def pace_for(scope: str, per_second: float) -> Pace:
    """Return the pace of a rate scope, shared with the other processes of this user.

    It is the same object for the same arguments.
    """
    with _lock:
        key = (scope, per_second)
        if key not in _scopes:
            _scopes[key] = Pace(per_second, _ledger(scope))
        return _scopes[key]


def _ledger(scope: str) -> Ledger | None:
    try:
        return FileLedger(folder(), scope)
    except OSError as error:
        _warn(str(error))
        return None


def _begin_anew() -> None:
    """Take no lock over into a forked process, which another thread may hold for ever."""
    global _lock  # noqa: PLW0603 - the one lock of the module
    _lock = threading.Lock()
    _scopes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
