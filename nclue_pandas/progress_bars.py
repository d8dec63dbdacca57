"""tqdm bars for the events of :mod:`nclue_pandas.progress`."""

from __future__ import annotations

import importlib.util
import sys
import threading
from typing import TYPE_CHECKING, Any

from nclue_pandas import display
from nclue_pandas.config import options
from nclue_pandas.progress import Amount, BuildProgress, DownloadProgress, UploadProgress

if TYPE_CHECKING:
    from tqdm.std import tqdm

    from nclue_pandas.progress import WaitProgress

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


_bars = Bars()


def show(event: Amount | WaitProgress) -> None:
    """Draw `event`, where bars are enabled."""
    if enabled():
        _bars.show(event)
