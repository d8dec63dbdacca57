"""One shuffle by user: every output partition holds whole buckets of users, in canonical order.

Of each row only the columns that are needed travel, in types that every shuffle of Dask carries
unchanged, with the number of the row: a shuffle does not keep the order of rows, and their number
puts it back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from dask.dataframe.utils import has_known_categories

from nclue_pandas.dask.originals import Objects, narrowed, packed, unpacked
from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.columns import NO_ARROW_TYPE, find_column, read_text, to_arrow
from nclue_pandas.frames.ids import encode_ids
from nclue_pandas.kernels.arrays import is_text
from nclue_pandas.kernels.hash import hash_ids
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
    objects : Objects
        Types of the columns of objects.
    """

    roles: Mapping[str, list[Any]]
    meta: pd.DataFrame
    parts: int
    objects: Objects = field(default_factory=Objects)

    @classmethod
    def of(cls, frame: dd.DataFrame, roles: Mapping[str, list[Any]]) -> Route:
        """Look at columns of objects, which takes a pass over the frame, and choose types."""
        for argument, named in roles.items():
            for label in named:
                find_column(pattern(frame), label, argument)
        labels = _first_roles(roles)
        parts = partition_count(frame.npartitions)
        return cls(roles, pattern(frame), parts, Objects.of(frame, labels))

    @property
    def labels(self) -> dict[Any, str]:
        """The argument that first names each column that travels."""
        return _first_roles(self.roles)

    @cached_property
    def pattern(self) -> pd.DataFrame:
        """The empty pattern of what travels."""
        columns = {
            f"c{position}": pd.Series(dtype=self._carrier(label, argument))
            for position, (label, argument) in enumerate(self.labels.items())
        }
        numbers = {name: pd.Series(dtype="int64") for name in (_ROW, _PLACE)}
        return pd.DataFrame({**columns, **numbers})

    def send(
        self, frame: pd.DataFrame, partition_info: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Make what travels of one input partition."""
        number = 0 if partition_info is None else partition_info["number"]
        if partition_info is not None:
            self.objects.check(frame, number)
        sent = self.carried(frame)
        sent[_ROW] = np.arange(len(frame), dtype=np.int64) + (number << ROW_BITS)
        sent[_PLACE] = self._places(sent)
        return sent

    def carried(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the columns that travel, in the types in which they do."""
        columns: dict[str, Any] = {}
        for (label, argument), name in zip(self.labels.items(), self.pattern, strict=False):
            if label in self.objects.hidden:
                self.objects.refuse_written(frame[label], argument)
            mixed, kind = self._is_mixed(label, argument), self.pattern[name].dtype
            columns[str(name)] = _carried(frame[label], argument, kind, mixed=mixed)
        return pd.DataFrame(columns)

    def local(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows as they are after the way, for the functions of frames."""
        return self.receive(self.send(frame))[0]

    def receive(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
        """Put an output partition in the order of its rows; return it and their numbers."""
        rows = frame[_ROW].to_numpy()
        order = np.argsort(rows)
        return self._arrived(frame.iloc[order]), rows[order]

    def read(self, frame: pd.DataFrame, number: int) -> pd.DataFrame:
        """Return an input partition as its rows are after the way, which they do not take."""
        self.objects.check(frame, number)
        return self._arrived(self.carried(frame))

    def _arrived(self, sent: pd.DataFrame) -> pd.DataFrame:
        columns = [self._local(sent, place) for place in range(len(self.labels))]
        made = pd.DataFrame(dict(enumerate(columns)))
        made.columns = pd.Index([*self.labels], dtype=object, tupleize_cols=False)
        return made

    def _local(self, frame: pd.DataFrame, place: int) -> pd.Series[Any]:
        """Return a column for the functions of frames; whole numbers as NumPy's."""
        values = to_arrow(frame[f"c{place}"])
        if self._is_mixed(*[*self.labels.items()][place]):
            return unpacked(values)
        if pa.types.is_integer(values.type) and values.null_count == 0:
            return pd.Series(values.to_numpy())
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([values])))

    def _is_mixed(self, label: Any, argument: str) -> bool:
        """Tell whether a column holds values of several types."""
        return argument != "time" and self.objects.kinds.get(label, pa.null()) is None

    def _carrier(self, label: Any, argument: str) -> Any:
        """Return the type in which a column travels."""
        if label not in self.objects.kinds:
            return _carrier(find_column(self.meta, label, argument))
        kind = self.objects.kinds[label]
        if kind is None or is_text(kind) or pa.types.is_null(kind):
            return _TEXT
        return pd.ArrowDtype(kind)

    def _places(self, sent: pd.DataFrame) -> NDArray[np.int64]:
        """Return the output partition of each row; rows without an id go to the first."""
        user = [*self.labels].index(self.roles["user"][0])
        encoded = encode_ids(self._local(sent, user))
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
    sent = narrowed(frame, list(route.labels)).map_partitions(route.send, meta=route.pattern)
    return sent.set_index(_PLACE, divisions=list(range(route.parts + 1)))


def _first_roles(roles: Mapping[str, list[Any]]) -> dict[Any, str]:
    named: dict[Any, str] = {}
    for argument, labels in roles.items():
        for label in labels:
            named.setdefault(label, argument)
    return named


def _carrier(column: pd.Series[Any]) -> Any:
    """Return the type in which a column that holds no objects travels."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _carrier(pd.Series(column.cat.categories[:0])) if _known(column) else _TEXT
    plain = to_arrow(column).type
    if pa.types.is_dictionary(plain):
        plain = plain.value_type
    return _TEXT if is_text(plain) or pa.types.is_null(plain) else pd.ArrowDtype(plain)


def _known(column: pd.Series[Any]) -> bool:
    return bool(has_known_categories(column))


def _carried(column: pd.Series[Any], argument: str, kind: Any, *, mixed: bool) -> Any:
    """Return the values of a column in the type in which they travel."""
    if isinstance(kind, pd.StringDtype):
        texts = _as_text(column, argument, mixed=mixed).cast(pa.large_string())
        return pd.arrays.ArrowStringArray(pa.chunked_array([texts]))
    plain = kind.pyarrow_dtype
    try:
        if column.dtype == np.dtype(object):
            values = pa.array(column, plain, from_pandas=True)
        else:
            values = to_arrow(column)
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        return pd.arrays.ArrowExtensionArray(pa.chunked_array([values.cast(plain)]))
    except NO_ARROW_TYPE as error:
        raise InvalidDataError(
            f"The column of {argument}= is of type {plain} by the pattern of the frame, and "
            f"{column.dtype} in one of its partitions, where a value does not fit ({error}). "
            "Convert it to one type in all partitions, for example with .astype()."
        ) from error


def _as_text(column: pd.Series[Any], argument: str, *, mixed: bool) -> pa.Array:
    """Read texts, boxed objects or categories as text, without changing what they mean."""
    if mixed:
        return packed(column, argument)
    texts = read_text(_as_moments(column) if argument == "time" else column, argument).texts
    return texts.dictionary_decode() if pa.types.is_dictionary(texts.type) else texts


def _as_moments(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return times as texts; those that are no texts in a form that says the same."""
    values = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind in {"datetime", "datetime64", "date"}:
        return pd.Series(to_arrow(values).cast(pa.string()).to_pandas())
    if kind == "string" and values.dtype == np.dtype(object):  # lone surrogates are no time
        return values.map(lambda text: text.encode(errors="replace").decode(), na_action="ignore")
    return values
