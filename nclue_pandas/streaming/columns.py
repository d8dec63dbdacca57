"""What of a log goes to disk: the columns that are needed, in one type each, and where they go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from nclue_pandas.errors.base import InvalidDataError
from nclue_pandas.frames.columns import NO_ARROW_TYPE, find_column, read_text, to_arrow
from nclue_pandas.frames.ids import encode_ids
from nclue_pandas.frames.partitions import ROWS_TOLD
from nclue_pandas.frames.times import TimeTexts, kind_of_times, mixed_zones
from nclue_pandas.kernels.arrays import cast_chunks, is_text
from nclue_pandas.kernels.hash import hash_ids
from nclue_pandas.storage.content import bucket_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nclue_pandas.frames.times import TimeKind

#: Name of the column that numbers the rows of the log.
ROW: Final = "row"


@dataclass(eq=False)
class TimesSeen:
    """What is found among the texts of times, batch after batch."""

    found: frozenset[str] = frozenset()
    rows: int = 0
    _without_zone: int = 0
    _first: list[int] = field(default_factory=list)

    def look(self, values: pa.Array) -> None:
        """Look at the texts of the next batch."""
        texts = TimeTexts.of(values)
        self.found |= texts.found
        naive = texts.without_zone
        self._without_zone += naive.size
        self._first += (naive[: ROWS_TOLD - len(self._first)] + self.rows).tolist()
        self.rows += len(values)

    def kind(self) -> TimeKind | None:
        """Tell how they read; None where there was none. Refuse some with a zone among others."""
        kind = kind_of_times(self.found) if self.rows else None
        if kind == "aware" and self._without_zone:
            raise mixed_zones("time", self._first, self._without_zone)
        return kind


@dataclass(eq=False)
class Carrier:
    """Turns batches of a log into tables of the same columns and types, and back into frames.

    Parameters
    ----------
    columns : mapping of str to str
        Labels of the columns, each with the argument that named it first.
    """

    columns: Mapping[Any, str]
    _kinds: dict[Any, pa.DataType] = field(default_factory=dict)
    _categories: pd.Index[Any] | None = None
    _times: TimesSeen = field(default_factory=TimesSeen)

    @property
    def times(self) -> TimeKind | None:
        """What the texts of times read as in the whole log, once all batches were carried."""
        return self._times.kind()

    def table(self, frame: pd.DataFrame, first: int) -> pa.Table:
        """Return the columns of a batch whose first row has the number `first` in the log."""
        columns = {
            str(number): self._carried(find_column(frame, label, argument), label, argument)
            for number, (label, argument) in enumerate(self.columns.items())
        }
        rows = pa.array(np.arange(first, first + len(frame), dtype=np.int64))
        return pa.table({**columns, ROW: rows})

    def empty(self) -> pa.Table:
        """Return a table without rows, of the types that the batches had."""
        columns = {
            str(number): pa.array([], self._kinds.get(label, pa.string()))
            for number, label in enumerate(self.columns)
        }
        return pa.table({**columns, ROW: pa.array([], pa.int64())})

    def frame(self, table: pa.Table) -> pd.DataFrame:
        """Return the rows of a table as a frame with the labels of the log."""
        return pd.DataFrame(
            {label: _local(table.column(str(number))) for number, label in enumerate(self.columns)},
            copy=False,
        )

    def buckets(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Return the bucket of each row's user; rows without an id go to the first."""
        user = next(label for label, argument in self.columns.items() if argument == "user")
        encoded = encode_ids(find_column(frame, user, "user"))
        numbers = bucket_numbers(hash_ids(encoded.texts))
        found: NDArray[np.int64] = np.append(numbers, 0)[encoded.codes]
        return found

    def _carried(self, column: pd.Series[Any], label: Any, argument: str) -> pa.ChunkedArray:
        if argument == "tie_break" and isinstance(column.dtype, pd.CategoricalDtype):
            column = self._category_codes(column)
        values = _plain(column, argument)
        if argument == "time" and is_text(values.type):
            for chunk in values.chunks:
                self._times.look(chunk)
        kind = self._kinds.setdefault(label, values.type)
        try:
            if _family(values.type) == _family(kind):
                return values.cast(kind)
        except pa.ArrowInvalid:
            pass
        raise InvalidDataError(
            f"The column {label!r} (argument {argument}=) is of type {kind} in one batch of the "
            f"log and {values.type} in another. Convert it to one type in all of them."
        )

    def _category_codes(self, column: pd.Series[Any]) -> pd.Series[Any]:
        """Let categories order as they do in a frame, where they are the same in all batches."""
        categories = column.cat.categories
        if self._categories is None:
            self._categories = categories
        if not self._categories.equals(categories):
            raise InvalidDataError(
                "The categories of the tie_break= column differ between batches of the log, so "
                "they have no common order. Give all batches the same categories."
            )
        codes = column.cat.codes
        return codes.where(codes >= 0).astype("Int32")


def _plain(column: pd.Series[Any], argument: str) -> pa.ChunkedArray:
    """Return the values in their Arrow type; text as ``string``, categories as what they are."""
    try:
        values = to_arrow(column)
    except NO_ARROW_TYPE:
        values = _boxed(column, argument)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    text = is_text(values.type) or pa.types.is_null(values.type)
    return cast_chunks(values, pa.string() if text else values.type)


def _boxed(column: pd.Series[Any], argument: str) -> pa.Array:
    """Read mixed objects as text where text is what they become in the end."""
    if argument not in {"user", "behavior"}:
        raise InvalidDataError(
            f"The values of the column of {argument}= are of several types. Convert them to one."
        )
    read = read_text(column, argument)
    if read.not_unicode.size:
        raise InvalidDataError(
            f"The column of {argument}= holds lone surrogates, which UTF-8 cannot write. "
            "Decode the text again with the right encoding.",
            rows=column.iloc[read.not_unicode].to_frame(),
        )
    return read.texts


def _family(kind: pa.DataType) -> str:
    """Return what may be cast to each other without a change of meaning."""
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if number or pa.types.is_temporal(kind):
        return "number" if number else f"time, zoned {getattr(kind, 'tz', None) is not None}"
    return str(kind)


def _local(column: pa.ChunkedArray) -> pd.Series[Any]:
    """Return a column for the functions of frames; whole numbers as NumPy's."""
    if pa.types.is_integer(column.type) and column.null_count == 0:
        return pd.Series(column.to_numpy(), copy=False)
    return pd.Series(pd.arrays.ArrowExtensionArray(column), copy=False)
