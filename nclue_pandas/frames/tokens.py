"""An estimate of how many tokens a text has: the service's tokenizer is not published.

One token is counted for every three UTF-8 bytes or part of them, and one for every separator.
A Hangul syllable has three bytes, so Korean counts one token for each syllable and English one
for three letters: more than byte-pair vocabularies of this kind usually need, so that a sequence
within the estimated budget is within the real one. The estimate needs the lengths only, not the
text. ``to_sequences(token_estimator=...)`` takes another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from nclue_pandas.contract import BEHAVIOR_SEPARATOR, TOKENS_PER_USER
from nclue_pandas.errors.base import ConfigurationError
from nclue_pandas.frames.columns import to_chunks
from nclue_pandas.kernels.arrays import (
    is_text,
    one_array,
)
from nclue_pandas.kernels.scan import count_separators, text_bytes

if TYPE_CHECKING:
    import pandas as pd


Tokens = NDArray[np.int64]
TokenEstimator = Callable[[pa.Array], Any]
#: UTF-8 bytes that count as one token.
BYTES_PER_TOKEN: Final = 3
#: Tokens of a separator between two behaviors.
SEPARATOR_TOKENS: Final = 1


def estimate_tokens(behaviors: pa.Array) -> Tokens:
    """Estimate the tokens of each behavior.

    Parameters
    ----------
    behaviors : pyarrow.Array of string, shape (n,)
        Without nulls.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        At least 1 for a text that is not empty.

    Examples
    --------
    >>> import pyarrow as pa
    >>> estimate_tokens(pa.array(["run", "running", "러닝"])).tolist()
    [1, 3, 2]
    """
    offsets, _ = text_bytes(behaviors)
    lengths: Tokens = np.diff(offsets).astype(np.int64, copy=False)
    return (lengths + (BYTES_PER_TOKEN - 1)) // BYTES_PER_TOKEN


@dataclass(frozen=True)
class Budget:
    """How many tokens a joined text may have.

    Parameters
    ----------
    tokens : int or None
        The most, separators included; None for no limit.
    estimator : callable
        Takes a pyarrow string array, returns as many whole numbers. Called in several threads.
    separator : str
        Between two behaviors.
    separator_tokens : int
        What it counts for.
    """

    tokens: int | None = TOKENS_PER_USER
    estimator: TokenEstimator = estimate_tokens
    separator: str = BEHAVIOR_SEPARATOR
    separator_tokens: int = SEPARATOR_TOKENS

    def costs(self, texts: pa.Array) -> Tokens:
        """Estimate the tokens of each text, and check what the estimator returned."""
        costs = np.asarray(self.estimator(texts))
        fits = costs.shape == (len(texts),) and costs.dtype.kind in "iu"
        if not fits or (costs.size and costs.min() < 0):
            raise ConfigurationError(
                "token_estimator= must return one whole number, zero or more, for each text: "
                f"{len(texts):,} texts gave shape {costs.shape} of {costs.dtype}."
            )
        return costs.astype(np.int64, copy=False)


def sequence_tokens(sequences: pa.Array | pa.ChunkedArray) -> Tokens:
    """Estimate the tokens of whole sequences, separators included; null counts nothing.

    The behaviors of a sequence are not taken apart, so that a sequence counts at most one token
    less for each behavior than :func:`estimate_tokens` does.
    """
    counts = count_separators(sequences)
    measured = one_array(pc.binary_length(sequences)).fill_null(0)
    lengths: Tokens = measured.to_numpy(zero_copy_only=False)
    text = lengths.astype(np.int64) - counts * len(BEHAVIOR_SEPARATOR)
    return -(-text // BYTES_PER_TOKEN) + counts * SEPARATOR_TOKENS


def count_tokens(sequences: pd.Series[Any]) -> int:
    """Estimate the tokens of a column of sequences, for what the service would bill.

    Examples
    --------
    >>> import pandas as pd
    >>> count_tokens(pd.Series(["run->swim", "러닝"]))
    6
    """
    values = to_chunks(sequences)
    if not is_text(values.type):
        return 0
    return int(sequence_tokens(values).sum())
