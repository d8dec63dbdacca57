"""What a run that nobody watches says: lines for people, or a JSON object a line, on stderr."""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from nclue_pandas.errors import NclueError
from nclue_pandas.frames.reports import NclueDataWarning
from nclue_pandas.progress import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

_log: Final = logging.getLogger("nclue_pandas")


class JsonLines(logging.Formatter):
    """A record as one JSON object on one line: time, level, message, and what a step tells."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **getattr(record, FACTS, {"step": "work"}),
            "message": record.getMessage(),
        }
        return json.dumps(line, ensure_ascii=False, default=str)


@contextmanager
def logged(form: str) -> Iterator[list[str]]:
    """Let the package's log and its warnings go to standard error.

    Parameters
    ----------
    form : {"text", "json"}
        How.

    Yields
    ------
    list of str
        What was warned of so far.
    """
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s")
    handler.setFormatter(JsonLines() if form == "json" else text)
    warned: list[str] = []

    def tell_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        kind = "" if issubclass(category, NclueDataWarning) else f"{category.__name__}: "
        words = f"{kind}{message}"
        if words not in warned:  # by another verb on the same log
            warned.append(words)
            _log.warning("%s", words, extra={FACTS: {"step": "warning"}})

    before = _log.level, _log.propagate
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", NclueDataWarning)
            warnings.showwarning = tell_warning
            yield warned
    finally:
        _log.level, _log.propagate = before
        _log.removeHandler(handler)


@contextmanager
def step(name: str, **facts: Any) -> Iterator[dict[str, Any]]:
    """Tell of a step once it is done: its sizes, which the block fills in, and its seconds."""
    started = time.monotonic()
    yield facts
    tell(name, **facts, seconds=round(time.monotonic() - started, 2))


def tell(name: str, **facts: Any) -> None:
    """Tell of a step.

    Examples
    --------
    >>> tell("scores", users=700)
    """
    said = ", ".join(f"{key} {_shown(value)}" for key, value in facts.items())
    _log.info("%s: %s", name, said, extra={FACTS: {"step": name, **facts}})


def tell_error(error: BaseException, status: int) -> None:
    """Tell why a run ends, and with which exit status."""
    what = str(error) or type(error).__name__
    facts = {"step": "end", "error": type(error).__name__, "exit": status}
    if isinstance(error, NclueError):
        facts["more"] = error.link
    _log.error("Stopped: %s", what, extra={FACTS: facts})


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
