"""Slices of long columns on all processors: NumPy and pyarrow release the interpreter lock."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Item = TypeVar("Item")
Made = TypeVar("Made")


def threads() -> int:
    """Return how many threads to use: one for each processor."""
    return os.cpu_count() or 1


def in_threads(function: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    """Apply `function` to all items, several at once, and return the results in their order.

    Examples
    --------
    >>> in_threads(len, ["a", "bb"])
    [1, 2]
    """
    items = list(items)
    workers = min(threads(), len(items))
    if workers <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


def slices(length: int, size: int) -> list[slice]:
    """Cut ``range(length)`` into slices of at most `size`.

    Examples
    --------
    >>> slices(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]
