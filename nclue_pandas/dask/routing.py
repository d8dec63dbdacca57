"""One shuffle by user: every output partition holds whole buckets of users, in canonical order.

Of each row only the columns that are needed travel, in types that every shuffle of Dask carries
unchanged, with the number of the row: a shuffle does not keep the order of rows, and their number
puts it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from dask.dataframe.utils import has_known_categories

from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.columns import find_column, is_text, to_arrow
from nclue_pandas.frames.hashing import hash_ids
from nclue_pandas.frames.ids import encode_ids
from nclue_pandas.frames.text_values import read_text
from nclue_pandas.storage.content import bucket_numbers
from nclue_pandas.storage.layout import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import dask.dataframe as dd
    from numpy.typing import NDArray

#: Bits of a row's number that count inside its input partition.
ROW_BITS: Final = 40
_ROW: Final = "row"
_PLACE: Final = "place"
#: Text travels as this type: the shuffles of Dask keep it without boxing.
_TEXT: Final = pd.StringDtype("pyarrow")


@dataclass(frozen=True, eq=False)
class Route:
    """Which columns travel, and where each row goes.

    Parameters
    ----------
    roles : dict of str to list
        Labels of the columns by the argument that names them; ``"user"`` is among them.
    meta : pandas.DataFrame
        The frame's empty pattern.
    parts : int
        Number of output partitions, a power of two.
    """

    roles: Mapping[str, list[Any]]
    meta: pd.DataFrame
    parts: int

    @property
    def labels(self) -> dict[Any, str]:
        """The argument that first names each column that travels."""
        named: dict[Any, str] = {}
        for argument, labels in self.roles.items():
            for label in labels:
                named.setdefault(label, argument)
        return named

    @cached_property
    def pattern(self) -> pd.DataFrame:
        """The empty pattern of what travels."""
        columns = {
            f"c{position}": pd.Series(dtype=_carrier(find_column(self.meta, label, argument)))
            for position, (label, argument) in enumerate(self.labels.items())
        }
        numbers = {name: pd.Series(dtype="int64") for name in (_ROW, _PLACE)}
        return pd.DataFrame({**columns, **numbers})

    def send(
        self, frame: pd.DataFrame, partition_info: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Make what travels of one input partition."""
        number = 0 if partition_info is None else partition_info["number"]
        sent: dict[str, Any] = {
            str(name): _carried(frame[label], argument, self.pattern[name].dtype)
            for (label, argument), name in zip(self.labels.items(), self.pattern, strict=False)
        }
        sent[_ROW] = np.arange(len(frame), dtype=np.int64) + (number << ROW_BITS)
        sent[_PLACE] = self._places(frame[self.roles["user"][0]])
        return pd.DataFrame(sent)

    def receive(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
        """Put an output partition in the order of its rows; return it and their numbers."""
        rows = frame[_ROW].to_numpy()
        order = np.argsort(rows)
        columns = {
            label: _local(to_arrow(frame[name]).take(pa.array(order)))
            for label, name in zip(self.labels, self.pattern, strict=False)
        }
        return pd.DataFrame(columns), rows[order]

    def _places(self, ids: pd.Series[Any]) -> NDArray[np.int64]:
        """Return the output partition of each row; rows without an id go to the first."""
        encoded = encode_ids(ids)
        places = bucket_numbers(hash_ids(encoded.texts)) // (BUCKETS // self.parts)
        taken: NDArray[np.int64] = np.append(places, 0)[encoded.codes]
        return taken


def pattern(frame: dd.DataFrame) -> pd.DataFrame:
    """Return the empty frame that has a Dask frame's columns and types."""
    empty: pd.DataFrame = frame._meta  # noqa: SLF001 - the name that Dask documents for it
    return empty


def partition_count(npartitions: int) -> int:
    """Return how many output partitions there are for so many input partitions.

    Examples
    --------
    >>> [partition_count(number) for number in (1, 5, 64, 5_000)]
    [1, 8, 64, 1024]
    """
    return min(1 << (npartitions - 1).bit_length(), BUCKETS)


def shuffle(frame: dd.DataFrame, route: Route) -> dd.DataFrame:
    """Bring the rows of each user together.

    Places are given as the divisions of an index, because ``shuffle`` itself hashes what it
    is given once more and would mix buckets.
    """
    sent = frame[list(route.labels)].map_partitions(route.send, meta=route.pattern)
    return sent.set_index(_PLACE, divisions=list(range(route.parts + 1)))


def _carrier(column: pd.Series[Any]) -> Any:
    """Return the type in which a column travels."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype) and has_known_categories(column):
        return _carrier(pd.Series(column.cat.categories[:0]))
    if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_object_dtype(kind):
        return _TEXT
    plain = to_arrow(column).type
    if pa.types.is_dictionary(plain):
        plain = plain.value_type
    return _TEXT if is_text(plain) or pa.types.is_null(plain) else pd.ArrowDtype(plain)


def _carried(column: pd.Series[Any], argument: str, kind: Any) -> Any:
    """Return the values of a column in the type in which they travel."""
    if isinstance(kind, pd.StringDtype):
        texts = _as_text(column, argument).cast(pa.large_string())
        return pd.arrays.ArrowStringArray(pa.chunked_array([texts]))
    values = to_arrow(column)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return pd.arrays.ArrowExtensionArray(pa.chunked_array([values.cast(kind.pyarrow_dtype)]))


def _as_text(column: pd.Series[Any], argument: str) -> pa.Array:
    """Read texts, boxed objects or categories as text, without changing what they mean."""
    if argument in {"time", "tie_break"}:
        column = _as_moments(column, argument)
    read = read_text(column, argument)
    if read.not_unicode.size:
        raise InvalidDataError(
            f"The column of {argument}= holds lone surrogates, which UTF-8 cannot write. "
            "Decode the text again with the right encoding.",
            rows=column.iloc[read.not_unicode].to_frame(),
        )
    texts = read.texts
    return texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts


def _as_moments(column: pd.Series[Any], argument: str) -> pd.Series[Any]:
    """Return what has an order as texts of the same order; refuse what would lose it."""
    values = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind in {"string", "empty"}:
        return values
    if argument == "time" and kind in {"datetime", "datetime64", "date"}:
        return pd.Series(to_arrow(values).cast(pa.string()).to_pandas())
    raise InvalidDataError(
        f"The column of {argument}= holds objects ({kind}) whose order would be lost on the way "
        "between workers. Convert it to one plain type, times with dask.dataframe.to_datetime."
    )


def _local(values: pa.Array) -> pd.Series[Any]:
    """Return a column for the functions of frames; whole numbers as NumPy's."""
    if pa.types.is_integer(values.type) and values.null_count == 0:
        return pd.Series(values.to_numpy())
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([values])))
