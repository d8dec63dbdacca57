"""Memory of temporary arrays, which is used again and not given back in between.

Work on a long column makes many arrays of some megabytes that live for milliseconds. To give
their memory back to the system after each, and have it cleared for the next, takes longer than
much of the work itself.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)

#: Where Arrow makes arrays of rows: its own pools give memory back as soon as an array is done.
POOL: Final = pa.system_memory_pool()
#: Just below the largest block after which the C library of Linux changes its mind.
_LARGEST: Final = 31 << 20


def empty(size: int, kind: type[Number]) -> NDArray[Number]:
    """Return an array like ``numpy.empty``, in ordinary pages of memory.

    NumPy asks for huge pages for its large arrays. Where memory is full of other things, or the
    machine is a virtual one, the system takes longer to find and clear them than they save.
    """
    buffer = pa.allocate_buffer(size * np.dtype(kind).itemsize, memory_pool=POOL)
    return np.frombuffer(buffer, dtype=kind)


@cache
def keep_freed() -> None:
    """Let the C library keep freed blocks of up to 31 MiB, and 62 MiB in all, for the next.

    glibc does so once a block of this size has been freed (mallopt(3), the dynamic
    ``M_MMAP_THRESHOLD``). The block is not written, so that it costs no memory.
    """
    np.empty(_LARGEST, dtype=np.uint8)
