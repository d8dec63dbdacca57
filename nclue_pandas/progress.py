"""Progress as events: the core emits them, whoever wants to see them subscribes.

What is shown on a screen is one subscriber, switched by ``nclue_pandas.options.progress``: True,
False, or None for "in a terminal or a notebook". The log is written beside it: the logger
``nclue_pandas`` tells at INFO of each step's begin and end.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from nclue_pandas import display, screen
from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.events import (
    Amount,
    BuildProgress,
    DownloadProgress,
    Event,
    RequestFinished,
    RequestRetried,
    RequestSent,
    StepProgress,
    UploadProgress,
    WaitProgress,
)
from nclue_pandas.signatures import named_options

__all__ = [
    "FACTS",
    "Amount",
    "BuildProgress",
    "DownloadProgress",
    "Event",
    "RequestFinished",
    "RequestRetried",
    "RequestSent",
    "StepProgress",
    "UploadProgress",
    "WaitProgress",
    "emit",
    "step",
    "subscribe",
    "track",
]

_log = logging.getLogger("nclue_pandas")
#: Attribute of a log record that holds what it tells as data: its step, sizes, seconds.
FACTS = "nclue_facts"

#: What is said in the log of what travels, before and after.
_TRAVELS: dict[type[Amount], tuple[str, str]] = {
    UploadProgress: ("uploading", "uploaded"),
    DownloadProgress: ("downloading", "downloaded"),
}
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


_hub = _Hub()
_hub.add(screen.show)


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
    travels = _TRAVELS.get(event)
    if travels:
        size = "" if total is None else f": {display.counted(total, 'byte')}"
        extra = _facts(travels[0], name, {} if total is None else {"byte": total})
        _log.info("%s %s%s", travels[0], name, size, extra=extra)

    def advance(amount: int) -> None:
        nonlocal done
        # Under the lock, so that no event overtakes a later one.
        with lock:
            done += amount
            emit(event(name=name, done=done, total=total, unit=unit))

    advance(0)
    try:
        yield advance
        if travels:
            seconds = _since(started)
            size = display.counted(done, "byte")
            extra = _facts(travels[1], name, {"byte": done}, seconds)
            _log.info("%s %s: %s in %.1f s", travels[1], name, size, seconds, extra=extra)
    finally:
        emit(event(name=name, done=done, total=total, unit=unit, stopped=True))


@contextmanager
def step(what: str, name: str = "", **sizes: int) -> Iterator[dict[str, int]]:
    """Emit and log that a step begins, and how it ended: its sizes and seconds.

    Parameters
    ----------
    what : str
        What is done, as :class:`StepProgress` tells it.
    name : str
        Of the job or dataset.
    **sizes : int
        How much goes in, by a noun in the singular.

    Yields
    ------
    dict
        Takes how much came out.

    Examples
    --------
    >>> seen = []
    >>> with subscribe(seen.append), step("create feature", "shop", row=20) as made:
    ...     made["byte"] = 1_000
    >>> [(each.name, each.sizes, each.finished) for each in seen]
    [('shop', {'row': 20}, False), ('shop', {'byte': 1000}, True)]
    """
    title = f"{what} {name!r}" if name else what
    started = time.monotonic()
    made: dict[str, int] = {}
    _log.info("%s begins%s", title, _counted(sizes), extra=_facts(what, name, sizes))
    emit(StepProgress(step=what, name=name, sizes=sizes))
    stopped = True
    try:
        yield made
        stopped = False
    except BaseException as error:
        extra = _facts(what, name, made, _since(started))
        _log.info(
            "%s stopped after %.1f s: %s", title, _since(started), type(error).__name__, extra=extra
        )
        raise
    else:
        extra = _facts(what, name, made, _since(started))
        _log.info("%s is done in %.1f s%s", title, _since(started), _counted(made), extra=extra)
    finally:
        seconds = _since(started)
        emit(StepProgress(step=what, name=name, sizes=made, seconds=seconds, stopped=stopped))


def _counted(sizes: Mapping[str, int]) -> str:
    told = ", ".join(display.counted(size, noun) for noun, size in sizes.items())
    return f": {told}" if told else ""


def _facts(
    what: str, name: str, sizes: Mapping[str, int], seconds: float | None = None
) -> dict[str, dict[str, Any]]:
    facts: dict[str, Any] = {"step": what} | ({"job": name} if name else {})
    facts |= {f"{noun}s": size for noun, size in sizes.items()}
    return {FACTS: facts if seconds is None else facts | {"seconds": round(seconds, 2)}}


def _since(started: float) -> float:
    return time.monotonic() - started
