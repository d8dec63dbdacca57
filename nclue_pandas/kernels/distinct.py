"""Texts that repeat: one look at each distinct text, and one copy of it for each row.

A shop has thousands of products and millions of events. Where texts repeat, the rows are codes of
the distinct texts: these alone are cleaned, checked, counted and ranked, and the rows are sorted as
numbers. The dictionary holds each text twice, with the separator at its end and without, so that
taking the codes of a group, the last of them the bare one, *is* the joined text.

Processor time of the whole of ``to_sequences`` by the text of each row, divided by that by distinct
texts (2 shared cores, pyarrow 26, texts drawn evenly but for the last two columns):

=========  =====  ======  ======  ======  =======  ==============  =============
distinct   1,000  10,000  20,000  50,000  200,000  20,000 by Zipf  online_retail
=========  =====  ======  ======  ======  =======  ==============  =============
10^5 rows    1.7     1.5                                      1.6
4x10^5                                                                       2.7
10^6 rows    1.8     1.6     1.1     0.8      0.5             1.5
=========  =====  ======  ======  ======  =======  ==============  =============

More than about 20,000 texts do not stay in the cache: ``encode.repeats`` tells by a sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.kernels.arrays import TEXT_LIMIT, cast, gather
from nclue_pandas.kernels.hash import WORD, TextWords
from nclue_pandas.kernels.order import stable_order
from nclue_pandas.kernels.scan import text_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from nclue_pandas.kernels.arrays import Flags

Codes = NDArray[np.int32]
Integers = NDArray[np.int64]
_SIGN: Final = np.uint64(1 << 63)


@dataclass(frozen=True, eq=False)
class DistinctTexts:
    """Texts of rows as codes of distinct ones, a source for the kernel.

    Parameters
    ----------
    codes : numpy.ndarray of int32, shape (rows,)
        Position in `texts`; anything for rows that are left out.
    texts : pyarrow.Array of string
        Without nulls; each is of a row that is used. Two may be equal.
    separator : str
        Text between two others.
    """

    codes: Codes
    texts: pa.Array
    separator: str

    @classmethod
    def of(
        cls,
        codes: Codes,
        n_texts: int,
        take: Callable[[Integers], pa.Array],
        used: Flags | None,
        separator: str,
    ) -> DistinctTexts:
        """Take those of `n_texts` texts that a row has which is `used`; None for all rows."""
        present = np.zeros(n_texts + 1, dtype=bool)
        present[codes if used is None else codes[used]] = True
        places = np.flatnonzero(present[:-1])
        if places.size < n_texts:
            number = np.zeros(n_texts + 1, dtype=np.int32)
            number[places] = np.arange(places.size, dtype=np.int32)
            codes = number.take(codes, mode="wrap")
        return cls(codes, take(places), separator)

    def take(self, rows: Integers) -> CodedRows:
        """Return the texts of `rows`."""
        return CodedRows(self.codes.take(rows), self)

    @cached_property
    def ranks(self) -> Integers:
        """Place of each text in the order of their bytes; equal texts have the same."""
        return text_ranks(np.zeros(len(self.texts), dtype=np.int64), self.texts)

    @cached_property
    def with_ends(self) -> pa.Array:
        """The texts with a separator after each, and then without."""
        wide = 2 * text_bytes(self.texts)[1].size > TEXT_LIMIT
        kind = pa.large_string() if wide else pa.string()
        texts = cast(self.texts, kind)
        separated = pc.binary_join_element_wise(
            texts, pa.scalar(self.separator, kind), pa.scalar("", kind)
        )
        return pa.concat_arrays([separated, texts])

    @cached_property
    def lengths(self) -> Integers:
        """Bytes of each text of :attr:`with_ends`."""
        return np.diff(text_bytes(self.with_ends)[0]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class CodedRows:
    """The texts of some rows, as codes.

    Parameters
    ----------
    codes : numpy.ndarray of int32, shape (rows,)
        Position in the texts of `distinct`.
    distinct : DistinctTexts
        Where the texts are.
    """

    codes: Codes
    distinct: DistinctTexts

    def ranks(self, rows: NDArray[Any], runs: Integers) -> Integers:  # noqa: ARG002
        """Return numbers of `rows` that are in the order of their texts' bytes."""
        return self.distinct.ranks.take(self.codes.take(rows))

    def take(self, rows: NDArray[Any]) -> CodedRows:
        """Return some of the rows."""
        return CodedRows(self.codes.take(rows), self.distinct)

    def costs(self, estimate: Callable[[pa.Array], Integers]) -> Integers:
        """Return the estimated tokens of each row."""
        return estimate(self.distinct.texts).take(self.codes)

    def join(self, offsets: Integers) -> pa.Array:
        """Join runs of the rows, as ``string`` where 32-bit offsets can address all of it."""
        places = self.codes.copy()
        places[offsets[1:] - 1] += len(self.distinct.texts)  # the last of a run has no separator
        source, lengths = self.distinct.with_ends, self.distinct.lengths
        if places.size * int(lengths.max()) > TEXT_LIMIT and lengths[places].sum() > TEXT_LIMIT:
            source = cast(source, pa.large_string())
        bounds, data = text_bytes(gather(source, places))
        ends = bounds[offsets]
        if data.size > TEXT_LIMIT:
            buffers = pa.py_buffer(ends.astype(np.int64)), pa.py_buffer(data)
            return pa.LargeStringArray.from_buffers(ends.size - 1, *buffers)
        buffers = pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(data)
        return pa.StringArray.from_buffers(ends.size - 1, *buffers)


def text_ranks(runs: Integers, texts: pa.Array) -> Integers:
    """Return the places of texts in the order of (run, bytes); equal texts of a run have the same.

    Texts are compared eight bytes at a time, and only those that were equal so far.

    Examples
    --------
    >>> import pyarrow as pa
    >>> text_ranks(np.array([0, 0, 0, 1]), pa.array(["b", "ab", "b", "a"])).tolist()
    [1, 0, 1, 3]
    """
    words = TextWords.of(texts)
    ranks = np.searchsorted(runs, runs)
    rows, skip = np.arange(runs.size), 0
    while rows.size:
        left = np.minimum(words.lengths[rows] - skip, WORD)
        word = (words.read(skip, rows).byteswap() ^ _SIGN).view(np.int64)  # in the bytes' order
        order = stable_order(ranks[rows], word, None if (left == WORD).all() else left)
        rows, word, left = rows[order], word[order], left[order]
        own = ranks[rows]
        begins = np.append(True, own[1:] != own[:-1])
        differs = begins | np.append(True, (word[1:] != word[:-1]) | (left[1:] != left[:-1]))
        ranks[rows] = own + _latest(differs) - _latest(begins)
        alone = differs & np.append(differs[1:], True)
        rows = rows[~alone & (left == WORD)]
        skip += WORD
    return ranks


def _latest(flags: Flags) -> Integers:
    """Return the position of the latest flag up to each place."""
    return np.maximum.accumulate(np.where(flags, np.arange(flags.size), 0))
