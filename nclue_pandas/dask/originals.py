"""Columns of objects as they were before Dask made texts of them, and the one type they have.

With ``dataframe.convert-string`` Dask writes whatever a column of objects holds as text: 12.0
becomes ``"12.0"``, a list its repr. The graph still has the step that does it, and the frame from
before it. What type the objects have, only all partitions together can tell, as on pandas.
"""

from __future__ import annotations

import hashlib
from ast import literal_eval
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from dask import compute, delayed
from dask.dataframe import from_delayed
from dask.dataframe.dask_expr._collection import new_collection
from dask.dataframe.dask_expr._expr import ArrowStringConversion
from dask.dataframe.dask_expr.io.io import FromGraph, FromPandas

from nclue_pandas.errors import InvalidDataError
from nclue_pandas.frames.amounts import read_amounts
from nclue_pandas.frames.columns import (
    NO_ARROW_TYPE,
    read_binary,
    read_objects,
    read_text,
    to_arrow,
)
from nclue_pandas.frames.ids import encode_ids
from nclue_pandas.frames.sequences import tie_codes
from nclue_pandas.frames.times import read_times
from nclue_pandas.kernels.arrays import is_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import dask.dataframe as dd

_TEXT: Final = pd.StringDtype("pyarrow")
#: First character of a text that stands for another value on the way.
_MARK: Final = "\x00"
#: What Dask writes of numbers, booleans, bytes, lists, tuples and dictionaries.
_NUMBERS: Final = r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?"
_NO_TEXTS: Final = (
    r"[-+]?[0-9]+\.[0-9]*0|[-+]?[0-9.]+E[-+]?[0-9]+|True|False"
    r"|b'.*'|b\".*\"|\[(['\"0-9].*)?\]|\(.*, .*\)|\(.*,\)|\{(['\"0-9].*)?\}"
)
#: An argument -> reads a column as the functions of frames do, and refuses other types.
_READERS: Final[dict[str, Callable[[pd.Series[Any]], object]]] = {
    "user": encode_ids,
    "behavior": lambda values: read_text(values, "behavior"),
    "sequence": lambda values: read_text(values, "sequence"),
    "time": read_times,
    "tie_break": tie_codes,
    "label": lambda values: read_binary(values, "label"),
    "positive": lambda values: read_binary(values, "positive"),
    "value": lambda values: read_amounts(values, "value"),
    "ids": lambda values: encode_ids(values, "ids"),
}


def unconverted(frame: Any) -> Any:
    """Return a Dask frame or series without the steps that write its objects as text.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> frame = dd.from_pandas(pd.DataFrame({"id": [12.0, "a"]}, dtype=object))
    >>> str(frame["id"].dtype), str(unconverted(frame)["id"].dtype)
    ('string', 'object')
    """
    expression = frame.expr
    while (step := _conversion(expression)) is not None:
        before = (
            step.frame
            if isinstance(step, ArrowStringConversion)
            else step.substitute_parameters({"pyarrow_strings_enabled": False})
        )
        expression = expression.substitute(step, before)
    return frame if expression is frame.expr else new_collection(expression)


def kept_as_is(parts: Sequence[Any], meta: Any) -> Any:
    """Return delayed parts as a Dask frame whose objects stay objects."""
    return unconverted(from_delayed(list(parts), meta=meta, verify_meta=False))


def _conversion(expression: Any) -> Any:
    """Return a step that writes objects as text."""
    for step in expression.find_operations((ArrowStringConversion, FromPandas)):
        if isinstance(step, FromPandas):
            if step.pyarrow_strings_enabled and _has_objects(step.frame._data):  # noqa: SLF001
                return step
        elif _has_objects(step.frame._meta):  # noqa: SLF001
            return step
    return None


def _has_objects(data: Any) -> bool:
    kinds = data.dtypes if isinstance(data, pd.DataFrame) else [data.dtype]
    return any(kind == np.dtype(object) for kind in kinds)


@dataclass(frozen=True, eq=False)
class Objects:
    """The types of the columns of objects of a frame, told by all of its partitions.

    Parameters
    ----------
    kinds : dict
        The Arrow type of each such column; None for values of several types, which are read as
        text one by one.
    marks : tuple of bytes
        What these columns held in each partition.
    hidden : frozenset
        Columns of text of which nobody can tell whether they were objects once.
    """

    kinds: Mapping[Any, pa.DataType | None] = field(default_factory=dict)
    marks: tuple[bytes, ...] = ()
    hidden: frozenset[Any] = frozenset()

    @classmethod
    def of(cls, frame: dd.DataFrame, roles: Mapping[Any, str]) -> Objects:
        """Look through all partitions of a frame whose columns have these arguments.

        Raises
        ------
        InvalidDataError
            When a column is of a type that its argument does not take.
        """
        empty = frame._meta  # noqa: SLF001 - the name that Dask documents for it
        boxed = [label for label in roles if _is_boxed(empty[label].dtype)]
        opaque = any(True for _ in frame.expr.find_operations(FromGraph))
        hidden = frozenset(label for label in roles if opaque and empty[label].dtype == _TEXT)
        if not boxed:
            return cls(hidden=hidden)
        parts = narrowed(frame, list(roles)).to_delayed()
        seen = compute(*(delayed(_look)(part, boxed) for part in parts))
        kinds = {
            label: _common(pd.Series(_joined(seen, place), dtype=object), roles[label])
            for place, label in enumerate(boxed)
        }
        return cls(kinds, tuple(mark for _, mark in seen), hidden)

    def check(self, part: pd.DataFrame, number: int) -> None:
        """Refuse a partition that holds other objects than when the types were told."""
        if self.kinds and _mark(part, list(self.kinds)) != self.marks[number]:
            raise other_rows()

    def refuse_written(self, column: pd.Series[Any], argument: str) -> None:
        """Refuse texts that Dask may have written of objects which are out of sight."""
        pattern = _NUMBERS if argument in {"time", "tie_break"} else _NO_TEXTS
        texts = to_arrow(column)
        if not is_text(texts.type):
            return
        found = pc.match_substring_regex(texts, rf"^({pattern})$").fill_null(False)
        rows = np.flatnonzero(found.to_numpy(zero_copy_only=False))
        if rows.size:
            raise InvalidDataError(
                f"The column of {argument}= holds the text {texts[int(rows[0])].as_py()!r}, which "
                "Dask writes for a number or another object too (its option "
                "dataframe.convert-string), and the frame from before that is out of sight after "
                "persist(). Call the verb before persist(), or set the option to False before the "
                "frame is made; where it was text, say so with "
                ".astype(pd.ArrowDtype(pa.string())) before persist().",
                rows=column.iloc[rows].to_frame(),
            )


def packed(column: pd.Series[Any], argument: str) -> pa.Array:
    """Write values of several types as text; those that text does not hold, with what they are.

    Examples
    --------
    >>> mixed = pd.Series([12.0, "a", 1.5, None], dtype=object)
    >>> unpacked(packed(mixed, "user")).tolist()
    ['12', 'a', 1.5, None]
    """
    read = read_objects(column, argument)
    objects = column.to_numpy(dtype=object)
    texts = read.texts.to_pylist()
    numbers = [read.inexact, read.fractional] if argument in {"user", "ids"} else [read.inexact]
    for row in np.concatenate(numbers).tolist():
        kind = "d" if isinstance(objects[row], Decimal) else "f"
        texts[row] = f"{_MARK}{kind}{objects[row]!s}"
    marked = [row for row, text in enumerate(texts) if text is not None and text[:1] == _MARK]
    own = set(marked).difference(*(each.tolist() for each in numbers))
    for row in [*own, *read.not_unicode.tolist()]:
        texts[row] = f"{_MARK}s{str(objects[row])!a}"
    return pa.array(texts, pa.large_string())


def unpacked(texts: pa.Array) -> pd.Series[Any]:
    """Read what :func:`packed` wrote; where there is nothing but text, as text."""
    marked = pc.starts_with(texts, _MARK).fill_null(False).to_numpy(zero_copy_only=False)
    if not marked.any():
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([texts])))
    objects = np.array([*texts.to_pylist(), None], dtype=object)[:-1]
    readers: dict[str, Callable[[str], Any]] = {"d": Decimal, "f": float, "s": literal_eval}
    for row in np.flatnonzero(marked).tolist():
        objects[row] = readers[objects[row][1]](objects[row][2:])
    return pd.Series(objects, dtype=object)


def narrowed(frame: dd.DataFrame, labels: list[Any]) -> dd.DataFrame:
    """Return the columns that are needed; all of them where Dask has no order for their labels."""
    if all(isinstance(label, str) for label in frame.columns):
        return frame[labels]
    return frame


def other_rows() -> InvalidDataError:
    """Return the error for a frame that gives other rows when it is computed again."""
    return InvalidDataError(
        "The frame gave other rows when it was computed again. Nothing was created from it. Read "
        "it from files that do not change, or persist() it first."
    )


def _is_boxed(kind: Any) -> bool:
    if isinstance(kind, pd.CategoricalDtype):
        return bool(kind.categories.dtype == np.dtype(object))
    return bool(kind == np.dtype(object))


def _look(part: pd.DataFrame, labels: list[Any]) -> tuple[list[list[Any]], bytes]:
    return [_witnesses(part[label]) for label in labels], _mark(part, labels)


def _mark(part: pd.DataFrame, labels: list[Any]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for label in labels:
        values = part[label].to_numpy(dtype=object)
        try:
            digest.update(pd.util.hash_array(values, categorize=False).tobytes())
        except (TypeError, ValueError):  # containers, lone surrogates
            digest.update(repr(values.tolist()).encode())
    return digest.digest()


def _joined(seen: Sequence[tuple[list[list[Any]], bytes]], place: int) -> list[Any]:
    return [value for columns, _ in seen for value in columns[place]]


def _witnesses(column: pd.Series[Any]) -> list[Any]:
    """Return a few values that have the common type of all, and no other."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.cat.categories)
    boxed = column.astype(object)
    present = boxed[boxed.notna().to_numpy()]
    found: list[Any] = []
    for kind in dict.fromkeys(map(type, present)):
        found += _extremes(present[[type(value) is kind for value in present]], kind)
    return found


def _extremes(values: pd.Series[Any], kind: type) -> list[Any]:
    """Return values of one type that need the most room, in whatever way it is measured."""
    if issubclass(kind, str):
        torn = values[~values.map(str.isascii)].map(_torn)
        return [values.iloc[0], *values[torn.index[torn]][:1]]
    if issubclass(kind, Decimal):
        strange = values[[not value.is_finite() for value in values]]
        places = [value.as_tuple().exponent if value.is_finite() else 0 for value in values]
        return [*strange[:1], *_least_and_most(values), values.iloc[int(np.argmin(places))]]
    zones = values.map(lambda value: str(getattr(value, "tzinfo", None)))
    return [
        each
        for _, own in values.groupby(zones.to_numpy(), sort=False)
        for each in _least_and_most(own)
    ]


def _torn(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _least_and_most(values: pd.Series[Any]) -> list[Any]:
    try:
        return [min(values), max(values)]
    except (TypeError, ValueError, ArithmeticError):  # no order
        return [*values[:2]]


def _common(witnesses: pd.Series[Any], argument: str) -> pa.DataType | None:
    """Return the type that pandas' frames would have, or refuse as they do."""
    _READERS[argument](witnesses)
    if argument == "time":
        kind = pd.api.types.infer_dtype(witnesses, skipna=True)
        if kind in {"string", "datetime", "datetime64", "date"}:
            return None
    try:
        return to_arrow(witnesses).type
    except NO_ARROW_TYPE:
        if argument != "tie_break":
            return None
    raise InvalidDataError(
        "The column of tie_break= holds objects of several types, whose order would be lost on "
        "the way between workers. Convert it to one plain type."
    )
