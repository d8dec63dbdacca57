"""The peak of resident memory, as Linux counts it."""

from __future__ import annotations

import ctypes
import gc
import re
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")
#: What the kernel takes for "forget the high water mark" (proc(5), clear_refs).
_RESET_PEAK = "5"


class Peak:
    """How far resident memory rises above what is held now.

    On other systems than Linux nothing is measured, and :meth:`extra_mb` is None.
    """

    def __init__(self) -> None:
        _give_back()
        self._before = None
        if _CLEAR_REFS.exists():
            _CLEAR_REFS.write_text(_RESET_PEAK)
            self._before = _status("VmRSS")

    def extra_mb(self) -> float | None:
        """Return the megabytes (10^6 bytes) of the high water mark above the start."""
        if self._before is None:
            return None
        return (_status("VmHWM") - self._before) / 1e6


def _give_back() -> None:
    """Return freed memory to the system: what loading left behind is not for reuse."""
    gc.collect()
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


def _status(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
