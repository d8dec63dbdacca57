"""Progress as events: the core emits them, whoever wants to see them subscribes.

::

    Event
    +-- RequestSent, RequestRetried, RequestFinished   one HTTP request
    +-- Amount                                         something countable moves on
    |   +-- BuildProgress, UploadProgress, DownloadProgress
    +-- WaitProgress                                   a job was asked for its state

The bars of tqdm are one subscriber, switched by
``nclue_pandas.options.progress``: True, False, or None for "in a terminal or a notebook". Events
hold no secret.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nclue_pandas import display
from nclue_pandas.config import options
from nclue_pandas.contract import COMPLETED_SPELLINGS, FAILED
from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.signatures import named_options

if TYPE_CHECKING:
    from tqdm.std import tqdm

_log = logging.getLogger("nclue_pandas")


@dataclass(frozen=True, kw_only=True)
class Event:
    """Root of all events."""


@dataclass(frozen=True, kw_only=True)
class RequestSent(Event):
    """A request leaves.

    Parameters
    ----------
    method, path : str
        As sent, without the host.
    attempt : int
        1 for the first.
    """

    method: str
    path: str
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class RequestRetried(RequestSent):
    """An attempt failed, and the request will be sent again.

    Parameters
    ----------
    reason : str
        What went wrong.
    pause : float
        Seconds until the next attempt.
    """

    reason: str
    pause: float


@dataclass(frozen=True, kw_only=True)
class RequestFinished(RequestSent):
    """A request was answered.

    Parameters
    ----------
    status : int
        HTTP status.
    seconds : float
        From sending to the answer.
    """

    status: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Amount(Event):
    """Something countable moves on.

    Parameters
    ----------
    name : str
        What is built, uploaded or downloaded.
    done : int
        How much of it, in all.
    total : int, optional
        How much there is, where that is known.
    unit : str
        ``"B"`` for bytes, else a word such as ``"rows"``.
    stopped : bool
        Whether it ended, completely or not.
    """

    name: str
    done: int
    total: int | None = None
    unit: str = "B"
    stopped: bool = False

    @property
    def finished(self) -> bool:
        """Whether no further event of this kind and name follows."""
        return self.stopped or self.done == self.total


@dataclass(frozen=True, kw_only=True)
class BuildProgress(Amount):
    """Sequences or answers are being built."""


@dataclass(frozen=True, kw_only=True)
class UploadProgress(Amount):
    """A dataset is on its way to Object Storage."""


@dataclass(frozen=True, kw_only=True)
class DownloadProgress(Amount):
    """A result is on its way from Object Storage or the service."""


@dataclass(frozen=True, kw_only=True)
class WaitProgress(Event):
    """A job was asked for its state.

    Parameters
    ----------
    kind, name : str
        The job.
    status : str
        As the service spells it.
    seconds_in_state : float
        Seconds since this state was first seen.
    elapsed : float
        Seconds since the wait began.
    position : int, optional
        How many jobs the service does first, where that is known.
    stopped : bool
        Whether the wait ended before the job did: a deadline, Ctrl-C.
    """

    kind: str
    name: str
    status: str
    seconds_in_state: float
    elapsed: float
    position: int | None = None
    stopped: bool = False

    @property
    def finished(self) -> bool:
        """Whether no further event of this wait follows."""
        return self.stopped or self.status == FAILED or self.status in COMPLETED_SPELLINGS


#: What is said in the log once it has traveled.
_TRAVELS: dict[type[Amount], str] = {UploadProgress: "uploaded", DownloadProgress: "downloaded"}
Subscriber = Callable[[Event], None]


class _Hub:
    """Who listens, in this process; every thread may subscribe and emit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[Subscriber, ...] = ()

    def add(self, callback: Subscriber) -> None:
        with self._lock:
            self._subscribers += (callback,)

    def remove(self, callback: Subscriber) -> None:
        with self._lock:
            left = list(self._subscribers)
            left.remove(callback)
            self._subscribers = tuple(left)

    def emit(self, event: Event) -> None:
        if sys.is_finalizing():  # nothing can be imported any more, and nobody looks
            return
        for callback in self._subscribers:
            try:
                callback(event)
            except Exception:  # noqa: BLE001 - a subscriber is anybody's code
                _log.exception("a progress subscriber failed on %s", type(event).__name__)


def _bars(event: Event) -> None:
    if isinstance(event, Amount | WaitProgress):
        show(event)


_hub = _Hub()
_hub.add(_bars)


def emit(event: Event) -> None:
    """Hand `event` to every subscriber, in the calling thread.

    A subscriber that raises is logged and never disturbs the work or the other subscribers.

    Parameters
    ----------
    event : Event
        What happened.

    Examples
    --------
    >>> emit(RequestSent(method="GET", path="/api/v1/features"))
    """
    _hub.emit(event)


@named_options
def subscribe(callback: Subscriber) -> AbstractContextManager[Subscriber]:
    """Call `callback` with every event while the ``with`` block runs.

    Parameters
    ----------
    callback : callable
        Takes an :class:`Event`; may be called from several threads at once.

    Returns
    -------
    context manager
        Gives `callback` itself.

    Raises
    ------
    ConfigurationError
        When `callback` cannot be called.

    Examples
    --------
    >>> from nclue_pandas.progress import RequestSent, emit, subscribe
    >>> seen = []
    >>> with subscribe(seen.append):
    ...     emit(RequestSent(method="GET", path="/api/v1/features"))
    >>> seen[0].path
    '/api/v1/features'
    """
    if not callable(callback):
        raise ConfigurationError(
            f"subscribe() takes a function of one event, not {callback!r}: "
            "with subscribe(print): ..."
        )
    return _listening(callback)


@contextmanager
def _listening(callback: Subscriber) -> Iterator[Subscriber]:
    _hub.add(callback)
    try:
        yield callback
    finally:
        _hub.remove(callback)


@contextmanager
def track(
    event: type[Amount], name: str, *, total: int | None = None, unit: str = "B"
) -> Iterator[Callable[[int], None]]:
    """Emit an :class:`Amount` at every advance, and a last one however the block ends.

    Parameters
    ----------
    event : type
        :class:`BuildProgress`, :class:`UploadProgress` or :class:`DownloadProgress`.
    name : str
        What moves on.
    total : int, optional
        How much there is.
    unit : str
        ``"B"`` for bytes, else a word such as ``"rows"``.

    Yields
    ------
    callable
        Takes how much came to what was done before; every thread may call it.

    Examples
    --------
    >>> seen = []
    >>> with subscribe(seen.append), track(UploadProgress, "part-00000", total=30) as advance:
    ...     advance(10)
    ...     advance(20)
    >>> [(each.done, each.finished) for each in seen]
    [(0, False), (10, False), (30, True), (30, True)]
    """
    lock = threading.Lock()
    done, started = 0, time.monotonic()

    def advance(amount: int) -> None:
        nonlocal done
        # Under the lock, so that no event overtakes a later one.
        with lock:
            done += amount
            emit(event(name=name, done=done, total=total, unit=unit))

    advance(0)
    try:
        yield advance
        if event in _TRAVELS:
            seconds = time.monotonic() - started
            _log.info("%s %s: %s bytes in %.1f s", _TRAVELS[event], name, f"{done:,}", seconds)
    finally:
        emit(event(name=name, done=done, total=total, unit=unit, stopped=True))


#: Seconds until what is countable gets a bar: what is done sooner needs none.
_DELAY = 0.5
#: From here on a count is shortened: 4.2k.
_THOUSAND = 1_000
_VERBS = {BuildProgress: "Building", UploadProgress: "Uploading", DownloadProgress: "Downloading"}


def enabled() -> bool:
    """Return whether bars are shown: the option, or whether somebody is there to see them."""
    chosen: bool | None = options.progress
    if chosen is not None:
        return chosen
    return in_notebook() or sys.stderr.isatty()


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def bar_type() -> type[tqdm[Any]]:
    """Return tqdm's widget in a notebook that can show it, else its text bar."""
    if in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm_notebook

        return tqdm_notebook
    from tqdm.std import tqdm

    return tqdm


def waiting_text(event: WaitProgress) -> str:
    """Say that the wait is not stuck.

    Examples
    --------
    >>> from nclue_pandas.progress import WaitProgress
    >>> waiting_text(WaitProgress(kind="Task", name="runners", status="pending", position=2,
    ...                           seconds_in_state=75, elapsed=80))
    "Task 'runners': pending for 1 min 15 s, 2 jobs before it (1 min 20 s in all)"
    """
    queue = ""
    if event.position:
        queue = f", {display.counted(event.position, 'job')} before it"
    state = display.duration(event.seconds_in_state)
    total = display.duration(event.elapsed)
    if event.finished and not event.stopped:
        return f"{event.kind} {event.name!r}: {event.status} after {total}"
    return f"{event.kind} {event.name!r}: {event.status} for {state}{queue} ({total} in all)"


class Bars:
    """One bar for each thing that moves on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[type, str, str], tqdm[Any]] = {}

    def show(self, event: Amount | WaitProgress) -> None:
        """Draw `event` on its bar, opened at its first event and closed at its last."""
        key = (type(event), getattr(event, "kind", ""), event.name)
        with self._lock:
            bar = self._open.get(key)
            if bar is None:
                if event.finished:
                    return
                bar = self._open[key] = self._new(event)
            if isinstance(event, Amount):
                bar.update(event.done - bar.n)
            else:
                bar.set_description_str(waiting_text(event))
            if event.finished:
                self._open.pop(key).close()

    @staticmethod
    def _new(event: Amount | WaitProgress) -> tqdm[Any]:
        new = bar_type()
        if not isinstance(event, Amount):
            return new(bar_format="{desc}")
        return new(
            desc=f"{_VERBS.get(type(event), 'Working on')} {event.name}",
            total=event.total,
            unit=event.unit,
            delay=_DELAY,
            unit_scale=event.unit == "B" or event.total is None or event.total >= _THOUSAND,
            unit_divisor=1024 if event.unit == "B" else 1000,
        )


_screen = Bars()


def show(event: Amount | WaitProgress) -> None:
    """Draw `event`, where bars are enabled."""
    if enabled():
        _screen.show(event)
