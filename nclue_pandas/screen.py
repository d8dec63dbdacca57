"""Progress as people see it: bars in a terminal, one card in a notebook.

The card needs no widget: it is a display that the kernel updates in place, so that a notebook
looks the same with ipywidgets and without, while it runs and when it is opened again.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas import display
from nclue_pandas.config import options
from nclue_pandas.events import (
    Amount,
    BuildProgress,
    DownloadProgress,
    StepProgress,
    UploadProgress,
    WaitProgress,
)
from nclue_pandas.translation import N_, ngettext
from nclue_pandas.translation import gettext as _

if TYPE_CHECKING:
    from tqdm.std import tqdm

    from nclue_pandas.events import Event

#: Seconds until what is countable is shown: what is done sooner needs no bar and no card.
_DELAY = 0.5
#: Seconds between two drawings of a card on which only numbers move.
_BETWEEN = 0.2
#: Lines of a card: what moves, and of what is done the newest.
_LINES: Final = 12
#: From here on a count is shortened: 4.2k.
_THOUSAND: Final = 1_000
_VERBS: Final[dict[type[Amount], str]] = {
    Amount: N_("Working on {name}"),
    BuildProgress: N_("Building {name}"),
    UploadProgress: N_("Uploading {name}"),
    DownloadProgress: N_("Downloading {name}"),
}


def show(event: Event) -> None:
    """Draw `event`, where somebody is there to see it and the options allow it."""
    if isinstance(event, Amount | WaitProgress | StepProgress) and enabled():
        (_notebook if in_notebook() else _terminal).show(event)


def enabled() -> bool:
    """Return whether progress is shown: the option, or whether somebody is there to see it."""
    chosen: bool | None = options.progress
    if chosen is not None:
        return chosen
    return in_notebook() or sys.stderr.isatty()


def in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def waiting_text(event: WaitProgress) -> str:
    """Say that the wait is not stuck.

    Examples
    --------
    >>> from nclue_pandas.events import WaitProgress
    >>> waiting_text(WaitProgress(kind="Task", name="runners", status="pending", position=2,
    ...                           seconds_in_state=75, elapsed=80, step=2, steps=3))
    "Step 2 of 3, Task 'runners': pending for 1 min 15 s, 2 jobs before it (1 min 20 s in all)"
    """
    place = _place(event)
    job = f"{event.kind} {event.name!r}: {_state(event)}"
    return f"{place[:1].upper()}{place[1:]}, {job}" if place else job


def _place(event: WaitProgress) -> str:
    if event.step is None:
        return ""
    return _("step {step} of {steps}").format(step=event.step, steps=event.steps)


def _state(event: WaitProgress) -> str:
    total = display.duration(event.elapsed)
    if event.finished and not event.stopped:
        return _("{status} after {total}").format(status=event.status, total=total)
    queue = ""
    if event.position:
        before = ngettext("{count} job before it", "{count} jobs before it", event.position)
        queue = f", {before.format(count=event.position)}"
    return _("{status} for {state}{queue} ({total} in all)").format(
        status=event.status,
        state=display.duration(event.seconds_in_state),
        queue=queue,
        total=total,
    )


def _what(event: Amount) -> str:
    return _(_VERBS.get(type(event), _VERBS[Amount])).format(name=event.name)


def _how_much(event: Amount) -> str:
    """Return how much is done of how much."""
    shown = display.size if event.unit == "B" else display.count
    unit = "" if event.unit == "B" else f" {event.unit}"
    if event.total is None or event.finished:
        return shown(event.done) + unit
    return _("{done} of {total}").format(done=shown(event.done), total=shown(event.total)) + unit


class Bars:
    """One bar of a terminal for each thing that moves on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[type, str, str], tqdm[Any]] = {}

    def show(self, event: Amount | WaitProgress | StepProgress) -> None:
        """Draw `event` on its bar, opened at its first event and closed at its last."""
        if isinstance(event, StepProgress):
            return
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
        from tqdm.std import tqdm

        if not isinstance(event, Amount):
            return tqdm(bar_format="{desc}")
        return tqdm(
            desc=_what(event),
            total=event.total,
            unit=event.unit,
            delay=_DELAY,
            unit_scale=event.unit == "B" or event.total is None or event.total >= _THOUSAND,
            unit_divisor=1024 if event.unit == "B" else 1000,
        )


class LiveCard:
    """One card of a notebook for what runs at a time, drawn anew in its place until all is done.

    It appears with the first job that is waited for, or once something has taken a while.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._running: dict[tuple[str, ...], bool] = {}
        self._lines: dict[tuple[str, ...], tuple[str, str]] = {}
        self._title, self._place = "", ""
        self._stopped = False
        self._display: Any = None
        self._started, self._drawn = time.monotonic(), 0.0

    def show(self, event: Amount | WaitProgress | StepProgress) -> None:
        """Take `event` down, and draw the card where there is something new to see."""
        with self._lock:
            if not self._running:
                self._begin()
            news = self._take(event)
            now = time.monotonic()
            waits = isinstance(event, WaitProgress) and not event.finished
            due = news or now - self._drawn >= _BETWEEN
            if self._display is None:
                due = waits or (now - self._started >= _DELAY and not event.finished)
            if due:
                self._draw()
                self._drawn = now

    def _take(self, event: Amount | WaitProgress | StepProgress) -> bool:
        """Return whether something began, ended, or came into another state."""
        if isinstance(event, StepProgress):
            key, title = ("step", event.step, event.name), _(event.step)
            title += f" {event.name!r}" if event.name else ""
        elif isinstance(event, Amount):
            key, title = ("amount", type(event).__name__, event.name), _what(event)
            self._lines[key] = title, _how_much(event)
        else:
            key, title = ("job", event.kind, event.name), f"{event.kind} {event.name!r}"
            self._lines[key] = title, _state(event)
            self._place = _place(event) or self._place
        self._title = self._title or title
        before = len(self._running)
        if event.finished:
            self._running.pop(key, None)
            self._stopped = event.stopped and not isinstance(event, Amount)
        else:
            self._running[key] = True
        return len(self._running) != before

    def _draw(self) -> None:
        from IPython.display import display as show

        card = self._card()
        data = {"text/plain": display.text(card), "text/html": display.html(card)}
        if self._display is None:
            self._display = show(data, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._display.update(data, raw=True)

    def _card(self) -> display.Card:
        took = display.duration(time.monotonic() - self._started)
        mood: display.Mood
        state, mood = self._place or _("running"), "busy"
        if not self._running and self._stopped:
            state, mood = _("stopped after {time}").format(time=took), "bad"
        elif not self._running:
            state, mood = _("done after {time}").format(time=took), "good"
        done = [key for key in self._lines if key not in self._running]
        hidden = set(done[: max(len(self._lines) - _LINES, 0)])
        lines = [line for key, line in self._lines.items() if key not in hidden]
        notes = []
        if hidden:
            more = ngettext("{count} more is done", "{count} more are done", len(hidden))
            notes = [more.format(count=len(hidden))]
        return display.Card(self._title, state, mood, facts=lines, notes=notes)


_terminal, _notebook = Bars(), LiveCard()
