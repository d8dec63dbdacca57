"""Threads for slices of long columns, and where arrays of rows live meanwhile.

NumPy and pyarrow release the interpreter lock, so slices are worked on by all processors. That
makes many arrays of some megabytes that live for milliseconds. Arrow's own pools give their memory
back to the system in between, and to get it again, cleared, takes longer than much of the work.
The C library keeps more of it.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)
#: The C library's memory, as an Arrow pool.
POOL: Final = pa.system_memory_pool()
#: About the largest array that is made for each block of rows.
_BLOCK_BYTES: Final = 4 << 20


def empty(size: int, kind: type[Number]) -> NDArray[Number]:
    """Return an array like ``numpy.empty``, in ordinary pages of memory.

    NumPy asks for huge pages for its large arrays. Where memory is full of other things, or the
    machine is a virtual one, the system takes longer to find and clear them than they save.
    """
    buffer = pa.allocate_buffer(size * np.dtype(kind).itemsize, memory_pool=POOL)
    return np.frombuffer(buffer, dtype=kind)


@cache
def keep_freed(size: int = _BLOCK_BYTES) -> None:
    """Let the C library keep freed blocks of up to `size` bytes, and twice as many, for the next.

    glibc does so once a block of this size, of 32 MiB at most, has been freed (mallopt(3), the
    dynamic ``M_MMAP_THRESHOLD``); it learns it from larger and larger blocks otherwise, for
    hundreds of thousands of page faults. The block is not written, so that it costs no memory.
    """
    np.empty(size, dtype=np.uint8)


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


def give_back() -> None:
    """Return freed memory: of Arrow, and (where the C library can) of NumPy and Python.

    Allocators keep what was freed for the next time, in pieces that do not always fit.
    """
    pa.default_memory_pool().release_unused()
    pa.system_memory_pool().release_unused()
