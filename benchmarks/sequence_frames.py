"""Frames of sequences, as the library makes them: in canonical order, each user once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from benchmarks import logs
from benchmarks.arrow_files import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def every_user(rows: int, rng: np.random.Generator, users: int) -> NDArray[np.int64]:
    """Give each of the users one event, and draw those of the others evenly."""
    return np.concatenate([np.arange(users), rng.integers(0, users, rows - users)])


def sequence_table(path: Path, rows: int, events: int = logs.EVENTS_A_USER) -> pa.Table:
    """Return `rows` sequences of `events` on average, about thirty bytes each.

    Parameters
    ----------
    path : pathlib.Path
        A log is written beside it, and deleted.
    rows : int
        How many.
    events : int
        Events of a user, on average.
    """
    from nclue_pandas import to_sequences

    log = path.with_name(f"events-{path.name}")
    logs.log_maker(users=partial(every_user, users=rows), ids=logs.text_ids)(log, rows * events)
    frame_of_events = read_table(str(log)).to_pandas()
    log.unlink()
    frame = to_sequences(frame_of_events, user="user", time="time", behavior="item")
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
