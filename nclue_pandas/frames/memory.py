"""Where arrays of rows live.

Work on a long column makes many arrays of some megabytes that live for milliseconds. Arrow's own
pools give their memory back to the system in between, and to get it again, cleared, takes longer
than much of the work. The C library keeps more of it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
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
