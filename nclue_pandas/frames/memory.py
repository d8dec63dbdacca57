"""Memory of temporary arrays, which is used again and not given back in between.

Work on a long column makes many arrays of some megabytes that live for milliseconds. To give
their memory back to the system after each, and have it cleared for the next, takes longer than
much of the work itself.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa

#: For what Arrow makes meanwhile: its default pool gives memory back early.
TEMPORARY: Final = pa.system_memory_pool()
#: Just below the largest block after which the C library of Linux changes its mind.
_LARGEST: Final = 31 << 20


@cache
def keep_freed() -> None:
    """Let the C library keep freed blocks of up to 31 MiB, and 62 MiB in all, for the next.

    glibc does so once a block of this size has been freed (mallopt(3), the dynamic
    ``M_MMAP_THRESHOLD``). The block is not written, so that it costs no memory.
    """
    np.empty(_LARGEST, dtype=np.uint8)
