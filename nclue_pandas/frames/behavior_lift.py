"""What the highest scored users do more often than the others."""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas import display
from nclue_pandas.contract import BEHAVIOR_SEPARATOR
from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.alignment import UserScores, require_unique_ids
from nclue_pandas.frames.audience import highest, size_of
from nclue_pandas.frames.columns import find_column, require_frame, to_chunks
from nclue_pandas.frames.evaluation import check_confidence, plain
from nclue_pandas.frames.proportions import at_least_p_values, benjamini_hochberg, ratio_interval
from nclue_pandas.kernels.arrays import is_text, one_array, pieces
from nclue_pandas.kernels.parallel import in_threads
from nclue_pandas.signatures import named_options
from nclue_pandas.translation import N_

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

    from nclue_pandas.kernels.arrays import Flags

#: Users whose sequences are taken apart at a time.
_BLOCK_USERS: Final = 1 << 13
_ROWS_SHOWN: Final = 10
_TEST: Final = "Fisher's exact test, one-sided, corrected by Benjamini and Hochberg"
_COUNTS: Final = pa.schema(
    [("behavior", pa.string()), ("highest", pa.int64()), ("users", pa.int64())]
)
_SHOWN: Final[Mapping[str, Callable[[Any], str]]] = {
    "behavior": str,
    "users": display.count,
    "share_highest": display.percent,
    "share_rest": display.percent,
    "lift": "{:.2f}".format,
    "lift_low": "{:.2f}".format,
    "lift_high": "{:.2f}".format,
    "p_adjusted": display.p_value,
}


@dataclass(frozen=True, eq=False, repr=False)
class BehaviorLift(display.Shown):
    """Behaviors of the highest scored users beside those of the rest.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per behavior, the surest lift first (by ``lift_low``): ``behavior`` (string),
        ``users`` and ``highest`` (int64, users who have it, and those of them who are among the
        highest), and as double ``share_highest`` and ``share_rest`` (of the users of each side),
        ``lift`` (share among the highest over the share among all) with its interval ``lift_low``
        and ``lift_high``, ``p_value`` and ``p_adjusted``.
    highest, rest : int
        Users on each side.
    found, tested : int
        Distinct behaviors, and those of them that enough users have.
    min_users : int
        How many are enough.
    confidence : float
        Of the intervals.
    unmatched_scores, unmatched_sequences : int
        Scored users without a sequence, and sequences without a score; both are left out.
    """

    table: pd.DataFrame
    highest: int
    rest: int
    found: int
    tested: int
    min_users: int
    confidence: float
    unmatched_scores: int
    unmatched_sequences: int

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain Python: numbers, texts, lists of rows."""
        return {each.name: plain(getattr(self, each.name)) for each in fields(self)}

    def plot(self, *, ax: Axes | None = None, rows: int = _ROWS_SHOWN) -> Axes:
        """Draw the lift of the first behaviors with its interval, one below the other.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            What to draw on; by default a new figure's.
        rows : int, default 10
            Behaviors to draw.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.
        """
        from nclue_pandas.plotting.campaigns import plot_behaviors

        return plot_behaviors(self, ax=ax, rows=rows)

    def _card(self) -> display.Card:
        """Describe both sides, and the first behaviors."""
        users = self.highest + self.rest
        tested = display.count(self.tested)
        enough = display.counted(self.min_users, "user")
        facts = [
            ("Users", f"the {display.count(self.highest)} highest of {display.count(users)}"),
            ("Behaviors", f"{display.count(self.found)}, {tested} of them of {enough} or more"),
        ]
        notes = [
            f"Intervals of the lift at {100 * self.confidence:g} %. P adjusted: {_TEST}.",
            "What the highest have in common need not be why: behaviors go together.",
        ]
        left_out = [
            f"{display.counted(count, noun)} without {other}"
            for count, noun, other in (
                (self.unmatched_scores, "score", "a sequence"),
                (self.unmatched_sequences, "sequence", "a score"),
            )
            if count
        ]
        if left_out:
            notes.append(f"Left out: {' and '.join(left_out)}.")
        shown = display.Table.of(self.table.head(_ROWS_SHOWN), _SHOWN)
        return display.Card(
            "Behaviors of the highest scored", facts=facts, tables=[shown], notes=notes
        )


@named_options
def behaviors(
    scores: pd.DataFrame,
    sequences: pd.DataFrame,
    *,
    share: float = 0.1,
    min_users: int = 10,
    confidence: float = 0.95,
    user: str = "user_id",
    score: str = "score",
    sequence: str = "sequence",
) -> BehaviorLift:
    """Find the behaviors that the highest scored users have more often than the rest.

    A behavior counts once for each user who has it, however often. It tells what the scores go
    with, which need not be what they are made of.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per user: `user`, `score` (any finite number; higher means more likely).
    sequences : pandas.DataFrame
        One row per user: `user`, `sequence`, as :func:`to_sequences` makes it: those that were
        scored. Ids are compared as text.
    share : float, default 0.1
        Of the users, who are the highest; between 0 and 1. Ties are cut as by
        :func:`~nclue_pandas.audience`.
    min_users : int, default 10
        Behaviors of fewer users are counted, and neither shown nor tested.
    confidence : float, default 0.95
        Of the intervals, between 0 and 1.
    user, score, sequence : str
        Names of the columns.

    Returns
    -------
    BehaviorLift
        Its ``table`` is a DataFrame; it shows itself, and has ``plot()`` and ``to_dict()``. The
        interval of the lift is that of the ratio of the two shares, by Wilson's intervals (Donner
        and Zou, Statistical Methods in Medical Research 21, 2012). The p value is of Fisher's
        exact test, one-sided: how likely so many of the highest have it if they were drawn at
        random. ``p_adjusted`` is corrected for the number of behaviors by Benjamini and Hochberg
        (1995): of those below 0.05, about one in twenty is there by chance.

    Raises
    ------
    ConfigurationError
        When an option is out of its range.
    MissingColumnError
        When a column is not there.
    InvalidDataError
        For null or repeated ids, scores that are null or not finite, sequences that are no text,
        or when no user has both.

    Examples
    --------
    >>> import pandas as pd
    >>> import nclue_pandas as nclue
    >>> scores = pd.DataFrame({"user_id": range(200), "score": [n / 200 for n in range(200)]})
    >>> sequences = pd.DataFrame(
    ...     {"user_id": range(200), "sequence": ["tea->milk"] * 170 + ["tea->tent->tent"] * 30}
    ... )
    >>> found = nclue.behaviors(scores, sequences, share=0.1)
    >>> found.table[["behavior", "users", "highest", "lift"]].round(2).iloc[0].to_dict()
    {'behavior': 'tent', 'users': 30, 'highest': 20, 'lift': 6.67}
    """
    _check_options(share, min_users)
    check_confidence(confidence)
    scores, sequences = require_frame(scores, "scores"), require_frame(sequences, "sequences")
    read = UserScores.of(scores, user=user, score=score, lead=N_("These scores cannot be ranked"))
    ids = require_unique_ids(sequences, user, "sequences")
    texts = _texts(sequences, sequence)
    known, values = read.of_users(ids)
    rows = np.flatnonzero(known)
    if rows.size < 2:  # noqa: PLR2004 - two sides
        raise InvalidDataError(
            f"{rows.size:,} of {len(ids):,} sequences are of a user with a score: there is nothing "
            "to compare. Ids are compared as text ('0012' is not '12'): check that both frames "
            "have the same kind of id, and restore_ids() first where they were pseudonymized."
        )
    size = size_of(share, None, rows.size)
    chosen = highest(ids.take(pa.array(rows)), values[rows], size, seed=0)
    top = np.zeros(len(ids), dtype=bool)
    top[rows[chosen.rows]] = True
    counts = count_users(texts, top, known)
    tested = counts.filter(pc.greater_equal(counts["users"], min_users))
    return BehaviorLift(
        table=_lifts(tested, size, rows.size, confidence),
        highest=size,
        rest=rows.size - size,
        found=counts.num_rows,
        tested=tested.num_rows,
        min_users=int(min_users),
        confidence=confidence,
        unmatched_scores=len(scores) - rows.size,
        unmatched_sequences=len(ids) - rows.size,
    )


def count_users(texts: pa.ChunkedArray, top: Flags, known: Flags) -> pa.Table:
    """Count for each behavior the known users who have it, and those of them in `top`.

    Examples
    --------
    >>> texts = pa.chunked_array([["tea->tea", "tea->milk", "milk"]])
    >>> counts = count_users(texts, np.array([True, False, False]), np.array([True, True, False]))
    >>> counts.sort_by("behavior").to_pydict()
    {'behavior': ['milk', 'tea'], 'highest': [0, 1], 'users': [1, 2]}
    """

    def count(block: tuple[int, pa.Array]) -> pa.Table:
        start, part = block
        end = start + len(part)
        return _count_block(part, top[start:end], known[start:end])

    blocks = in_threads(count, pieces(texts, _BLOCK_USERS))
    sums = pa.concat_tables([_COUNTS.empty_table(), *blocks]).group_by("behavior")
    table = sums.aggregate([("highest", "sum"), ("users", "sum")])
    return table.select(["behavior", "highest_sum", "users_sum"]).rename_columns(_COUNTS.names)


def _count_block(texts: pa.Array, top: Flags, known: Flags) -> pa.Table:
    lists = pc.split_pattern(texts.filter(pa.array(known)).cast(pa.string()), BEHAVIOR_SEPARATOR)
    owners = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    encoded = lists.flatten().dictionary_encode()
    distinct = len(encoded.dictionary)
    # Each behavior of a user once; np.unique() hashes numbers, which takes 30 times as long.
    pairs = np.sort(owners * max(distinct, 1) + encoded.indices.to_numpy())
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    owner, code = np.divmod(pairs, max(distinct, 1))
    table = pa.table(
        {
            "behavior": encoded.dictionary,
            "highest": np.bincount(code[top[known][owner]], minlength=distinct),
            "users": np.bincount(code, minlength=distinct),
        },
        schema=_COUNTS,
    )
    return table.filter(pc.not_equal(table["behavior"], ""))


def _lifts(counts: pa.Table, size: int, total: int, confidence: float) -> pd.DataFrame:
    """Compare the shares of both sides, the surest lift first."""
    high, everyone = (counts[name].to_numpy() for name in ("highest", "users"))
    rest = everyone - high
    low_ratio, high_ratio = ratio_interval((high, rest), (size, total - size), confidence)
    p_values = at_least_p_values(high, everyone, size, total)
    table = counts.select(["behavior", "users", "highest"])
    for name, values in {
        "share_highest": high / size,
        "share_rest": rest / (total - size),
        "lift": high / size / (everyone / total),
        "lift_low": _over_all(low_ratio, size / total),
        "lift_high": _over_all(high_ratio, size / total),
        "p_value": p_values,
        "p_adjusted": benjamini_hochberg(p_values),
    }.items():
        table = table.append_column(name, pa.array(values, pa.float64()))
    order = [("lift_low", "descending"), ("users", "descending"), ("behavior", "ascending")]
    frame: pd.DataFrame = table.sort_by(order).to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _over_all(ratio: Any, weight: float) -> Any:
    """Turn the highest's share over the rest's into their share over that of all users.

    Examples
    --------
    >>> _over_all(np.array([2.0, np.inf]), 0.1).round(3).tolist()
    [1.818, 10.0]
    """
    with np.errstate(divide="ignore"):
        return 1 / (weight + (1 - weight) / ratio)


def _texts(sequences: pd.DataFrame, name: str) -> pa.ChunkedArray:
    texts = to_chunks(find_column(sequences, name, "sequence"))
    if pa.types.is_dictionary(texts.type):
        texts = pa.chunked_array([one_array(texts).dictionary_decode()])
    if not is_text(texts.type):
        raise InvalidDataError(f"Column {name!r} is {texts.type}, not text. Name it: sequence=.")
    return texts


def _check_options(share: object, min_users: object) -> None:
    if isinstance(share, bool) or not isinstance(share, Real) or not 0 < float(share) < 1:
        raise ConfigurationError(f"share={share!r}: give a share between 0 and 1, such as 0.1.")
    if isinstance(min_users, bool) or not isinstance(min_users, Integral) or int(min_users) < 1:
        raise ConfigurationError(f"min_users={min_users!r}: give a whole number, at least 1.")
