"""What a broken service or network does, on request."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from werkzeug.wrappers import Response

from nclue_pandas.contract import FAIL_CODES
from nclue_pandas.sandbox.refusals import gateway, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from nclue_pandas.sandbox.settings import SandboxSettings

_HUGE: Final = 32 * 2**20
_DEEP: Final = 100_000

#: Faults that answer, or do not, without the work being done.
BEFORE: Final = ("drop_before", "error_500", "error_503", "throttle", "quota", "redirect")
#: Faults that do the work and spoil the answer.
AFTER: Final = (
    "drop_after_acting",
    "reset",
    "error_500_after_acting",
    "error_504_after_acting",
    "garbage",
    "html",
    "empty_body",
    "truncated",
    "huge",
    "deep_json",
    "wrong_types",
)
#: All faults; ``slow`` answers rightly but late, fail codes let the next job fail.
FAULTS: Final = (*BEFORE, *AFTER, "slow", *FAIL_CODES)

_REFUSALS: Final = {
    "error_500": "error_500",
    "error_503": "error_503",
    "throttle": "throttled",
    "quota": "quota",
    "error_500_after_acting": "error_500",
    "error_504_after_acting": "error_504",
}
_BODIES: Final = {
    "garbage": (b"\x00\x9f\x92\x96 {{{", "application/json"),
    "html": (b"<html><body><h1>Bad Gateway</h1></body></html>", "text/html"),
    "empty_body": (b"", "application/json"),
    "deep_json": (b"[" * _DEEP, "application/json"),
    "wrong_types": (b'{"total": "many", "features": 7, "feature_id": []}', "application/json"),
}


@dataclass
class Fault:
    """A fault that waits for its requests.

    Parameters
    ----------
    name : str
        One of :data:`FAULTS`.
    operation : str or None
        The operation that it strikes; None for any.
    times : int
        How often.
    """

    name: str
    operation: str | None
    times: int


class Faults:
    """The faults that wait, struck in the order in which they were injected."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, name: str, operation: str | None = None, times: int = 1) -> None:
        """Let a fault strike the next requests.

        Raises
        ------
        ValueError
            When there is no fault of that name.
        """
        if name not in FAULTS:
            raise ValueError(f"no such fault: {name!r}; there are {', '.join(FAULTS)}")
        with self._lock:
            self._waiting.append(Fault(name, operation, times))

    def strike(self, operation: str | None) -> str | None:
        """Return the fault that strikes a request, and use it up."""
        with self._lock:
            for fault in self._waiting:
                if fault.operation in {None, operation}:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault.name
        return None

    def clear(self) -> None:
        """Forget all that wait."""
        with self._lock:
            self._waiting.clear()


def played(fault: str | None, act: Callable[[], Response], settings: SandboxSettings) -> Response:
    """Answer a request under a fault.

    Parameters
    ----------
    fault : str or None
        What strikes.
    act : callable
        Does the work and returns the right answer.
    settings : SandboxSettings
        Shape of refusals, and how slow is slow.

    Raises
    ------
    ConnectionResetError
        When the connection is to be dropped without an answer.
    """
    if fault in BEFORE:
        return _instead(fault, settings)
    if fault == "slow":
        time.sleep(settings.slow_seconds)
    response = act()
    return _instead(fault, settings) if fault in AFTER else response


def _instead(fault: str, settings: SandboxSettings) -> Response:
    if fault in {"drop_before", "drop_after_acting", "reset"}:
        raise ConnectionResetError(fault)
    if fault == "redirect":
        return Response(status=302, headers={"Location": "https://example.com/"})
    if fault in _REFUSALS:
        refusal = gateway(_REFUSALS[fault])
        body, kind = render(refusal, settings)
        return Response(body, refusal.status, content_type=kind)
    if fault == "huge":
        return Response(b" " * _HUGE, content_type="application/json")
    if fault == "truncated":
        return Response(b'{"feature_id": "', headers={"Content-Length": "4096"})
    body, kind = _BODIES[fault]
    return Response(body, content_type=kind)
