"""Memory that was freed goes back to the system, so that a budget holds for the process."""

from __future__ import annotations

import pyarrow as pa


def give_back() -> None:
    """Return freed memory: of Arrow, and (where the C library can) of NumPy and Python.

    Allocators keep what was freed for the next time, in pieces that do not always fit.
    """
    pa.default_memory_pool().release_unused()
    pa.system_memory_pool().release_unused()
