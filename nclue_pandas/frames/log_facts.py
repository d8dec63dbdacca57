"""What a first look counts of a log, or of a part of one that has all rows of some users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.frames.answers import AnswerOptions, EventColumns
from nclue_pandas.frames.answers import build as build_answers
from nclue_pandas.frames.columns import find_column, read_text
from nclue_pandas.frames.forms import Forms
from nclue_pandas.frames.ids import encode_ids
from nclue_pandas.frames.personal_data import KINDS, find
from nclue_pandas.frames.times import NOT_A_TIME
from nclue_pandas.kernels.encode import encode_values
from nclue_pandas.kernels.hash import hash_ids
from nclue_pandas.translation import N_

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from nclue_pandas.frames.ids import EncodedIds
    from nclue_pandas.frames.times import Times
    from nclue_pandas.kernels.encode import Encoded
    from nclue_pandas.kernels.hash import Hashes


@dataclass(frozen=True, eq=False)
class LogFacts:
    """What is counted.

    Parameters
    ----------
    users : int
        Distinct ids.
    behaviors : numpy.ndarray of uint64
        Hashes of the distinct behaviors, ascending.
    personal_users : dict of str to int
        Ids with personal data, by kind.
    personal_behaviors : dict of str to numpy.ndarray of uint64
        Hashes of the distinct behaviors with personal data, by kind.
    counts : dict of str to int
        Rows, and users, by what is wrong or doubtful about them; none where times are unknown.
    outcomes : tuple of (int, int)
        Users who come back, and who do not, in each window that was asked for.
    """

    users: int
    behaviors: Hashes
    personal_users: Mapping[str, int]
    personal_behaviors: Mapping[str, Hashes]
    counts: Mapping[str, int]
    outcomes: tuple[tuple[int, int], ...]

    @classmethod
    def of(
        cls,
        events: pd.DataFrame,
        columns: Mapping[str, Any],
        times: Times | None,
        windows: Sequence[tuple[Any, Any]] = (),
    ) -> LogFacts:
        """Count.

        Parameters
        ----------
        events : pandas.DataFrame
            The rows.
        columns : mapping
            Labels of the columns ``user`` and ``behavior``.
        times : Times or None
            Of the rows; None where they cannot be read.
        windows : sequence of (cutoff, horizon)
            Points in time and durations.
        """
        ids = encode_ids(find_column(events, columns["user"], "user"))
        column = find_column(events, columns["behavior"], "behavior")
        behaviors = encode_values(read_text(column, "behavior").texts)
        distinct = behaviors.distinct.cast(pa.large_string())
        hashes = hash_ids(distinct)
        return cls(
            len(ids.texts),
            np.unique(hashes),
            {kind: rows.size for kind, rows in find(ids.texts)},
            {kind: np.unique(hashes[rows]) for kind, rows in find(distinct)},
            {} if times is None else _counts(ids, times, behaviors),
            () if times is None else tuple(_outcome(ids, times, each) for each in windows),
        )

    @classmethod
    def joined(cls, parts: Sequence[LogFacts]) -> LogFacts:
        """Put the facts of parts together, at least one; their users are disjoint."""
        names = [kind.name for kind in KINDS]
        personal_users = {
            name: sum(each.personal_users.get(name, 0) for each in parts) for name in names
        }
        personal_behaviors = {
            name: np.unique(np.concatenate(found))
            for name in names
            if (
                found := [e.personal_behaviors[name] for e in parts if name in e.personal_behaviors]
            )
        }
        outcomes = np.array([each.outcomes for each in parts], dtype=np.int64).sum(axis=0)
        return cls(
            sum(each.users for each in parts),
            np.unique(np.concatenate([each.behaviors for each in parts])),
            {name: count for name, count in personal_users.items() if count},
            personal_behaviors,
            {name: sum(each.counts[name] for each in parts) for name in parts[0].counts},
            tuple((int(ones), int(zeros)) for ones, zeros in outcomes),
        )

    @property
    def personal(self) -> dict[str, int]:
        """Users and distinct behaviors with personal data, by kind, as they are shown."""
        users = {f"users with {kind}": count for kind, count in self.personal_users.items()}
        return users | {
            f"behaviors with {kind}": hashes.size
            for kind, hashes in self.personal_behaviors.items()
        }


def _outcome(ids: EncodedIds, times: Times, window: tuple[Any, Any]) -> tuple[int, int]:
    """Count the users with an event before a cutoff, by whether they come back in the horizon."""
    cutoff, horizon = window
    options = AnswerOptions(time="time", cutoff=cutoff, horizon=horizon, on_invalid="drop")
    labels = build_answers(EventColumns(times, ids, [], None, None), options).table["label"]
    ones = pc.sum(labels).as_py() or 0
    return ones, len(labels) - ones


def _counts(ids: EncodedIds, times: Times, texts: Encoded) -> dict[str, int]:
    """Count what is wrong or doubtful about rows and users."""
    forms = Forms.of(ids.texts)
    users, ticks, behaviors = _in_order(ids.codes, times.ticks, texts.codes)
    same = (users[1:] == users[:-1]) & (ticks[1:] == ticks[:-1])
    other = same & (behaviors[1:] != behaviors[:-1])
    group = np.cumsum(np.append(True, ~same))[: users.size]
    tied = np.isin(group, group[1:][other]) if users.size else np.zeros(0, dtype=bool)
    return {
        N_("rows without an id"): int((ids.codes < 0).sum()),
        N_("rows without a time"): int((times.ticks == NOT_A_TIME).sum()) - times.unreadable.size,
        N_("rows with an unreadable time"): int(times.unreadable.size),
        N_("rows without a behavior"): int((texts.codes < 0).sum()),
        N_("repeated rows"): int((same & ~other).sum()),
        N_("rows tied in time"): int(tied.sum()),
        N_("users with an id that ends in .0"): int(forms.floats.sum()),
        N_("users with an id in another form"): int((~forms.floats).sum()),
    }


def _in_order(*keys: NDArray[Any]) -> list[NDArray[Any]]:
    """Return users, times and behaviors of the rows that have all three, in this order."""
    users, ticks, behaviors = keys
    order = np.lexsort(keys[::-1])
    valid = (users >= 0) & (ticks != NOT_A_TIME) & (behaviors >= 0)
    return [each[order][valid[order]] for each in keys]
