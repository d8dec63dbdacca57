"""Slices of long columns on all processors: NumPy and pyarrow release the interpreter lock."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from nclue_pandas.frames.memory import keep_freed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

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
    keep_freed()
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))


def ahead(function: Callable[[Item], Made], items: Iterable[Item], at_once: int) -> Iterator[Made]:
    """Apply `function` to items in threads, and yield the results in their order.

    Items are taken as results are: at most `at_once` are worked on beyond the one that is yielded.

    Examples
    --------
    >>> list(ahead(len, ["a", "bb", "ccc"], at_once=2))
    [1, 2, 3]
    """
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def slices(length: int, size: int) -> list[slice]:
    """Cut ``range(length)`` into slices of at most `size`.

    Examples
    --------
    >>> slices(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]
