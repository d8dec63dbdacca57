"""The kernel: texts of many rows joined into one text for each group, in time order.

Rows are split into partitions of neighboring groups, small enough for the processor's cache, and
every partition is sorted, cut to the token budget and joined on its own, several at once. The
texts of a partition are gathered twice: once in the order of the rows, which memory delivers
fast, and once in the order of the result, out of the cache. It works on plain arrays, so that
in-memory frames, batches from disk and distributed partitions can all use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.kernels.arrays import NO_ROWS, TEXT_LIMIT, cast, gather, small_chunks
from nclue_pandas.kernels.distinct import CodedRows, text_ranks
from nclue_pandas.kernels.order import (
    break_ties,
    is_ascending,
    order_by_group,
    stable_order,
)
from nclue_pandas.kernels.parallel import POOL, in_threads, slices
from nclue_pandas.kernels.scan import text_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from nclue_pandas.kernels.arrays import Flags

Integers = NDArray[np.int64]
#: Rows of a partition: about what the cache holds.
PARTITION_ROWS: Final = 350_000
#: Bytes of text that one array with 32-bit offsets may be given.
_MOST_PARTITIONS: Final = 60_000
_MOST_BUCKETS: Final = 1 << 16
#: Rows whose partitions are told apart at a time.
_SPLIT_ROWS: Final = 1 << 18


class TextSource(Protocol):
    """Where the kernel takes the texts of rows from."""

    def take(self, rows: Integers) -> pa.Array | CodedRows:
        """Return the texts of `rows`, ascending: ``string``, ``large_string``, or codes."""


class Budget(Protocol):
    """What stands between two texts, and how much a joined text may cost."""

    @property
    def tokens(self) -> int | None:
        """The most that a joined text may cost, separators included; None for no limit."""

    @property
    def separator(self) -> str:
        """Text between two others."""

    @property
    def separator_tokens(self) -> int:
        """Cost of one separator."""

    def costs(self, texts: pa.Array) -> Integers:
        """Return the cost of each text; called in several threads."""


@dataclass(frozen=True, eq=False)
class Grouped:
    """The joined texts, by ascending group.

    Parameters
    ----------
    groups : numpy.ndarray of int64, shape (n,)
        The groups that have rows.
    texts : list of pyarrow.Array of string
        n texts in all, in chunks.
    joined, cut : numpy.ndarray of int64, shape (n,)
        How many rows of the group are in its text, and how many were left out.
    tokens : numpy.ndarray of int64, shape (n,)
        Estimated tokens of the text.
    ties : int
        Rows that differ in nothing but the text from another row of their group.
    repeats : int
        Rows that are the same as another before them, text and all.
    """

    groups: Integers
    texts: list[pa.Array]
    joined: Integers
    cut: Integers
    tokens: Integers
    ties: int = 0
    repeats: int = 0


def join_groups(
    groups: NDArray[Any],
    n_groups: int,
    ticks: Integers,
    texts: TextSource,
    *,
    budget: Budget,
    ties: Integers | None = None,
    partition_rows: int = PARTITION_ROWS,
) -> Grouped:
    """Join the texts of each group, oldest first.

    Inside a group rows are in the order of (tick, tie, bytes of the text), so that the order in
    which they are given makes no difference. When a group exceeds the budget its oldest rows are
    left out; the last row always stays.

    Parameters
    ----------
    groups : numpy.ndarray of int, shape (rows,)
        Group of each row, from 0; `n_groups` for rows to leave out.
    n_groups : int
        Number of groups.
    ticks : numpy.ndarray of int64, shape (rows,)
        Time of each row.
    texts : TextSource
        Text of each row.
    budget : Budget
        What separates the texts, and how much a joined text may cost.
    ties : numpy.ndarray of int64, shape (rows,), optional
        Order of rows that have the same tick.
    partition_rows : int
        Rows worked on at a time in each thread, more only when one group has more.

    Returns
    -------
    Grouped
        Texts of the groups that have rows.
    """
    if len(groups) <= partition_rows:
        n_partitions, split = 1, [_Split.of_one(groups, n_groups)]
    else:
        buckets = _Buckets.of(groups, n_groups, partition_rows)
        n_partitions = buckets.n_partitions
        split = in_threads(
            lambda part: _Split.of(buckets, groups, part), slices(len(groups), _SPLIT_ROWS)
        )
    in_order = ties is None and is_ascending(ticks)
    rows = _Rows(groups, ticks, ties, texts, budget, split, in_order)
    joined = in_threads(rows.join, range(n_partitions))
    return _concatenate([part for part in joined if part is not None])


@dataclass(frozen=True, eq=False)
class _Buckets:
    """Neighboring groups in buckets, few enough to look up fast, and buckets in partitions.

    The rows to leave out have a bucket of their own, which is the last.
    """

    shift: int
    offset: int
    partitions: NDArray[np.uint16]

    @classmethod
    def of(cls, groups: NDArray[Any], n_groups: int, partition_rows: int) -> _Buckets:
        shift = (n_groups // _MOST_BUCKETS).bit_length()
        offset = -n_groups % (1 << shift)
        last = (n_groups + offset) >> shift

        def count(part: slice) -> Integers:
            return np.bincount((groups[part] + offset) >> shift, minlength=last + 1)

        counts = np.zeros(last + 1, dtype=np.int64)
        for each in in_threads(count, slices(len(groups), _SPLIT_ROWS)):
            counts += each
        return cls(shift, offset, _partitions(counts[:last], partition_rows))

    @property
    def n_partitions(self) -> int:
        return int(self.partitions[-1])

    def partitions_of(self, groups: NDArray[Any]) -> NDArray[np.uint16]:
        """Return the partition of each row; :attr:`n_partitions` for those to leave out."""
        partitions: NDArray[np.uint16] = self.partitions[(groups + self.offset) >> self.shift]
        return partitions


def _partitions(counts: Integers, partition_rows: int) -> NDArray[np.uint16]:
    """Return the partition of each bucket; the last entry is that of rows to leave out."""
    total = int(counts.sum())
    size = max(partition_rows, -(-total // _MOST_PARTITIONS), 1)
    crossed = (np.cumsum(counts) - counts) // size
    steps = np.diff(crossed, prepend=0, append=np.iinfo(np.int64).max) > 0
    return np.cumsum(steps).astype(np.uint16)


@dataclass(frozen=True, eq=False)
class _Split:
    """Some neighboring rows by partition: in 32 bits, because there may be very many rows."""

    start: int
    order: NDArray[np.int32]
    bounds: Integers

    @classmethod
    def of(cls, buckets: _Buckets, groups: NDArray[Any], rows: slice) -> _Split:
        parts = buckets.partitions_of(groups[rows])
        order = np.argsort(parts, kind="stable").astype(np.int32)
        sizes = np.bincount(parts, minlength=buckets.n_partitions + 1)
        return cls(rows.start, order, np.append(0, np.cumsum(sizes)))

    @classmethod
    def of_one(cls, groups: NDArray[Any], n_groups: int) -> _Split:
        """Take all rows that are not left out for one partition."""
        order = np.flatnonzero(groups < n_groups).astype(np.int32)
        return cls(0, order, np.array([0, order.size]))

    def rows(self, part: int) -> Integers:
        own = self.order[self.bounds[part] : self.bounds[part + 1]]
        return own + np.int64(self.start)


@dataclass(frozen=True, eq=False)
class _Rows:
    """All rows, of which a partition joins some."""

    groups: NDArray[Any]
    ticks: Integers
    ties: Integers | None
    texts: TextSource
    budget: Budget
    split: list[_Split]
    in_order: bool

    def join(self, part: int) -> Grouped | None:
        rows = np.concatenate([NO_ROWS, *(split.rows(part) for split in self.split)])
        if not rows.size:
            return None
        own = self.groups.take(rows)
        ticks, ties = self.ticks.take(rows), None if self.ties is None else self.ties[rows]
        taken = self.texts.take(rows)
        texts = taken if isinstance(taken, CodedRows) else _TextRows(taken, self.budget.separator)
        order = order_by_group(own) if self.in_order else stable_order(own, ticks, ties)
        keys = [key.take(order) for key in (own, ticks, ties) if key is not None]
        tied, own = break_ties(order, keys, texts.ranks), keys[0]
        starts = np.flatnonzero(np.diff(own, prepend=-1))
        sizes = np.diff(starts, append=own.size)
        texts = texts.take(tied.order)
        costs = texts.costs(self.budget.costs)
        kept = _within_budget(costs, starts, sizes, self.budget)
        joined = sizes
        if kept is not None:
            texts, costs = texts.take(np.flatnonzero(kept)), costs[kept]
            joined = np.add.reduceat(kept, starts, dtype=np.int64)
        offsets = np.append(0, np.cumsum(joined))
        tokens = np.add.reduceat(costs, offsets[:-1]) + (joined - 1) * self.budget.separator_tokens
        names = own[starts].astype(np.int64)
        made = _chunks(texts.join(offsets))
        return Grouped(names, made, joined, sizes - joined, tokens, tied.ties, tied.repeats)


@dataclass(frozen=True, eq=False)
class _TextRows:
    """The texts of some rows, as they are; :class:`CodedRows` are the same where they repeat."""

    texts: pa.Array
    separator: str

    def ranks(self, rows: NDArray[Any], runs: Integers) -> Integers:
        return text_ranks(runs, gather(self.texts, rows))

    def take(self, rows: NDArray[Any]) -> _TextRows:
        return _TextRows(gather(self.texts, rows), self.separator)

    def costs(self, estimate: Callable[[pa.Array], Integers]) -> Integers:
        return estimate(self.texts)

    def join(self, offsets: Integers) -> pa.Array:
        """Join runs of the rows, as ``string`` where 32-bit offsets can address all of it."""
        size = text_bytes(self.texts)[1].size + len(self.separator) * len(self.texts)
        if size <= TEXT_LIMIT:
            starts = pa.array(offsets.astype(np.int32))
            runs = pa.ListArray.from_arrays(starts, cast(self.texts, pa.string()))
            return pc.binary_join(runs, self.separator, memory_pool=POOL)
        texts = self.texts.cast(pa.large_string())
        runs = pa.LargeListArray.from_arrays(pa.array(offsets), texts)
        return pc.binary_join(runs, pa.scalar(self.separator, pa.large_string()))


def _within_budget(
    costs: Integers, starts: Integers, sizes: Integers, budget: Budget
) -> Flags | None:
    """Tell which rows stay: the latest of each group that fit, at least one; None for all."""
    if budget.tokens is None:
        return None
    steps = costs + budget.separator_tokens
    totals = np.cumsum(steps)
    last = starts + sizes - 1
    from_here = np.repeat(totals[last], sizes) - totals + costs
    kept: Flags = from_here <= budget.tokens
    kept[last] = True
    return None if kept.all() else kept


def _chunks(texts: pa.Array) -> list[pa.Array]:
    return [texts] if pa.types.is_string(texts.type) else small_chunks(texts, TEXT_LIMIT)


def _concatenate(parts: list[Grouped]) -> Grouped:
    empty = np.empty(0, dtype=np.int64)
    columns = [[getattr(p, name) for p in parts] for name in ("groups", "joined", "cut", "tokens")]
    groups, joined, cut, tokens = (np.concatenate([empty, *column]) for column in columns)
    texts = [chunk for part in parts for chunk in part.texts]
    ties, repeats = sum(part.ties for part in parts), sum(part.repeats for part in parts)
    return Grouped(groups, texts, joined, cut, tokens, ties, repeats)
