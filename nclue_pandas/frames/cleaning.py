"""Behaviors as the service's files can hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from nclue_pandas.contract import BEHAVIOR_SEPARATOR

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from nclue_pandas.frames.columns import Flags

#: Control characters (C0, DEL, C1) and the Unicode line and paragraph separators.
CONTROL: Final = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]"
_REPLACED: Final = f"(?:{BEHAVIOR_SEPARATOR}|{CONTROL})+"


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Texts after cleaning, and what was done to each.

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n,)
        Null stays null.
    separators, controls : numpy.ndarray of int64, shape (n,)
        How many ``->`` and how many control characters were replaced.
    stripped : numpy.ndarray of bool, shape (n,)
        Whether white space at an edge was removed.
    """

    texts: pa.Array
    separators: NDArray[np.int64]
    controls: NDArray[np.int64]
    stripped: Flags


def clean(texts: pa.Array) -> Cleaned:
    r"""Replace what ends a behavior, a field or a line, and strip white space at the edges.

    A run of ``->``, TAB, CR, LF and other control characters becomes one space. Everything else
    stays: quotes, emoji and their joiners, any script.

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n,)
        Behaviors.

    Examples
    --------
    >>> import pyarrow as pa
    >>> clean(pa.array([" a->b\r\n", 'say "hi"'])).texts.to_pylist()
    ['a b', 'say "hi"']
    """
    replaced = pc.replace_substring_regex(texts, pattern=_REPLACED, replacement=" ")
    trimmed = pc.utf8_trim_whitespace(replaced)
    return Cleaned(
        trimmed,
        _numbers(pc.count_substring(texts, BEHAVIOR_SEPARATOR)),
        _numbers(pc.count_substring_regex(texts, CONTROL)),
        _numbers(pc.binary_length(trimmed)) < _numbers(pc.binary_length(replaced)),
    )


def _numbers(values: pa.Array) -> NDArray[np.int64]:
    numbers: NDArray[np.int64] = values.fill_null(0).to_numpy(zero_copy_only=False)
    return numbers.astype(np.int64, copy=False)
