"""Where arrays of rows live.

Work on a long column makes many arrays of some megabytes that live for milliseconds. Arrow's own
pools give their memory back to the system in between, and to get it again, cleared, takes longer
than much of the work. The C library keeps more of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)

#: The C library's memory, as an Arrow pool.
POOL: Final = pa.system_memory_pool()


def empty(size: int, kind: type[Number]) -> NDArray[Number]:
    """Return an array like ``numpy.empty``, in ordinary pages of memory.

    NumPy asks for huge pages for its large arrays. Where memory is full of other things, or the
    machine is a virtual one, the system takes longer to find and clear them than they save.
    """
    buffer = pa.allocate_buffer(size * np.dtype(kind).itemsize, memory_pool=POOL)
    return np.frombuffer(buffer, dtype=kind)
