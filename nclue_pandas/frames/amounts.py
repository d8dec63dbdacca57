"""Columns of amounts, added up exactly: sums that do not depend on the order of rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nclue_pandas.errors.base import ConfigurationError, InvalidDataError
from nclue_pandas.frames.columns import NO_ARROW_TYPE, to_arrow
from nclue_pandas.kernels.arrays import gather, is_text, null_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from nclue_pandas.kernels.arrays import Flags, Positions

#: Digits before and after the point that are added. There is room for the sum of 10^12 rows.
_WHOLE, _FRACTION = 24, 40
_EXACT: Final = pa.decimal256(76, _FRACTION)
#: What texts of amounts look like.
_TEXT: Final = rf"^[+-]?[0-9]{{1,{_WHOLE}}}(\.[0-9]{{1,{_FRACTION}}})?$"
_LARGEST: Final = Decimal(10) ** _WHOLE
_SMALLEST: Final = Decimal(10) ** -_WHOLE
#: Which amounts are added.
RANGE: Final = f"of less than 10^{_WHOLE}, and at least 10^-{_WHOLE} where it is not 0"


@dataclass(frozen=True, eq=False)
class Amounts:
    """A column read as numbers.

    Parameters
    ----------
    values : pyarrow.Array, shape (rows,)
        Whole numbers, floats, decimals or texts of them; null where none can be added.
    null, other : numpy.ndarray of int64
        Positions of nulls, and of numbers that cannot be added exactly.
    """

    values: pa.Array
    null: Positions
    other: Positions

    def reach(self, least: Decimal, codes: NDArray[Any], rows: Flags, n_groups: int) -> Flags:
        """Tell which groups have a sum of at least `least` in some rows; null adds nothing."""
        amounts = _exact(gather(self.values, np.flatnonzero(rows)))
        table = pa.table({"group": codes[rows], "amount": amounts})
        sums = table.group_by("group").aggregate([("amount", "sum")])
        enough = pc.greater_equal(sums["amount_sum"], pa.scalar(least, _EXACT)).fill_null(False)
        flags = np.zeros(n_groups, dtype=bool)
        flags[sums["group"].filter(enough).to_numpy()] = True
        return flags


def read_amounts(column: pd.Series[Any], argument: str) -> Amounts:
    """Read whole numbers, decimals, texts of them, and floats as the decimals they are shown as.

    Raises
    ------
    InvalidDataError
        When the column holds no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> read = read_amounts(pd.Series([0.7, 0.1, None, float("inf")]), "value")
    >>> read.null.tolist(), read.other.tolist()
    ([2], [3])
    >>> groups, rows = np.array([0, 0, 1, 1]), np.array([True, True, True, False])
    >>> read.reach(Decimal("0.8"), groups, rows, 2).tolist()
    [True, False]
    """
    try:
        values = to_arrow(column)
    except NO_ARROW_TYPE as error:
        raise _no_amounts(str(column.dtype), argument) from error
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if is_text(kind):
        values = pc.utf8_trim_whitespace(values)
    elif pa.types.is_null(kind):
        values = values.cast(pa.int64())
    elif not number:
        raise _no_amounts(str(kind), argument)
    if pa.types.is_float16(kind):
        values = values.cast(pa.float32())
    fits = _fits(values).fill_null(False)
    null = null_rows(values)
    other = np.setdiff1d(np.flatnonzero(~fits.to_numpy(zero_copy_only=False)), null)
    return Amounts(pc.if_else(fits, values, pa.scalar(None, values.type)), null, other)


def check_amount(amount: Decimal, given: object) -> Decimal:
    """Refuse an amount that no sum can be compared with exactly."""
    if _SMALLEST <= amount < _LARGEST and -int(amount.as_tuple().exponent) <= _FRACTION:
        return amount
    raise ConfigurationError(f"at_least={given!r}: give an amount {RANGE}.")


def _fits(values: pa.Array) -> pa.Array:
    """Tell which numbers are in the range that is added."""
    kind = values.type
    if is_text(kind):
        return pc.match_substring_regex(values, _TEXT)
    if pa.types.is_floating(kind):
        sizes = pc.abs(values)
        inside = pc.and_(pc.greater_equal(sizes, float(_SMALLEST)), pc.less(sizes, float(_LARGEST)))
        return pc.or_(pc.equal(sizes, 0.0), inside)
    fits = values.is_valid()
    if pa.types.is_decimal(kind):
        if kind.precision - kind.scale > _WHOLE:
            fits = pc.and_(fits, pc.less(pc.abs(values), pa.scalar(_LARGEST, kind)))
        if kind.scale > _FRACTION:
            fits = pc.and_(fits, pc.equal(pc.round(values, _FRACTION), values))
    return fits


def _exact(amounts: pa.Array) -> pa.Array:
    """Return amounts as decimals; floats by the shortest text that reads as the same float."""
    if pa.types.is_integer(amounts.type) or pa.types.is_decimal(amounts.type):
        return amounts.cast(_EXACT)
    encoded = amounts.dictionary_encode()
    return encoded.dictionary.cast(pa.string()).cast(_EXACT).take(encoded.indices)


def _no_amounts(kind: str, argument: str) -> InvalidDataError:
    return InvalidDataError(
        f"The column of {argument}= is of type {kind}, which is no number. Convert it first, for "
        "example with pandas.to_numeric(column)."
    )
