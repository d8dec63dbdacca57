"""Publishes a dataset in a process of its own, for tests that interrupt or kill it.

The standard input says where and what, as JSON; ``done`` or ``interrupted`` is printed.
"""

from __future__ import annotations

import json
import sys

import pyarrow as pa

from nclue_pandas.storage import publish
from nclue_pandas.storage.content import FrameContent
from stores.base import Access


def prepared(rows, part_bytes, seed=0):
    """Return a dataset of `rows` users with a kilobyte of text each, in parts of some size."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    words = rng.integers(0, 10**9, (rows, 100)).astype(str)
    frame = pd.DataFrame(
        {
            "user_id": pd.Series(
                [f"user{n}" for n in range(rows)], dtype=pd.ArrowDtype(pa.string())
            ),
            "sequence": pd.Series(
                ["->".join(row) for row in words], dtype=pd.ArrowDtype(pa.string())
            ),
        }
    )
    content = FrameContent.of_sequences(frame, "user_id", "sequence")
    return publish.prepare(content, "sequences", "crash", "nclue", part_bytes)


def main():
    """Publish what is asked for."""
    asked = json.load(sys.stdin)
    bucket = Access(**asked["store"]).open()
    try:
        publish.publish(prepared(asked["rows"], asked["part_bytes"]), bucket)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    else:
        print("done", flush=True)


if __name__ == "__main__":
    main()
