"""Frames of sequences, as the library makes them: in canonical order, each user once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks import logs
from benchmarks.arrow_files import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def every_user(rows: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Give each of a tenth of `rows` users one event, and draw those of the others evenly."""
    users = rows // logs.EVENTS_A_USER
    return np.concatenate([np.arange(users), rng.integers(0, users, rows - users)])


def sequence_table(path: Path, rows: int) -> pa.Table:
    """Return `rows` sequences of ten events on average, about 400 bytes each.

    Parameters
    ----------
    path : pathlib.Path
        A log is written beside it, and deleted.
    rows : int
        How many.
    """
    from nclue_pandas import to_sequences

    log = path.with_name(f"events-{path.name}")
    logs.log_maker(users=every_user, ids=logs.text_ids)(log, rows * logs.EVENTS_A_USER)
    events = read_table(str(log)).to_pandas()
    log.unlink()
    frame = to_sequences(events, user="user", time="time", behavior="item")
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
